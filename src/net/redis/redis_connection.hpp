#pragma once

#include "core/clock.hpp"
#include "net/redis/redis_slots.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct redisContext;
struct redisReply;

namespace tau::net {

/// Words of one command; they may hold any octets.
using redis_command = std::vector<std::string>;

/// Receives the reply, or nullptr if the connection ended before it came. The reply
/// is gone when the handler returns.
using redis_handler = std::function<void(redisReply const*)>;

/// One connection to one Redis server that never blocks. Commands may be sent at
/// once; they leave when the connection stands, and are answered in their order.
///
/// Source:    Redis protocol, by hiredis. Threading: one thread.
/// Errors:    is_lost(); the handlers of what was not answered are then for the
///            owner to call (take_unanswered()).
class redis_connection {
public:
    /// From connecting, or from sending a command, to its reply.
    static constexpr std::chrono::milliseconds reply_timeout{1500};

    /// Begins to connect; the first command's deadline is also that of connecting.
    explicit redis_connection(redis_address const& where);
    ~redis_connection();
    redis_connection(redis_connection&&) = delete;

    void send(redis_command const& command, redis_handler handler, time_point now);

    [[nodiscard]] bool is_lost() const { return m_lost; }
    [[nodiscard]] std::string const& why() const { return m_why; }
    [[nodiscard]] int fd() const;
    [[nodiscard]] bool wants_to_write() const;
    /// Ends it, as when the server did not let us in.
    void lose(std::string why);
    void on_writable();
    /// Calls the handlers of the replies that have come.
    void on_readable(time_point now);
    /// Is lost when the oldest command waits too long.
    void on_time(time_point now);
    [[nodiscard]] std::deque<redis_handler> take_unanswered();

private:
    struct closer {
        void operator()(redisContext* context) const;
    };
    struct waiting {
        redis_handler handler;
        time_point deadline;
    };

    void lose_by_error();

    std::unique_ptr<redisContext, closer> m_context;
    std::deque<waiting> m_waiting;
    std::string m_why;
    bool m_wants_to_write = true; // the first writability tells that it stands
    bool m_lost = false;
};

} // namespace tau::net
