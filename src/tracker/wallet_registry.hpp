#pragma once

#include "core/clock.hpp"
#include "core/endpoint.hpp"
#include "graph/path_search.hpp"
#include "wire/tracker_answer.hpp"
#include "wire/tracker_replica.hpp"
#include "wire/tracker_request.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

namespace tau::tracker {

struct wallet_limits {
    graph::edge_limits edges;
    /// Devices of one wallet, online or remembered for their time; our limit.
    std::size_t max_devices = 8;
    /// Silence after which a device is offline.
    std::uint32_t presence_lifetime_s = 600;
    /// How far a signed time may lie from ours. A device is remembered longer
    /// than that after it went, so that nothing it signed can be replayed.
    std::chrono::milliseconds clock_tolerance{std::chrono::minutes{5}};
};

/// Which wallets are online, where, and who is connected with whom.
///
/// It believes what it is told: the caller has verified the signature. check() is
/// the cheap part, to be asked before that work is done.
///
/// Source:    docs/wire/tracker.md. Threading: one writer, or many readers.
/// Errors:    returned as tau::errc.
class wallet_registry {
public:
    explicit wallet_registry(wallet_limits limits = {}, std::uint64_t hash_key = 0);

    /// errc::stale if the signed time is outside the tolerance; errc::replayed if it
    /// is not above the device's last one.
    [[nodiscard]] error_code check(wire::announce_request const& request, moment now) const;

    /// Whether this device was online from that address a moment ago: such a one is
    /// served when strangers' signatures must wait.
    [[nodiscard]] bool is_familiar(wire::announce_request const& request,
                                   ip_address const& from) const;

    /// Presence, claims and their end, as the verified request says. Errors of
    /// check(), and errc::too_large for devices, wallets or claims beyond a limit;
    /// changes before the one that failed have taken effect.
    [[nodiscard]] error_code apply(wire::announce_request const& request, ip_address const& from,
                                   moment now);

    /// What other front-ends must know after apply() accepted `request`, or accepted
    /// it in part; nullopt if it changed nothing.
    [[nodiscard]] std::optional<wire::replica::device_change>
    replica_of(wire::announce_request const& request) const;

    /// What the shared log says, ours and others', in its order: every front-end
    /// that does so comes to the same state. Of requests with the same signed time
    /// the first in the log holds; older ones change claims only. errc::too_large.
    [[nodiscard]] error_code merge(wire::replica::device_change const& change, std::uint32_t age_s,
                                   moment now);
    /// The claims of an online wallet are these and no others.
    void replace_claims(wallet_address const& from, std::span<wallet_address const> to, moment now);

    /// Whether the binding in the request is known, so that it need not be verified again.
    [[nodiscard]] bool knows_binding(wire::announce_request const& request) const;

    /// Paths from one wallet to another; no path, and liveness 0, if there is none.
    [[nodiscard]] wire::route_answer routes(wallet_address const& from, wallet_address const& to,
                                            std::size_t paths, moment now,
                                            graph::path_search& search) const;
    [[nodiscard]] bool is_online(wallet_address const& wallet) const;

    /// Takes all of the wallet's devices offline, as when it was banned; they stay
    /// remembered, against replay.
    void take_offline(wallet_address const& wallet);

    /// Takes offline what is silent among the next `devices` devices; true when a
    /// round was completed.
    bool expire_some(moment now, std::size_t devices);

    [[nodiscard]] graph::edge_store const& edges() const { return m_edges; }
    /// `now` as edges() wants it.
    [[nodiscard]] graph::seconds32 seconds(moment now) const;
    [[nodiscard]] std::size_t device_count() const { return m_devices.size() - m_free.size(); }

    /// One device as a snapshot keeps it and the admin page shows it.
    struct device_state {
        wallet_address wallet;
        wire::peer_id id;
        std::int64_t time_ms = 0;
        std::uint64_t home = 0; ///< the topic its presence belongs to, its first octets; 0: none
        endpoint where;
        std::uint32_t age_s = 0;
        std::uint16_t liveness = 0;
        bool accepts = false;
        bool is_online = false;
        std::optional<wire::replica::bound_key> key; ///< of the wallet, if one is known
    };
    [[nodiscard]] std::vector<device_state> devices_of(wallet_address const& wallet,
                                                       moment now) const;
    static constexpr std::size_t no_more = static_cast<std::size_t>(-1);
    /// Calls visit(device_state) for devices from position `begin` on, at most
    /// `count` positions; returns where to go on, or no_more.
    template <class Visit>
    [[nodiscard]] std::size_t for_some_devices(moment now, std::size_t begin, std::size_t count,
                                               Visit visit) const {
        std::size_t const end = std::min(m_devices.size(), begin + count);
        for (std::size_t at = begin; at < end; ++at)
            if (m_devices[at].is_used)
                visit(state_of(m_devices[at], now));
        return end < m_devices.size() ? end : no_more;
    }
    [[nodiscard]] error_code restore_device(device_state const& state, moment now);
    /// Returns how many of the claims are held now.
    std::size_t restore_claims(wallet_address const& from, std::span<wallet_address const> to,
                               moment now);

private:
    struct device {
        wallet_address wallet;
        wire::peer_id id;
        std::int64_t time_ms = 0;
        std::uint64_t home = 0; // the topic its presence belongs to, its first octets
        endpoint where;
        graph::seconds32 seen{0};
        std::uint32_t next = graph::index_table::none; // of the same wallet
        std::uint16_t liveness = 0;
        bool accepts = false;
        bool is_online = false;
        bool is_used = false;
        bool is_settled = false; // time_ms was seen in the shared log
    };
    static constexpr std::uint32_t none = graph::index_table::none;

    [[nodiscard]] std::uint64_t hash_of(wallet_address const& wallet) const {
        return graph::keyed_hash(wallet.data(), m_hash_key);
    }
    [[nodiscard]] std::uint32_t first_of(wallet_address const& wallet) const;
    [[nodiscard]] std::uint32_t find(wallet_address const& wallet, wire::peer_id const& id) const;
    [[nodiscard]] result<std::uint32_t> find_or_add(wallet_address const& wallet,
                                                    wire::peer_id const& id);
    void forget(std::uint32_t at);
    void go_offline(device& d);
    [[nodiscard]] error_code show(wallet_address const& wallet);
    [[nodiscard]] error_code change_links(wallet_address const& from,
                                          std::span<wire::link_change const> changes,
                                          graph::seconds32 now);
    [[nodiscard]] error_code take(device& d, wire::replica::device_change const& change,
                                  graph::seconds32 seen);
    void set_key(wallet_address const& wallet, wire::replica::bound_key const& key);
    [[nodiscard]] std::optional<public_key> key_of(wallet_address const& wallet) const;
    [[nodiscard]] device_state state_of(device const& d, moment now) const;

    wallet_limits m_limits;
    std::uint64_t m_hash_key;
    graph::edge_store m_edges;
    graph::index_table m_table; // first device of each wallet
    std::vector<device> m_devices;
    std::vector<std::uint32_t> m_free;
    std::unordered_map<wallet_address, wire::replica::bound_key> m_keys; // at most one a wallet
    std::size_t m_cursor = 0;
};

} // namespace tau::tracker
