#pragma once

#include "tracker/announce_service.hpp"
#include "tracker/connection_ids.hpp"
#include "wire/tracker_udp.hpp"

#include <span>

namespace tau::tracker {

/// Turns one datagram into its answer. To an address that has not proved itself by
/// a connection id nothing larger than its own datagram is sent.
///
/// Source:    BEP 15, BEP 41; docs/wire/tracker.md. Threading: one thread.
/// Errors:    silence, or an error datagram; all are counted.
class udp_responder {
public:
    udp_responder(announce_service& service, connection_ids const& ids, counters& counted)
        : m_service(service), m_ids(ids), m_counters(counted) {}

    /// This datagram will be answered soon: notes what it will look up...
    void expect(byte_view datagram, ip_address const& from);
    /// ...and this has the processor fetch it for all that were noted.
    void prefetch_expected() { m_service.prefetch_expected(); }

    /// Writes to `out`, which has room for wire::udp::max_answer; returns the size, 0
    /// for no answer.
    [[nodiscard]] std::size_t answer(byte_view datagram, ip_address const& from,
                                     endpoint const& asked, moment now,
                                     std::span<std::uint8_t> out);

private:
    [[nodiscard]] std::size_t on_announce(byte_view datagram, asker& who, moment now,
                                          std::uint32_t transaction, std::span<std::uint8_t> out);
    [[nodiscard]] std::size_t on_scrape(byte_view datagram, asker const& who, moment now,
                                        std::uint32_t transaction, std::span<std::uint8_t> out);
    [[nodiscard]] std::size_t on_wallet_request(byte_view datagram, asker const& who, moment now,
                                                wire::udp::request_head const& head,
                                                std::span<std::uint8_t> out);
    [[nodiscard]] std::size_t malformed(std::uint32_t transaction, std::span<std::uint8_t> out);

    announce_service& m_service;
    connection_ids const& m_ids;
    counters& m_counters;
    wire::announce_answer m_answer;
    std::vector<wire::scrape_row> m_rows;
};

} // namespace tau::tracker
