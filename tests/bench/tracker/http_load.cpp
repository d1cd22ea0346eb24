// Loads an HTTP tracker on loopback with announces of a fixed population of peers, from
// many source addresses, a fixed number of connections at once. Prints one line of JSON.
// usage: http_load PORT [--seconds S] [--keepalive] [--server-pid PID]
#include "made_load.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace tau;
using namespace tau::bench;
using clock_type = std::chrono::steady_clock;

constexpr std::size_t connections = 64;
constexpr std::uint32_t sources = 64;

struct settings {
    std::uint16_t port = 0;
    double seconds = 3;
    bool keepalive = false;
    int server_pid = 0;
};

class load {
public:
    explicit load(settings const& s) : m_settings(s), m_epoll(::epoll_create1(0)) {
        for (std::uint32_t i = 0; i < swarms; ++i) {
            auto const hash = swarm_number(i);
            std::string text;
            for (auto const octet : hash) {
                std::array<char, 4> escaped;
                std::snprintf(escaped.data(), escaped.size(), "%%%02x", octet);
                text += escaped.data();
            }
            m_hashes.push_back(std::move(text));
        }
    }

    void run() {
        for (std::size_t i = 0; i < connections; ++i)
            open();
        auto const before = use_of(m_settings.server_pid);
        auto const start = clock_type::now();
        auto const end = start + std::chrono::duration<double>(m_settings.seconds);
        std::array<epoll_event, connections> events;
        while (clock_type::now() < end) {
            int const count = ::epoll_wait(m_epoll, events.data(), connections, 100);
            for (std::size_t i = 0; i < static_cast<std::size_t>(count > 0 ? count : 0); ++i)
                on_readable(events[i].data.fd);
        }
        auto const took = std::chrono::duration<double>(clock_type::now() - start).count();
        auto const cpu = use_of(m_settings.server_pid).cpu_s - before.cpu_s;
        std::printf("{\"answers_per_s\":%.0f,\"failed_per_s\":%.1f,\"server_us_an_answer\":%.2f}\n",
                    static_cast<double>(m_answers) / took, static_cast<double>(m_failed) / took,
                    cpu * 1e6 / static_cast<double>(m_answers > 0 ? m_answers : 1));
    }

private:
    void open() {
        int const fd = ::socket(AF_INET, SOCK_STREAM, 0);
        int const on = 1;
        ::setsockopt(fd, IPPROTO_IP, 24 /* IP_BIND_ADDRESS_NO_PORT */, &on, sizeof on);
        linger const at_once{1, 0}; // no TIME_WAIT: the ports would run out
        ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        sockaddr_in self{};
        self.sin_family = AF_INET;
        self.sin_addr.s_addr = htonl(0x7f010002U + m_opened++ % sources);
        sockaddr_in server{};
        server.sin_family = AF_INET;
        server.sin_port = htons(m_settings.port);
        server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::bind(fd, reinterpret_cast<sockaddr*>(&self), sizeof self) != 0
            || ::connect(fd, reinterpret_cast<sockaddr*>(&server), sizeof server) != 0) {
            ++m_failed;
            ::close(fd);
            return;
        }
        epoll_event event{EPOLLIN, {.fd = fd}};
        ::epoll_ctl(m_epoll, EPOLL_CTL_ADD, fd, &event);
        ask(fd);
    }

    void ask(int fd) {
        auto const peer = m_random() % peers;
        m_text = "GET /announce?info_hash=" + m_hashes[mixed(peer * 3) % swarms]
                 + "&peer_id=-TB0000-abcdefghijkl&port=" + std::to_string(1024 + peer % 60'000)
                 + "&uploaded=0&downloaded=0&left=" + (mixed(peer) % 4 == 0 ? "1" : "0")
                 + "&compact=1&numwant=30 HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                 + (m_settings.keepalive ? "\r\n" : "Connection: close\r\n\r\n");
        (void)::send(fd, m_text.data(), m_text.size(), MSG_NOSIGNAL);
    }

    // Answers are small and come whole; what does not look like one counts as failed.
    void on_readable(int fd) {
        std::array<char, 4096> in;
        auto const size = ::recv(fd, in.data(), in.size(), 0);
        std::string_view const text(in.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
        bool const good = text.find(" 200 ") < 16 && text.find("5:peers") != text.npos;
        ++(good ? m_answers : m_failed);
        if (good && m_settings.keepalive) {
            ask(fd);
            return;
        }
        ::close(fd);
        open();
    }

    settings const& m_settings;
    int m_epoll;
    std::uint32_t m_opened = 0;
    std::uint64_t m_answers = 0;
    std::uint64_t m_failed = 0;
    std::mt19937_64 m_random{1};
    std::vector<std::string> m_hashes;
    std::string m_text;
};

} // namespace

int main(int argc, char** argv) {
    settings s;
    for (int i = 1; i < argc; ++i) {
        std::string const word = argv[i];
        bool const has_value = i + 1 < argc;
        if (word == "--keepalive")
            s.keepalive = true;
        else if (word == "--seconds" && has_value)
            s.seconds = std::stod(argv[++i]);
        else if (word == "--server-pid" && has_value)
            s.server_pid = std::stoi(argv[++i]);
        else
            s.port = static_cast<std::uint16_t>(std::stoul(word));
    }
    load(s).run();
}
