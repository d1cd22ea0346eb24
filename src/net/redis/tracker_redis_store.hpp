#pragma once

#include "core/random.hpp"
#include "net/redis/redis_lane.hpp"
#include "net/socket_handle.hpp"

#include <condition_variable>
#include <thread>

namespace tau::net {

/// A tracker's state that several front-ends share through Redis. Requests are
/// answered from the local store, and what they change is sent to the others a few
/// milliseconds later; so is what the others say. Without Redis it goes on with what
/// it knows, and keeps what it is told until Redis is back.
///
/// Source:    docs/wire/tracker-redis.md. Threading: any thread; one of its own
///            speaks with Redis. Errors: as the local store; of Redis in status().
class tracker_redis_store final : public tracker::store {
public:
    tracker_redis_store(tracker_shared_store& local, redis_settings settings,
                        clock_source const& clock, random_source& random, logger log,
                        std::size_t max_queue_octets = 64 * 1024 * 1024);
    /// Sends what waits, for a second at most, and ends.
    ~tracker_redis_store() override;
    tracker_redis_store(tracker_redis_store&&) = delete;

    /// Waits until the state was loaded; false if that took longer.
    [[nodiscard]] bool wait_until_loaded(std::chrono::milliseconds most);

    void announce(tracker::swarm_announce const& request, moment now,
                  tracker::swarm_answer& out) override;
    void prefetch(std::span<tracker::swarm_place> soon) override { m_local.prefetch(soon); }
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

    struct status {
        std::size_t lanes = 0;
        std::size_t lanes_following = 0; ///< all of them: nothing is wrong
        std::chrono::seconds wrong_for{0};
        std::string trouble; ///< empty: nothing is wrong
        std::uint64_t sent_changes = 0;
        std::uint64_t sent_again = 0;
        std::uint64_t taken_changes = 0;
        std::uint64_t dropped_changes = 0;
        std::uint64_t failed_exchanges = 0;
        std::uint64_t malformed = 0;
        std::uint64_t gaps = 0;
        std::uint64_t loads = 0;
        std::uint64_t connects = 0;
        std::uint64_t losses = 0;
        std::uint64_t redirects = 0;
        std::size_t queued_octets = 0;
        std::uint32_t lag_ms = 0; ///< of the lane that is furthest behind
    };
    [[nodiscard]] status report() const;

private:
    void run();
    void step();
    void note_state(moment now);
    void add(redis_lane const& lane, status& to) const;

    tracker_shared_store& m_local;
    clock_source const& m_clock;
    logger m_log;
    redis_cluster m_redis;
    std::vector<std::unique_ptr<redis_lane>> m_lanes;
    socket_handle m_wake;
    std::atomic<bool> m_stops{false};

    mutable std::mutex m_mutex; // guards what follows
    std::condition_variable m_loaded;
    status m_status;
    time_point m_wrong_since{};
    bool m_was_loaded = false;
    bool m_is_right = false;

    std::thread m_thread;
};

} // namespace tau::net
