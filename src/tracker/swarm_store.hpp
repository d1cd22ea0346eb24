#pragma once

#include "core/endpoint.hpp"
#include "graph/index_table.hpp"
#include "tracker/peer_pool.hpp"
#include "wire/tracker_answer.hpp"
#include "wire/tracker_request.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tau::tracker {

struct swarm_limits {
    /// Peers and swarms of one store; our limits. Beyond them announces are
    /// answered and not remembered.
    std::size_t max_peers = 20'000'000;
    std::size_t max_swarms = 4'000'000;
    /// Silence after which a peer is gone.
    std::uint32_t peer_lifetime_s = 600;
};

/// A peer's address and port as answers carry them.
struct peer_address {
    std::array<std::uint8_t, 18> octets{};
    bool is_v6 = false;

    [[nodiscard]] static peer_address of(ip_address const& address, std::uint16_t port);
};

/// An announce as the swarm sees it.
struct swarm_announce {
    info_hash hash;
    peer_address peer;
    bool is_listed = true; ///< false: answer only, as for port 0 and for routes
    bool is_seeder = false;
    bool is_partial = false; ///< wants no more, though it is no seeder (BEP 21)
    wire::announce_event event = wire::announce_event::none;
    std::uint32_t wanted = 0;        ///< peers in the answer, both families together
    bool wants_other_family = false; ///< HTTP answers carry both, a datagram one
    std::uint32_t draw = 0;          ///< random: where among the peers the answer begins
};

/// What an announce will look up, and what is known of where that is.
struct swarm_place {
    info_hash hash;
    peer_address peer;
    std::uint32_t draw = 0;                            ///< as in swarm_announce
    std::uint32_t wanted = 0;                          ///< peers in the answer, most likely
    std::uint64_t key = 0;                             ///< keyed_hash() of `hash`
    std::uint32_t position = graph::index_table::none; ///< of the swarm, perhaps
};

/// What an announce is told; the strings keep their memory from use to use.
struct swarm_answer {
    wire::swarm_counts counts;
    std::string peers;
    std::string peers6;
};

/// What another front-end, or a store that outlives this one, says of a peer.
struct swarm_merge {
    info_hash hash;
    peer_address peer;
    bool is_seeder = false;
    bool is_partial = false;
    bool is_stopped = false;
    bool is_completed = false;    ///< counts one more download
    std::uint32_t downloaded = 0; ///< the swarm's count is at least this
    std::uint32_t age_s = 0;      ///< since the peer announced
};

/// Who announced which info-hash, in little memory: eight octets an IPv4 peer.
///
/// Peers are known by address and port. Expiry is incremental: each expire_some()
/// visits a bounded number of swarms.
///
/// Source:    BEP 3, 7, 21, 23, 48. Threading: one thread. Errors: none; what exceeds
///            a limit is not remembered.
class swarm_store {
public:
    explicit swarm_store(swarm_limits limits = {}, std::uint64_t hash_key = 0)
        : m_limits(limits), m_hash_key(hash_key) {}

    void announce(swarm_announce const& request, std::uint32_t now_s, swarm_answer& out);
    /// Zeros for a swarm that is not known.
    [[nodiscard]] wire::swarm_counts scrape(info_hash const& hash) const;
    [[nodiscard]] std::vector<wire::scrape_row> scrape_all() const;
    /// Forgets a swarm at once, as when its info-hash was denied.
    void erase(info_hash const& hash);

    /// Drops silent peers of the next `swarms` swarms; true when a round was completed.
    bool expire_some(std::uint32_t now_s, std::size_t swarms);

    [[nodiscard]] std::size_t swarm_count() const { return m_table.size(); }
    [[nodiscard]] std::size_t peer_count() const { return m_peers; }
    /// Asks the processor for what announce() will read, one step at a time: each step
    /// reads what the one before asked for, so let time pass between them.
    static constexpr int prefetch_steps = 4;
    void prefetch(swarm_place& soon, int step) const;

    /// Calls visit(hash, downloaded) for each swarm, then visit_peer(address, kind, age_s)
    /// for each of its peers.
    template <class VisitSwarm, class VisitPeer>
    void for_each(std::uint32_t now_s, VisitSwarm visit, VisitPeer visit_peer) const {
        auto const ticks = now_s / seconds_per_tick;
        for (auto const& s : m_swarms) {
            if (!s.is_used)
                continue;
            visit(s.hash, s.counts.downloaded);
            auto const peer = [&](auto octets, peer_kind kind, tick seen) {
                peer_address address;
                address.is_v6 = octets.size() == 18;
                std::copy(octets.begin(), octets.end(), address.octets.begin());
                visit_peer(address, kind,
                           ((ticks - seen) & tick_mask) * std::uint32_t{seconds_per_tick});
            };
            s.v4.for_each(peer);
            s.v6.for_each(peer);
        }
    }
    /// Does what announce() would have done had the peer announced here.
    void merge(swarm_merge const& told, std::uint32_t now_s);
    /// Puts back what for_each() told.
    void restore_swarm(info_hash const& hash, std::uint32_t downloaded);
    void restore_peer(info_hash const& hash, peer_address const& peer, peer_kind kind,
                      std::uint32_t age_s, std::uint32_t now_s);

private:
    struct swarm {
        info_hash hash;
        wire::swarm_counts counts;
        peer_pool<6> v4;
        peer_pool<18> v6;
        bool is_used = false;
    };

    [[nodiscard]] std::uint64_t hash_of(info_hash const& hash) const {
        return graph::keyed_hash(hash.data(), m_hash_key);
    }
    [[nodiscard]] std::uint32_t find(info_hash const& hash) const;
    [[nodiscard]] std::uint32_t find_or_add(info_hash const& hash);
    void release(std::uint32_t position);
    void remember(swarm& s, swarm_announce const& request, std::uint32_t now_s);
    void forget(swarm& s, peer_address const& peer);
    void put(swarm& s, peer_address const& peer, peer_kind kind, tick seen);
    static void sample(swarm const& s, swarm_announce const& request, swarm_answer& out);

    swarm_limits m_limits;
    std::uint64_t m_hash_key;
    graph::index_table m_table;
    std::vector<swarm> m_swarms;
    std::vector<std::uint32_t> m_free;
    std::size_t m_peers = 0;
    std::size_t m_cursor = 0; // of expire_some()
};

} // namespace tau::tracker
