#include "tracker/udp_responder.hpp"

#include "wire/tracker_http.hpp"

#include <algorithm>

namespace tau::tracker {
namespace {

namespace udp = wire::udp;

struct raw_address {
    std::array<std::uint8_t, 16> octets{};
    std::size_t size = 4;

    explicit raw_address(ip_address const& address) {
        if (address.is_v4()) {
            auto const raw = address.to_v4().to_bytes();
            std::copy(raw.begin(), raw.end(), octets.begin());
        } else {
            octets = address.to_v6().to_bytes();
            size = 16;
        }
    }
    [[nodiscard]] byte_view view() const { return {octets.data(), size}; }
};

std::size_t error_answer(std::uint32_t transaction, std::string_view reason,
                         std::span<std::uint8_t> out) {
    udp::writer to(out);
    udp::write_error(to, transaction, reason);
    return to.size();
}

} // namespace

std::size_t udp_responder::malformed(std::uint32_t transaction, std::span<std::uint8_t> out) {
    m_counters.add(counter::udp_malformed);
    return error_answer(transaction, text_of(refusal::malformed), out);
}

void udp_responder::expect(byte_view datagram, ip_address const& from) {
    if (auto const subject = udp::subject_of_announce(datagram))
        m_service.expect(*subject, from);
}

std::size_t udp_responder::answer(byte_view datagram, ip_address const& from, endpoint const& asked,
                                  moment now, std::span<std::uint8_t> out) {
    auto const read = udp::read_head(datagram);
    if (!read) {
        m_counters.add(counter::udp_malformed);
        return 0;
    }
    auto const& head = read.value();
    raw_address const address(from);
    if (head.action == wire::udp_action::connect) {
        if (head.connection_id != udp::protocol_id) {
            m_counters.add(counter::udp_malformed);
            return 0;
        }
        m_counters.add(counter::udp_connects);
        udp::writer to(out);
        udp::write_connect_answer(to, head.transaction, m_ids.issue(address.view(), now.mono));
        return to.size();
    }
    if (!m_ids.is_valid(head.connection_id, address.view(), now.mono)) {
        m_counters.add(counter::udp_stale_connection_ids);
        return error_answer(head.transaction, "connection id expired",
                            out.first(std::min(out.size(), datagram.size())));
    }
    asker who;
    who.address = from;
    who.asked = asked;
    switch (head.action) {
    case wire::udp_action::announce:
        return on_announce(datagram, who, now, head.transaction, out);
    case wire::udp_action::scrape:
        return on_scrape(datagram, who, now, head.transaction, out);
    case wire::udp_action::link:
    case wire::udp_action::route:
        return on_wallet_request(datagram, who, now, head, out);
    default:
        return malformed(head.transaction, out);
    }
}

std::size_t udp_responder::on_announce(byte_view datagram, asker& who, moment now,
                                       std::uint32_t transaction, std::span<std::uint8_t> out) {
    auto read = udp::read_announce(datagram);
    if (!read)
        return malformed(transaction, out);
    auto& request = read.value().request;
    if (std::string_view const url = read.value().url_data; !url.empty()) {
        auto const question = url.find('?');
        who.passkey = wire::split_tracker_path(url.substr(0, question)).passkey;
        if (question != std::string_view::npos
            && wire::parse_wallet_query(url.substr(question + 1), request))
            return malformed(transaction, out);
    }
    m_counters.add(counter::udp_announces);
    if (auto const why = m_service.announce(request, who, now, m_answer); why != refusal::none) {
        m_counters.add(counter::udp_announces_refused);
        return error_answer(transaction, text_of(why), out);
    }
    udp::writer to(out);
    udp::write_announce_head(to, transaction, m_answer.interval_s, m_answer.counts);
    bool const is_v6 = who.address.is_v6();
    auto const& peers = is_v6 ? m_answer.peers6 : m_answer.peers;
    std::size_t const size = is_v6 ? 18 : 6;
    to.octets(as_bytes(peers).first(std::min(peers.size(), to.room() / size * size)));
    return to.size();
}

std::size_t udp_responder::on_scrape(byte_view datagram, asker const& who, moment now,
                                     std::uint32_t transaction, std::span<std::uint8_t> out) {
    auto const read = udp::read_scrape(datagram);
    if (!read)
        return malformed(transaction, out);
    m_counters.add(counter::udp_scrapes);
    if (auto const why = m_service.scrape(read.value(), who, now, m_rows); why != refusal::none)
        return error_answer(transaction, text_of(why), out);
    udp::writer to(out);
    udp::write_scrape_head(to, transaction);
    for (auto const& row : m_rows)
        udp::write_scrape_row(to, row.counts);
    return to.size();
}

std::size_t udp_responder::on_wallet_request(byte_view datagram, asker const& who, moment now,
                                             udp::request_head const& head,
                                             std::span<std::uint8_t> out) {
    auto const read = udp::read_wallet_request(datagram);
    if (!read)
        return malformed(head.transaction, out);
    m_counters.add(counter::udp_wallet_requests);
    if (auto const why = m_service.announce(read.value(), who, now, m_answer); why != refusal::none)
        return error_answer(head.transaction, text_of(why), out);
    udp::writer to(out);
    if (head.action == wire::udp_action::link)
        udp::write_link_answer(to, head.transaction, m_answer.interval_s, now.wall);
    else
        udp::write_route_answer(to, head.transaction, m_answer.interval_s, *m_answer.route);
    return to.size();
}

} // namespace tau::tracker
