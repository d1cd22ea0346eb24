// Loads a UDP tracker on loopback: announces of a fixed population of peers, kept
// in flight by window, from many source addresses. Prints one line of JSON.
// usage: udp_load PORT [--seconds S] [--rate N] [--preload] [--forged] [--server-pid PID]
//   --rate     announces a second, each timed from when it was due; else as many as go
//   --preload  every peer once, then stop: for memory
//   --forged   every announce carries a wallet and a wrong signature
#include "core/hex.hpp"
#include "made_load.hpp"
#include "wire/tracker_udp.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace tau;
using namespace tau::bench;
using clock_type = std::chrono::steady_clock;

constexpr std::size_t sockets = 16;
constexpr std::size_t window = 8;
constexpr std::uint32_t wanted = 30;
constexpr std::chrono::milliseconds lost_after{500};

struct settings {
    std::uint16_t port = 0;
    double seconds = 3;
    double rate = 0; ///< of all lanes together; 0: as fast as answers come
    bool preload = false;
    bool forged = false;
    int server_pid = 0;
};

// One client socket with its own address and a fixed number of requests in flight.
class lane {
public:
    lane(settings const& s, std::uint32_t number) : m_settings(s), m_number(number) {
        m_fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
        sockaddr_in self{};
        self.sin_family = AF_INET;
        self.sin_addr.s_addr = htonl(0x7f010002U + number);
        sockaddr_in server{};
        server.sin_family = AF_INET;
        server.sin_port = htons(s.port);
        server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::bind(m_fd, reinterpret_cast<sockaddr*>(&self), sizeof self) != 0
            || ::connect(m_fd, reinterpret_cast<sockaddr*>(&server), sizeof server) != 0)
            std::perror("socket");
        for (std::size_t i = 0; i < window; ++i)
            m_out_vector[i] = {m_out[i].data(), 0};
        for (std::size_t i = 0; i < window; ++i) {
            m_out_message[i].msg_hdr.msg_iov = &m_out_vector[i];
            m_out_message[i].msg_hdr.msg_iovlen = 1;
            m_in_vector[i] = {m_in[i].data(), m_in[i].size()};
            m_in_message[i].msg_hdr.msg_iov = &m_in_vector[i];
            m_in_message[i].msg_hdr.msg_iovlen = 1;
        }
    }
    ~lane() { ::close(m_fd); }
    lane(lane&&) = delete;

    [[nodiscard]] int fd() const { return m_fd; }
    [[nodiscard]] std::uint64_t answers() const { return m_answers; }
    [[nodiscard]] std::uint64_t errors() const { return m_errors; }
    [[nodiscard]] std::uint64_t told() const { return m_told; }
    [[nodiscard]] bool is_done() const {
        return m_settings.preload && next_peer() >= peers && m_in_flight == 0;
    }

    /// Microseconds from when each request was due to its answer.
    [[nodiscard]] std::vector<float> const& waits() const { return m_waits; }

    void step(clock_type::time_point now) {
        receive(now);
        if (m_in_flight > 0 && now - m_last > lost_after)
            m_in_flight = 0;
        if (m_connection == 0) {
            if (m_in_flight == 0)
                send_connect(now);
            return;
        }
        if (m_settings.rate > 0)
            send_due(now);
        else if (m_in_flight <= window / 2)
            send(now);
    }

private:
    [[nodiscard]] std::uint64_t next_peer() const { return m_sent * sockets + m_number; }

    void send_connect(clock_type::time_point now) {
        auto const datagram = wire::udp::write_connect(1);
        m_in_flight = ::send(m_fd, datagram.data(), datagram.size(), 0) > 0 ? 1 : 0;
        m_last = now;
    }

    // Lanes take turns, so that the whole load is even.
    [[nodiscard]] clock_type::time_point due(std::uint64_t number) const {
        auto const seconds =
            static_cast<double>((number - m_first) * sockets + m_number) / m_settings.rate;
        return m_begun + std::chrono::nanoseconds(static_cast<std::int64_t>(seconds * 1e9));
    }

    void send_due(clock_type::time_point now) {
        if (m_begun == clock_type::time_point{}) {
            m_begun = now;
            m_first = m_sent;
        }
        std::size_t count = 0;
        for (; count < window && due(m_sent) <= now; ++m_sent)
            fill(count++, draw_peer());
        if (count > 0)
            (void)::sendmmsg(m_fd, m_out_message.data(), static_cast<unsigned>(count), 0);
        m_last = now;
    }

    void send(clock_type::time_point now) {
        std::size_t count = 0;
        for (; m_in_flight + count < window; ++count) {
            auto const peer = m_settings.preload ? next_peer() : draw_peer();
            if (m_settings.preload && peer >= peers)
                break;
            fill(count, peer);
            ++m_sent;
        }
        if (count == 0)
            return;
        int const sent = ::sendmmsg(m_fd, m_out_message.data(), static_cast<unsigned>(count), 0);
        m_in_flight += sent > 0 ? static_cast<std::size_t>(sent) : 0;
        m_last = now;
    }

    // The same peer always has the same swarm and port, and this lane's address.
    [[nodiscard]] std::uint64_t draw_peer() {
        return m_random() % (peers / sockets) * sockets + m_number;
    }

    void fill(std::size_t slot, std::uint64_t peer) {
        if (m_template.empty())
            make_template();
        auto& out = m_out[slot];
        std::copy(m_template.begin(), m_template.end(), out.begin());
        m_out_vector[slot].iov_len = m_template.size();
        wire::udp::writer head(out);
        head.number(m_connection);
        head.number(static_cast<std::uint32_t>(wire::udp_action::announce));
        head.number(static_cast<std::uint32_t>(m_sent));
        head.octets(m_hashes[mixed(peer * 3) % swarms]);
        auto const port = static_cast<std::uint16_t>(1024 + peer / sockets);
        out[96] = static_cast<std::uint8_t>(port >> 8);
        out[97] = static_cast<std::uint8_t>(port & 0xff);
        out[71] = mixed(peer) % 4 == 0 ? 1 : 0; // left: one in four is no seeder
    }

    void make_template() {
        for (std::uint32_t i = 0; i < swarms; ++i)
            m_hashes.push_back(swarm_number(i));
        wire::announce_request request;
        request.numwant = wanted;
        std::string url;
        if (m_settings.forged) {
            auto const now = std::chrono::duration_cast<std::chrono::milliseconds>(
                std::chrono::system_clock::now().time_since_epoch());
            url = "/announce?action=topic&wallet=" + std::string(40, 'a')
                  + "&sign=" + std::string(128, '5') + "1b&time=" + std::to_string(now.count());
        }
        m_template = wire::udp::write_announce(0, 0, request, url);
    }

    void receive(clock_type::time_point now) {
        for (;;) {
            int const count = ::recvmmsg(m_fd, m_in_message.data(), window, MSG_DONTWAIT, nullptr);
            if (count <= 0)
                return;
            m_last = now;
            for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i)
                on_answer(byte_view(m_in[i]).first(m_in_message[i].msg_len));
        }
    }

    void on_answer(byte_view in) {
        m_in_flight -= m_in_flight > 0 ? 1 : 0;
        if (in.size() < 8)
            return;
        if (in[3] == 0 && in.size() == 16) {
            m_connection = 0;
            for (auto const octet : in.subspan(8))
                m_connection = m_connection << 8 | octet;
        } else if (in[3] == 1 && in.size() >= wire::udp::announce_answer_head) {
            ++m_answers;
            if (m_settings.rate > 0)
                note_wait(in);
            m_told += (in.size() - wire::udp::announce_answer_head) / 6;
        } else {
            ++m_errors;
        }
    }

    void note_wait(byte_view in) {
        std::uint32_t number = 0;
        for (auto const octet : in.subspan(4, 4))
            number = number << 8 | octet;
        auto const waited = clock_type::now() - due(number);
        m_waits.push_back(std::chrono::duration<float, std::micro>(waited).count());
    }

    settings const& m_settings;
    std::uint32_t m_number;
    clock_type::time_point m_begun{}; // of the steady rate
    std::uint64_t m_first = 0;        // request of it
    std::vector<float> m_waits;
    int m_fd = -1;
    std::uint64_t m_connection = 0;
    std::uint64_t m_sent = 0;
    std::uint64_t m_answers = 0;
    std::uint64_t m_errors = 0;
    std::uint64_t m_told = 0;
    std::size_t m_in_flight = 0;
    clock_type::time_point m_last{};
    std::mt19937_64 m_random{m_number + 1};
    std::vector<info_hash> m_hashes;
    bytes m_template;
    std::array<std::array<std::uint8_t, 512>, window> m_out{};
    std::array<std::array<std::uint8_t, 2048>, window> m_in{};
    std::array<iovec, window> m_out_vector{};
    std::array<iovec, window> m_in_vector{};
    std::array<mmsghdr, window> m_out_message{};
    std::array<mmsghdr, window> m_in_message{};
};

std::uint64_t sum(std::vector<std::unique_ptr<lane>> const& lanes,
                  std::uint64_t (lane::*what)() const) {
    std::uint64_t out = 0;
    for (auto const& l : lanes)
        out += ((*l).*what)();
    return out;
}

void run(settings const& s) {
    std::vector<std::unique_ptr<lane>> lanes;
    std::vector<pollfd> polled;
    for (std::uint32_t i = 0; i < sockets; ++i) {
        lanes.push_back(std::make_unique<lane>(s, i));
        polled.push_back({lanes.back()->fd(), POLLIN, 0});
    }
    auto const before = use_of(s.server_pid);
    auto const start = clock_type::now();
    auto const limit = std::chrono::duration<double>(s.preload ? 120 : s.seconds);
    auto now = start;
    while (now - start < limit) {
        bool done = true;
        for (auto const& l : lanes) {
            l->step(now);
            done = done && l->is_done();
        }
        if (done)
            break;
        ::poll(polled.data(), polled.size(), s.rate > 0 && !s.forged ? 0 : 1);
        now = clock_type::now();
    }
    auto const took = std::chrono::duration<double>(now - start).count();
    auto const after = use_of(s.server_pid);
    auto const answers = static_cast<double>(sum(lanes, &lane::answers));
    std::vector<float> waits;
    for (auto const& l : lanes)
        waits.insert(waits.end(), l->waits().begin(), l->waits().end());
    std::sort(waits.begin(), waits.end());
    auto const wait_at = [&](double q) {
        return waits.empty() ? 0.0F : waits[static_cast<std::size_t>(q * double(waits.size() - 1))];
    };
    std::printf("{\"p50_us\":%.1f,\"p99_us\":%.1f,", wait_at(0.5), wait_at(0.99));
    std::printf("\"answers_per_s\":%.0f,\"errors_per_s\":%.0f,\"peers_an_answer\":%.1f,"
                "\"server_cpu_s\":%.2f,\"server_us_an_answer\":%.2f,\"server_kib\":%ld,"
                "\"server_grew_kib\":%ld,\"seconds\":%.2f}\n",
                answers / took, static_cast<double>(sum(lanes, &lane::errors)) / took,
                static_cast<double>(sum(lanes, &lane::told)) / std::max(answers, 1.0),
                after.cpu_s - before.cpu_s,
                (after.cpu_s - before.cpu_s) * 1e6 / std::max(answers, 1.0), after.resident_kib,
                after.resident_kib - before.resident_kib, took);
}

} // namespace

int main(int argc, char** argv) {
    settings s;
    for (int i = 1; i < argc; ++i) {
        std::string const word = argv[i];
        bool const has_value = i + 1 < argc;
        if (word == "--print-hashes")
            for (std::uint32_t n = 0; n < swarms; ++n)
                std::puts(to_hex(swarm_number(n)).c_str());
        else if (word == "--preload")
            s.preload = true;
        else if (word == "--forged")
            s.forged = true;
        else if (word == "--seconds" && has_value)
            s.seconds = std::stod(argv[++i]);
        else if (word == "--rate" && has_value)
            s.rate = std::stod(argv[++i]);
        else if (word == "--server-pid" && has_value)
            s.server_pid = std::stoi(argv[++i]);
        else
            s.port = static_cast<std::uint16_t>(std::stoul(word));
    }
    if (s.port != 0)
        run(s);
}
