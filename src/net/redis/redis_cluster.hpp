#pragma once

#include "core/log.hpp"
#include "net/redis/redis_connection.hpp"

#include <map>
#include <optional>

namespace tau::net {

/// Who the servers are and how to come in.
struct redis_settings {
    redis_url url;
    std::string password; ///< empty: none
    std::string user;     ///< empty: the default one
};

/// Sends commands to whichever server of a Redis cluster holds their key, or to the
/// one server there is. Learns who holds what from CLUSTER SLOTS, follows MOVED and
/// ASK, notices promoted replicas, and connects again with growing pauses.
///
/// Source:    Redis cluster specification. Threading: one thread.
/// Errors:    handlers get the error reply, or nullptr: the command was perhaps not
///            executed.
class redis_cluster {
public:
    static constexpr std::chrono::milliseconds first_pause{50};
    static constexpr std::chrono::milliseconds longest_pause{2000};
    /// Between two questions who holds what, while something is wrong, and otherwise.
    static constexpr std::chrono::milliseconds ask_pause{200};
    static constexpr std::chrono::seconds calm_ask_pause{10};
    /// Servers we connect to; our limit.
    static constexpr std::size_t max_nodes = 256;
    static constexpr unsigned max_redirects = 5;

    redis_cluster(redis_settings settings, logger log);
    ~redis_cluster();
    redis_cluster(redis_cluster&&) = delete;

    /// At once nullptr if no server is known, or connected, that holds `slot`.
    void send(std::uint16_t slot, redis_command command, redis_handler handler);

    /// Which connection serves `slot`: another number means that another server does
    /// or that there was a break. 0: none.
    [[nodiscard]] std::uint64_t connection_of(std::uint16_t slot) const;

    /// Time-outs, reconnects and questions that are due.
    void on_time(time_point now);
    /// Waits until something arrives, `wake_fd` is readable or `most` has passed; then
    /// performs it. `now` is read after the wait.
    void wait(std::chrono::milliseconds most, int wake_fd, clock_source const& clock);

    struct numbers {
        std::uint64_t connects = 0;
        std::uint64_t losses = 0;
        std::uint64_t redirects = 0;
    };
    [[nodiscard]] numbers const& counted() const { return m_counted; }
    /// Why the last connection was lost or refused; for the operator.
    [[nodiscard]] std::string const& last_trouble() const { return m_trouble; }

private:
    struct node {
        std::unique_ptr<redis_connection> connection;
        std::uint64_t number = 0; // of the connection; 0 until the server let us in
        time_point not_before{};
        std::chrono::milliseconds pause{first_pause};
        bool is_known = true; // a seed, or named by CLUSTER SLOTS
    };
    struct command_state;

    void connect(redis_address const& where, node& n);
    void on_greeted(redis_address const& where, redisReply const* reply);
    void close_lost();
    void forget_unknown();
    [[nodiscard]] bool is_whole() const;
    void ask_who_holds_what();
    void on_slots(redis_address const& from, redisReply const* reply);
    void on_role(redis_address const& from, redisReply const* reply);
    void submit(redis_address const& where, std::shared_ptr<command_state> const& command,
                bool is_ask);
    void on_reply(std::shared_ptr<command_state> const& command, redis_address const& from,
                  redisReply const* reply);

    redis_settings m_settings;
    logger m_log;
    redis_slots m_slots;
    std::map<redis_address, node> m_nodes;
    redis_address m_last_asked;
    std::uint64_t m_last_number = 0;
    time_point m_now{};
    time_point m_asked_at{};
    bool m_must_ask = true;
    numbers m_counted;
    std::string m_trouble;
};

/// The text of an error reply; empty for any other.
[[nodiscard]] std::string_view redis_error(redisReply const& reply);
/// The octets of a string or status reply; empty for any other.
[[nodiscard]] std::string_view redis_text(redisReply const& reply);

} // namespace tau::net
