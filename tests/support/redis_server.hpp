#pragma once

#include "support/temp_folder.hpp"

#include <string>
#include <sys/types.h>
#include <vector>

namespace tau::test {

/// A real redis-server on a Unix socket in a folder of its own, without persistence.
/// Threading: one thread. Errors: the constructor and start() throw.
class redis_server {
public:
    redis_server();
    ~redis_server();
    redis_server(redis_server&&) = delete;

    /// For --store and net::parse_redis_url().
    [[nodiscard]] std::string url() const { return "redis+unix:" + (m_folder / "socket").string(); }

    /// Ends it at once, as a crash does; all it held is lost.
    void kill();
    /// Returns when it accepts connections. `options` are those of redis-server.
    void start(std::vector<std::string> options = {});

private:
    temp_folder m_folder;
    pid_t m_pid = 0;
};

} // namespace tau::test
