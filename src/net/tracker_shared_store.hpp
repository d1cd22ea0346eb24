#pragma once

#include "net/fair_shared_mutex.hpp"
#include "tracker/store.hpp"

#include <array>
#include <atomic>
#include <mutex>
#include <shared_mutex>

namespace tau::net {

/// The tracker's state in memory, shared by the threads of one process: swarms in
/// shards by info-hash, each behind a lock that is held for less than a
/// microsecond; wallets behind one that route searches share.
///
/// Source:    docs/wire/tracker.md. Threading: any thread. Errors: as tau::errc.
class tracker_shared_store final : public tracker::store {
public:
    static constexpr std::size_t shard_count = 64;

    tracker_shared_store(tracker::swarm_limits swarms, tracker::wallet_limits wallets,
                         std::uint64_t hash_key, clock_source const& clock);

    void announce(tracker::swarm_announce const& request, moment now,
                  tracker::swarm_answer& out) override;
    void prefetch(std::span<tracker::swarm_place> soon) override;
    [[nodiscard]] wire::swarm_counts scrape(info_hash const& hash) override;
    [[nodiscard]] std::vector<wire::scrape_row> scrape_all() override;
    [[nodiscard]] first_look look(wire::announce_request const& request, ip_address const& from,
                                  moment now) override;
    [[nodiscard]] error_code apply(wire::announce_request const& request, ip_address const& from,
                                   moment now) override;
    [[nodiscard]] wire::route_answer routes(wallet_address const& from, wallet_address const& to,
                                            std::size_t paths, moment now,
                                            graph::path_search& search) override;
    [[nodiscard]] bool is_online(wallet_address const& wallet) override;

    /// Drops what is silent in the next part of everything; `rounds` calls visit all
    /// once. Locks are released between small pieces.
    void expire_part(moment now, std::size_t rounds);
    /// Forgets a swarm, as when its info-hash was denied.
    void erase(info_hash const& hash);

    struct totals {
        std::size_t swarms = 0;
        std::size_t peers = 0;
        std::size_t devices = 0;
        std::size_t wallets_online = 0;
        std::size_t claims = 0;
        std::size_t links = 0;
    };
    [[nodiscard]] totals count();
    [[nodiscard]] std::uint32_t peer_lifetime_s() const { return m_peer_lifetime_s; }

    /// How long route searches took: for each bound, how many were not slower.
    struct latency {
        static constexpr std::array<std::uint32_t, 9> bounds_us{10,  20,   50,   100, 200,
                                                                500, 1000, 2000, 5000};
        std::array<std::atomic<std::uint64_t>, bounds_us.size() + 1> counts{};
        std::atomic<std::uint64_t> sum_us{0};
    };
    [[nodiscard]] latency const& route_latency() const { return m_latency; }

    /// Calls visit(swarm_store&) for each shard under its lock.
    template <class Visit>
    void for_each_shard(Visit visit) {
        for (auto& s : m_shards) {
            std::lock_guard const lock(s.mutex);
            visit(s.swarms);
        }
    }
    /// visit(swarm_store&) for one shard under its lock.
    template <class Visit>
    void visit_shard(std::size_t number, Visit visit) {
        std::lock_guard const lock(m_shards[number].mutex);
        visit(m_shards[number].swarms);
    }
    /// The shard that holds `hash`, under its lock.
    template <class Visit>
    void with_shard(info_hash const& hash, Visit visit) {
        auto& s = shard_of(hash);
        std::lock_guard const lock(s.mutex);
        visit(s.swarms);
    }
    template <class Visit>
    auto read_wallets(Visit visit) {
        std::shared_lock const lock(m_wallet_mutex);
        return visit(static_cast<tracker::wallet_registry const&>(m_wallets));
    }
    template <class Visit>
    auto change_wallets(Visit visit) {
        std::unique_lock const lock(m_wallet_mutex);
        return visit(m_wallets);
    }

private:
    struct alignas(64) shard {
        std::mutex mutex;
        tracker::swarm_store swarms;
    };
    [[nodiscard]] static std::size_t shard_number(std::uint64_t key);
    [[nodiscard]] shard& shard_of(info_hash const& hash);

    std::uint64_t m_hash_key;
    std::uint32_t m_peer_lifetime_s;
    clock_source const& m_clock;
    latency m_latency;
    std::array<shard, shard_count> m_shards;
    fair_shared_mutex m_wallet_mutex;
    tracker::wallet_registry m_wallets;
};

} // namespace tau::net
