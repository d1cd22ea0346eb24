#include "tracker/http_responder.hpp"

#include <charconv>

namespace tau::tracker {
namespace {

void append_response(std::string_view status, std::string_view type, std::string_view body,
                     bool keeps_alive, std::string& out) {
    out += "HTTP/1.1 ";
    out += status;
    out += "\r\nContent-Type: ";
    out += type;
    out += "\r\nContent-Length: ";
    std::array<char, 24> digits{};
    out.append(digits.data(),
               std::to_chars(digits.data(), digits.data() + digits.size(), body.size()).ptr);
    out += keeps_alive ? "\r\n\r\n" : "\r\nConnection: close\r\n\r\n";
    out += body;
}

} // namespace

void http_responder::append_bad_request(error_code why, std::string& out) {
    bool const too_large = why == errc::too_large;
    append_response(too_large ? "431 Request Header Fields Too Large" : "400 Bad Request",
                    "text/plain", too_large ? "head too large\n" : "not understood\n", false, out);
}

// Proxies append the address they saw, so the last one is the proxy's own word.
ip_address http_responder::client_of(wire::http_head const& head, ip_address const& from) const {
    if (m_proxies.empty() || head.forwarded_for.empty() || !m_proxies.contains(from.to_string()))
        return from;
    auto last = head.forwarded_for.substr(head.forwarded_for.rfind(',') + 1);
    while (last.starts_with(' '))
        last.remove_prefix(1);
    boost::system::error_code ec;
    auto const client = boost::asio::ip::make_address(std::string(last), ec);
    return ec ? from : client;
}

void http_responder::answer(wire::http_head const& head, ip_address const& from,
                            endpoint const& asked, moment now, std::string& out, transport over) {
    m_body.clear();
    auto const path = wire::split_tracker_path(head.path);
    asker who;
    who.address = client_of(head, from);
    who.asked = asked;
    who.host = head.host;
    who.passkey = path.passkey;
    who.wants_both_families = true;
    who.over = over;
    if (path.action != "announce" && path.action != "scrape") {
        m_counters.add(counter::http_other);
        append_response("404 Not Found", "text/plain", "announce or scrape\n", head.keeps_alive,
                        out);
        return;
    }
    if (!head.is_get) {
        m_counters.add(counter::http_malformed);
        append_response("405 Method Not Allowed", "text/plain", "GET only\n", head.keeps_alive,
                        out);
        return;
    }
    path.action == "announce" ? announce(head, who, now) : scrape(head, who, now);
    append_response("200 OK", head.wants_json ? "application/json" : "text/plain", m_body,
                    head.keeps_alive, out);
}

void http_responder::fail(refusal why, bool json, moment now) {
    // Only who signs has use for our clock.
    bool const tells_time = why == refusal::clock || why == refusal::replay;
    auto const time = tells_time ? std::optional(now.wall) : std::nullopt;
    json ? wire::write_json_failure(text_of(why), time, m_body)
         : wire::write_bencoded_failure(text_of(why), time, m_body);
}

void http_responder::announce(wire::http_head const& head, asker const& who, moment now) {
    auto const request = wire::parse_announce_query(head.query);
    if (!request) {
        m_counters.add(counter::http_malformed);
        return fail(refusal::malformed, head.wants_json, now);
    }
    m_counters.add(counter::http_announces);
    if (auto const why = m_service.announce(request.value(), who, now, m_answer);
        why != refusal::none) {
        m_counters.add(counter::http_announces_refused);
        return fail(why, head.wants_json, now);
    }
    head.wants_json ? wire::write_json(m_answer, m_body)
                    : wire::write_bencoded(m_answer, request.value().compact, m_body);
}

void http_responder::scrape(wire::http_head const& head, asker const& who, moment now) {
    auto const request = wire::parse_scrape_query(head.query);
    if (!request) {
        m_counters.add(counter::http_malformed);
        return fail(refusal::malformed, head.wants_json, now);
    }
    m_counters.add(counter::http_scrapes);
    if (auto const why = m_service.scrape(request.value(), who, now, m_rows); why != refusal::none)
        return fail(why, head.wants_json, now);
    head.wants_json ? wire::write_json(m_rows, m_body) : wire::write_bencoded(m_rows, m_body);
}

} // namespace tau::tracker
