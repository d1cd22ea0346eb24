#pragma once

#include "core/endpoint.hpp"

#include <sys/socket.h>

#include <utility>

namespace tau::net {

/// Owns a file descriptor. Threading: one thread.
class socket_handle {
public:
    socket_handle() = default;
    explicit socket_handle(int fd) : m_fd(fd) {}
    socket_handle(socket_handle&& other) noexcept : m_fd(std::exchange(other.m_fd, -1)) {}
    socket_handle& operator=(socket_handle&& other) noexcept {
        std::swap(m_fd, other.m_fd);
        return *this;
    }
    ~socket_handle();

    [[nodiscard]] int get() const { return m_fd; }
    [[nodiscard]] bool is_open() const { return m_fd >= 0; }
    void close();

private:
    int m_fd = -1;
};

/// A non-blocking socket bound to `where`, which several threads may share by
/// SO_REUSEPORT; IPv6 sockets take no IPv4. `type` is SOCK_DGRAM or SOCK_STREAM.
/// Throws boost::system::system_error.
[[nodiscard]] socket_handle bind_shared(endpoint const& where, int type);

/// Throws if another process listens at `where`, be it with SO_REUSEPORT: the system would
/// give each a share of the requests. Port 0 is always free.
void expect_unused(endpoint const& where, int type);

/// The address a bound socket has.
[[nodiscard]] endpoint local_endpoint(int fd);

/// Empty for a family other than IPv4 and IPv6.
[[nodiscard]] endpoint endpoint_of(sockaddr const& address);

/// For threads in which a library writes to sockets without MSG_NOSIGNAL: a peer
/// that went must not end the process.
void block_broken_pipe_signal();

/// Throws boost::system::system_error for errno.
[[noreturn]] void throw_errno(char const* what);

} // namespace tau::net
