// The least that a tracker must do, to measure what the machine and the load generators
// allow: every UDP announce gets the same answer of 30 peers, every HTTP request too.
// usage: null_server udp|http PORT
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>

namespace {

constexpr std::size_t batch = 32;
constexpr std::size_t peer_octets = 30 * 6;

int listening(int type, std::uint16_t port) {
    int const fd = ::socket(AF_INET, type, 0);
    int const on = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(port);
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(fd, reinterpret_cast<sockaddr*>(&where), sizeof where) != 0
        || ((type & SOCK_STREAM) != 0 && ::listen(fd, 4096) != 0))
        std::perror("null_server");
    return fd;
}

void serve_udp(std::uint16_t port) {
    int const fd = listening(SOCK_DGRAM, port);
    int const buffer = 8 << 20;
    ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    static std::array<std::array<std::uint8_t, 2048>, batch> data{};
    static std::array<std::array<std::uint8_t, 2048>, batch> answers{};
    std::array<sockaddr_in, batch> from{};
    std::array<iovec, batch> parts{};
    std::array<mmsghdr, batch> messages{};
    for (;;) {
        for (std::size_t i = 0; i < batch; ++i) {
            parts[i] = {data[i].data(), data[i].size()};
            messages[i].msg_hdr = {};
            messages[i].msg_hdr.msg_name = &from[i];
            messages[i].msg_hdr.msg_namelen = sizeof from[i];
            messages[i].msg_hdr.msg_iov = &parts[i];
            messages[i].msg_hdr.msg_iovlen = 1;
        }
        int const count = ::recvmmsg(fd, messages.data(), batch, MSG_WAITFORONE, nullptr);
        for (std::size_t i = 0; i < static_cast<std::size_t>(count > 0 ? count : 0); ++i) {
            auto& out = answers[i];
            std::memcpy(out.data(), data[i].data() + 8, 8); // action and transaction
            bool const connects = out[3] == 0;
            std::size_t const rest = connects ? 8 : 12 + peer_octets;
            std::memset(out.data() + 8, 1, rest);
            parts[i] = {out.data(), 8 + rest};
        }
        if (count > 0)
            (void)::sendmmsg(fd, messages.data(), static_cast<unsigned>(count), 0);
    }
}

// False when the connection has ended.
bool answer_http(int fd, std::string_view text) {
    std::array<char, 16384> in;
    auto const size = ::recv(fd, in.data(), in.size(), 0);
    if (size <= 0)
        return size < 0 && errno == EAGAIN;
    std::string_view const requests(in.data(), static_cast<std::size_t>(size));
    bool const closes = requests.find("Connection: close") != std::string_view::npos;
    for (std::size_t at = 0; (at = requests.find("\r\n\r\n", at)) != std::string_view::npos;
         at += 4)
        (void)::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    return !closes;
}

void serve_http(std::uint16_t port) {
    int const server = listening(SOCK_STREAM | SOCK_NONBLOCK, port);
    int const on = 1;
    int const set = ::epoll_create1(0);
    epoll_event event{EPOLLIN, {.fd = server}};
    ::epoll_ctl(set, EPOLL_CTL_ADD, server, &event);
    std::string const body = "d8:completei30e10:incompletei0e8:intervali1800e5:peers180:"
                             + std::string(peer_octets, 'p') + "e";
    std::string const text = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: "
                             + std::to_string(body.size()) + "\r\n\r\n" + body;
    std::array<epoll_event, 256> events;
    for (;;) {
        int const count = ::epoll_wait(set, events.data(), events.size(), -1);
        for (std::size_t i = 0; i < static_cast<std::size_t>(count > 0 ? count : 0); ++i) {
            int const fd = events[i].data.fd;
            if (fd != server) {
                if (!answer_http(fd, text))
                    ::close(fd);
                continue;
            }
            for (int client; (client = ::accept4(server, nullptr, nullptr, SOCK_NONBLOCK)) >= 0;) {
                ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
                event = {EPOLLIN, {.fd = client}};
                ::epoll_ctl(set, EPOLL_CTL_ADD, client, &event);
            }
        }
    }
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fputs("usage: null_server udp|http PORT\n", stderr);
        return 2;
    }
    auto const port = static_cast<std::uint16_t>(std::stoul(argv[2]));
    std::string_view(argv[1]) == "udp" ? serve_udp(port) : serve_http(port);
}
