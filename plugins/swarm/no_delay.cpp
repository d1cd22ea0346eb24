#include "plugins/swarm/no_delay.hpp"

#include <dirent.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <charconv>
#include <cstring>
#include <memory>
#include <optional>

namespace tau::plugins {
namespace {

using boost::asio::ip::tcp;

// The same list under two names: Linux; the BSDs and macOS.
constexpr char const* descriptor_lists[] = {"/proc/self/fd", "/dev/fd"};

struct closer {
    void operator()(DIR* list) const { ::closedir(list); }
};

std::unique_ptr<DIR, closer> open_list() {
    for (auto const* name : descriptor_lists)
        if (auto* const list = ::opendir(name))
            return std::unique_ptr<DIR, closer>(list);
    return nullptr;
}

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
    auto const list = open_list();
    if (!list)
        return false;
    while (auto const* const entry = ::readdir(list.get())) {
        int fd = -1;
        auto const* const name = entry->d_name;
        auto const* const end = name + std::strlen(name);
        if (auto const [last, ec] = std::from_chars(name, end, fd);
            ec != std::errc() || last != end)
            continue;
        if (endpoint_of(fd, &::getpeername) != remote || endpoint_of(fd, &::getsockname) != local
            || !is_stream(fd))
            continue;
        int const on = 1;
        return ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0;
    }
    return false;
}

} // namespace tau::plugins
