#include "plugins/swarm/no_delay.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <optional>

namespace tau::plugins {
namespace {

using boost::asio::ip::tcp;

// Descriptors are the lowest that are free, so behind so many that are not open there are none.
constexpr int max_gap = 1024;

using address_getter = int (*)(int, sockaddr*, socklen_t*);

// nullopt for what is no internet socket.
std::optional<tcp::endpoint> endpoint_of(int fd, address_getter get) {
    sockaddr_storage raw{};
    socklen_t size = sizeof raw;
    if (get(fd, reinterpret_cast<sockaddr*>(&raw), &size) != 0
        || (raw.ss_family != AF_INET && raw.ss_family != AF_INET6))
        return std::nullopt;
    tcp::endpoint out;
    if (size > out.capacity())
        return std::nullopt;
    std::memcpy(out.data(), &raw, size);
    out.resize(size);
    // What an IPv6 socket says of a connection over IPv4.
    if (auto const& where = out.address(); where.is_v6() && where.to_v6().is_v4_mapped())
        out.address(boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, where.to_v6()));
    return out;
}

bool is_stream(int fd) {
    int type = 0;
    socklen_t size = sizeof type;
    return ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
}

} // namespace

bool send_without_delay(tcp::endpoint const& local, tcp::endpoint const& remote) {
    // Connections that begin one after the other have descriptors near each other.
    static std::atomic<int> last_found{0};
    auto const is_ours = [&](int fd) {
        return endpoint_of(fd, &::getpeername) == remote && endpoint_of(fd, &::getsockname) == local
               && is_stream(fd);
    };
    int const begin = last_found;
    int gap = 0;
    for (int distance = 0; gap < max_gap || distance <= begin; ++distance)
        for (int const fd : {begin - distance, begin + distance}) {
            if (fd < 0 || (fd > begin && gap >= max_gap))
                continue;
            errno = 0;
            if (is_ours(fd)) {
                last_found = fd;
                int const on = 1;
                return ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0;
            }
            if (fd >= begin)
                gap = errno == EBADF ? gap + 1 : 0;
        }
    return false;
}

} // namespace tau::plugins
