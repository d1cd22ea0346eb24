#pragma once

#include "net/redis/lane_layout.hpp"
#include "net/redis/redis_cluster.hpp"
#include "net/tracker_shared_store.hpp"

#include <unordered_map>

namespace tau::net {

/// Reads the state of one lane from Redis into the local store, as when a
/// front-end starts or missed a part of the log. One command waits at a time, so
/// that writes and the log go on beside it.
///
/// Threading: one thread. Errors: failed(); start() again later.
class lane_loader {
public:
    /// Fields that Redis is asked for at once, about.
    static constexpr char const* fields_at_once = "2000";
    static constexpr std::size_t wallets_at_once = 200;

    lane_loader(redis_cluster& redis, lane_layout const& layout, tracker_shared_store& local,
                clock_source const& clock)
        : m_redis(redis), m_layout(layout), m_local(local), m_clock(clock) {}

    /// `redis_ahead_ms` is what to add to the monotonic clock for the time of Redis.
    void start(std::int64_t redis_ahead_ms);
    [[nodiscard]] bool is_busy() const { return m_is_busy; }
    [[nodiscard]] bool failed() const { return m_failed; }
    [[nodiscard]] std::uint64_t loaded() const { return m_loaded; }

private:
    void next_scan();
    void on_scan(redisReply const* reply, bool is_peers);
    void take_peer(byte_view field, byte_view value);
    void take_device(byte_view field, byte_view value);
    void next_claims();
    void on_claims(wallet_address const& wallet, redisReply const* reply);
    void fail();
    [[nodiscard]] std::uint32_t age_of(std::uint32_t seen_s) const;

    redis_cluster& m_redis;
    lane_layout const& m_layout;
    tracker_shared_store& m_local;
    clock_source const& m_clock;
    std::int64_t m_redis_ahead_ms = 0;
    std::deque<std::pair<std::string, bool>> m_keys; // and whether they hold peers
    std::string m_cursor;
    std::unordered_map<wallet_address, bool> m_wallets; // and whether they are online
    std::vector<wallet_address> m_to_ask;
    std::size_t m_outstanding = 0;
    std::uint64_t m_loaded = 0;
    bool m_is_busy = false;
    bool m_failed = false;
};

/// What a local store is told of a peer that the log or the state names.
[[nodiscard]] tracker::swarm_merge to_merge(wire::replica::peer_change const& change,
                                            std::uint32_t age_s);
/// Seconds of the monotonic clock, as the stores count them.
[[nodiscard]] std::uint32_t seconds_of(moment now);
/// The time of Redis, unix ms.
[[nodiscard]] std::int64_t redis_time_ms(moment now, std::int64_t redis_ahead_ms);

} // namespace tau::net
