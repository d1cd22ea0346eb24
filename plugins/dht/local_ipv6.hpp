#pragma once

#include "plugins/session/host.hpp"

#include <mutex>
#include <vector>

namespace tau::plugins {

/// Lets a session send direct datagrams over IPv6 where it has no global IPv6 address.
///
/// libtorrent 2.0.8 gives a direct request to the first DHT socket whose *external* address
/// is of the right family. It learns that address from the `ip` fields of others, and
/// believes none on the loopback device or of a unique local network; until then the
/// address counts as IPv4, and no direct request over IPv6 ever leaves, nor is it reported.
/// So the session is made to ask itself, and this answers that it was seen at `stand_in()`.
/// Nobody but the session is told so: others get the answers they would have got.
///
/// Source:    dht_tracker::direct_request and ip_voter::cast_vote of libtorrent 2.0.8.
/// Threading: sockets_to_ask() on the tau thread, answer() on libtorrent's.
/// Errors:    none.
class local_ipv6 final : public query_responder {
public:
    /// Which of its own DHT sockets the session must be told of (add_dht_node), each once.
    /// None while one of them has a global IPv6 address: others will tell it that one.
    [[nodiscard]] std::vector<endpoint> sockets_to_ask(std::vector<endpoint> const& sockets);

    bool answer(std::string_view query, endpoint const& source, lt::bdecode_node const& message,
                lt::entry& response) noexcept override;

    /// What the session is told: an address of the block that leads nowhere (RFC 6666).
    /// It must not be taken for where we are.
    [[nodiscard]] static ip_address const& stand_in();

private:
    std::mutex m_mutex; // held for a look at a few endpoints
    std::vector<endpoint> m_asked;
};

} // namespace tau::plugins
