#pragma once

#include "net/redis/change_queue.hpp"
#include "net/redis/lane_loader.hpp"
#include "tracker/replica_log.hpp"

#include <atomic>

namespace tau::net {

/// One of the lanes that a tracker's state is divided into: sends what happened here
/// to Redis, state and log, and takes from the log what happened everywhere.
///
/// Every exchange is one round trip: the writes that wait, then one read of the log.
/// After every change of the server or connection what was sent in the last seconds
/// is sent again, and the log is read again from half a minute before: a promoted replica
/// may lack the end of both. Batches carry numbers, so that nothing counts twice.
///
/// Source:    docs/wire/tracker-redis.md. Threading: one thread, but for queue()
///            and the counters. Errors: in trouble(); it goes on trying.
class redis_lane {
public:
    static constexpr std::chrono::milliseconds busy_pause{8};
    static constexpr std::chrono::milliseconds idle_pause{25};
    static constexpr std::chrono::seconds busy_for{2};
    static constexpr std::chrono::milliseconds first_retry{50};
    static constexpr std::chrono::milliseconds longest_retry{1000};
    /// What a replica that is promoted may lack: above a cluster's usual node timeout.
    static constexpr std::chrono::seconds keep_sent{20};
    static constexpr std::size_t max_kept_octets = 4 * 1024 * 1024;
    static constexpr std::chrono::seconds rewind{30};
    /// Away for longer than this, the state is loaded again beside the log.
    static constexpr std::chrono::seconds reload_after{10};
    static constexpr std::chrono::seconds between_loads{30};
    static constexpr char const* entries_at_once = "64";
    static constexpr std::size_t pieces_at_once = 8;

    struct parts {
        redis_cluster& redis;
        tracker_shared_store& local;
        clock_source const& clock;
        std::uint64_t front_end = 0;
        std::string prefix;
        std::size_t max_queue_octets = 4 * 1024 * 1024;
        logger log;
    };
    redis_lane(parts const& with, std::size_t number);

    [[nodiscard]] change_queue& queue() { return m_queue; }
    [[nodiscard]] change_queue const& queue() const { return m_queue; }

    /// Begins an exchange if one is due.
    void on_time(moment now);
    [[nodiscard]] time_point wake_at() const { return m_next; }
    /// Whether the state was loaded once and the log is followed.
    [[nodiscard]] bool is_following() const { return m_is_following; }
    /// Whether nothing waits to be sent or to be confirmed.
    [[nodiscard]] bool is_flushed() const { return m_queue.octets() == 0 && m_to_send.empty(); }
    /// What a server refused; empty also while there is no connection.
    [[nodiscard]] std::string const& trouble() const { return m_trouble; }

    struct numbers {
        std::atomic<std::uint64_t> sent_changes{0};
        std::atomic<std::uint64_t> sent_again{0};
        std::atomic<std::uint64_t> taken_changes{0};
        std::atomic<std::uint64_t> failed_exchanges{0};
        std::atomic<std::uint64_t> malformed{0};
        std::atomic<std::uint64_t> gaps{0};
        std::atomic<std::uint64_t> loads{0};
        std::atomic<std::uint32_t> lag_ms{0};
    };
    [[nodiscard]] numbers const& counted() const { return m_counted; }

private:
    struct sent_piece {
        bytes changes;
        std::uint64_t number = 0;
        std::uint32_t count = 0;
        std::uint32_t begun_s = 0;
        time_point confirmed{}; // when Redis said that it has it
    };

    void on_connection(std::uint64_t connection);
    void go_away(moment now);
    void stop_following(moment now);
    void send(redis_command command, std::function<void(redisReply const&)> on_reply);
    void on_replied(redisReply const* reply);
    void finish(moment now);
    void ask_time();
    void join();
    void take_pieces();
    void write(sent_piece const& piece, std::uint32_t now_s);
    void read_log();
    void on_log(redisReply const& reply);
    void take_entry(redisReply const& entry);
    void apply(wire::replica::batch const& batch, std::uint32_t age_s);
    void drop_kept(time_point now);
    void load_if_due(moment now);
    void rewind_log();

    lane_layout m_layout;
    redis_cluster& m_redis;
    tracker_shared_store& m_local;
    clock_source const& m_clock;
    std::uint64_t const m_front_end;
    logger m_log;
    change_queue m_queue;
    lane_loader m_loader;
    tracker::replica_log m_seen;

    std::deque<sent_piece> m_to_send; // not confirmed, the next first
    std::deque<sent_piece> m_kept;    // confirmed a moment ago
    std::size_t m_kept_octets = 0;
    std::uint64_t m_last_number = 0;
    std::string m_position; // of the log; empty before the first join
    std::int64_t m_joined_ms = 0;
    std::uint64_t m_connection = 0;
    std::int64_t m_redis_ahead_ms = 0;
    time_point m_time_asked{};
    std::uint32_t m_begun_epoch = 0;
    std::size_t m_in_exchange = 0; // pieces of m_to_send that are on their way
    std::size_t m_outstanding = 0;
    time_point m_next{};
    time_point m_busy_until{};
    time_point m_away_since{};
    time_point m_loaded_at{};
    std::chrono::milliseconds m_retry{first_retry};
    bool m_knows_time = false;
    bool m_has_failed = false; // the exchange under way
    bool m_is_more_to_read = false;
    bool m_must_load = true;
    bool m_was_loaded = false;
    bool m_is_following = false;
    std::string m_trouble;
    numbers m_counted;
};

} // namespace tau::net
