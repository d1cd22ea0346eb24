#include "net/socket_handle.hpp"

#include <netinet/in.h>
#include <unistd.h>

#include <boost/system/system_error.hpp>

#include <cerrno>
#include <csignal>
#include <initializer_list>

namespace tau::net {

socket_handle::~socket_handle() {
    close();
}

void socket_handle::close() {
    if (m_fd >= 0)
        ::close(std::exchange(m_fd, -1));
}

void block_broken_pipe_signal() {
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
}

void throw_errno(char const* what) {
    throw boost::system::system_error(errno, boost::system::system_category(), what);
}

namespace {

socket_handle bind_with(endpoint const& where, int type, std::initializer_list<int> options) {
    int const family = where.address().is_v6() ? AF_INET6 : AF_INET;
    socket_handle out(::socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!out.is_open())
        throw_errno("socket");
    int const on = 1;
    for (int const option : options)
        ::setsockopt(out.get(), SOL_SOCKET, option, &on, sizeof on);
    if (family == AF_INET6)
        ::setsockopt(out.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (::bind(out.get(), where.data(), static_cast<socklen_t>(where.size())) != 0) {
        auto const why = errno; // before anything else changes it
        throw boost::system::system_error(why, boost::system::system_category(),
                                          "cannot listen at " + to_string(where));
    }
    return out;
}

} // namespace

socket_handle bind_shared(endpoint const& where, int type) {
    return bind_with(where, type, {SO_REUSEADDR, SO_REUSEPORT});
}

void expect_unused(endpoint const& where, int type) {
    if (where.port() == 0)
        return;
    // With SO_REUSEADDR datagram sockets share as with SO_REUSEPORT; for streams it only
    // overlooks connections that ended lately.
    if (type == SOCK_STREAM)
        (void)bind_with(where, type, {SO_REUSEADDR});
    else
        (void)bind_with(where, type, {});
}

endpoint local_endpoint(int fd) {
    endpoint out;
    auto size = static_cast<socklen_t>(out.capacity());
    if (::getsockname(fd, out.data(), &size) != 0)
        throw_errno("getsockname");
    out.resize(size);
    return out;
}

endpoint endpoint_of(sockaddr const& address) {
    if (address.sa_family == AF_INET) {
        auto const& v4 = reinterpret_cast<sockaddr_in const&>(address);
        return {boost::asio::ip::address_v4(ntohl(v4.sin_addr.s_addr)), ntohs(v4.sin_port)};
    }
    if (address.sa_family != AF_INET6)
        return {};
    auto const& v6 = reinterpret_cast<sockaddr_in6 const&>(address);
    boost::asio::ip::address_v6::bytes_type raw;
    std::copy(std::begin(v6.sin6_addr.s6_addr), std::end(v6.sin6_addr.s6_addr), raw.begin());
    return {boost::asio::ip::address_v6(raw), ntohs(v6.sin6_port)};
}

} // namespace tau::net
