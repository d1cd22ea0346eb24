#pragma once

#include "tracker/announce_service.hpp"
#include "wire/tracker_http.hpp"

#include <string>
#include <unordered_set>

namespace tau::tracker {

/// Turns the head of an HTTP request into its whole answer.
///
/// Source:    BEP 3, 7, 23, 48; RFC 9112; docs/wire/tracker.md.
/// Threading: one thread. Errors: BEP 3 failure answers with status 200, which is
///            what clients show; 404 and 405 for what is no tracker request.
class http_responder {
public:
    http_responder(announce_service& service, counters& counted)
        : m_service(service), m_counters(counted) {}

    /// Addresses whose X-Forwarded-For is believed.
    void set_proxies(std::unordered_set<std::string> proxies) { m_proxies = std::move(proxies); }

    /// A request that begins with `data` will be answered soon: notes what it will look up...
    void expect(std::string_view data, ip_address const& from) {
        constexpr std::size_t looked_at = 1024; // a longer search would be worth an attack
        if (auto const subject = wire::find_announce_subject(data.substr(0, looked_at)))
            m_service.expect(*subject, from);
    }
    /// ...and this has the processor fetch it for all that were noted.
    void prefetch_expected() { m_service.prefetch_expected(); }

    /// Appends the answer to `out`; it says "close" unless head.keeps_alive.
    void answer(wire::http_head const& head, ip_address const& from, endpoint const& asked,
                moment now, std::string& out, transport over = transport::plain);

    /// The answer to what read_http_head() refused; the connection is then closed.
    static void append_bad_request(error_code why, std::string& out);

private:
    [[nodiscard]] ip_address client_of(wire::http_head const& head, ip_address const& from) const;
    void announce(wire::http_head const& head, asker const& who, moment now);
    void scrape(wire::http_head const& head, asker const& who, moment now);
    void fail(refusal why, bool json, moment now);

    announce_service& m_service;
    counters& m_counters;
    std::unordered_set<std::string> m_proxies;
    wire::announce_answer m_answer;
    std::vector<wire::scrape_row> m_rows;
    std::string m_body;
};

} // namespace tau::tracker
