#include "soak/udp_peer.hpp"

#include <boost/asio/buffer.hpp>

namespace tau::soak {
namespace {

namespace udp = wire::udp;
using namespace std::chrono_literals;

constexpr milliseconds first_patience = 1s;
constexpr milliseconds longest_patience = 8s;
// BEP 15: a client uses a connection id for a minute.
constexpr auto connection_life = 60s;
// Attempts after which the connection id is doubted, too.
constexpr unsigned doubtful_attempts = 2;
constexpr std::uint32_t swarms = 500;

} // namespace

udp_peer::udp_peer(world& w, ip_address const& own)
    : m_world(w), m_socket(w.io, {own, 0}), m_timer(w.io), m_in(2048) {
    m_socket.connect({w.tracker.address(), w.tracker.port()});
    m_socket.non_blocking(true);
    receive();
    pause(w.about(w.interval));
}

void udp_peer::pause(milliseconds wait) {
    m_timer.expires_after(wait);
    m_timer.async_wait([this](error_code ec) {
        if (!ec)
            step();
    });
}

void udp_peer::step() {
    if (m_attempts > 0)
        ++m_world.seen.unanswered;
    auto const now = clock_type::now();
    if (now - m_connected_at > connection_life || m_attempts >= doubtful_attempts)
        m_connection = 0;
    on_attempt();
    ++m_transaction;
    send(m_connection == 0 ? udp::write_connect(m_transaction)
                           : next_request(m_connection, m_transaction));
    pause(std::min(longest_patience, first_patience * (1U << std::min(m_attempts, 3U))));
    ++m_attempts;
}

void udp_peer::send(bytes const& datagram) {
    // While the tracker is away the system refuses; the next attempt tries again.
    error_code ignored;
    m_socket.send(boost::asio::buffer(datagram), 0, ignored);
}

void udp_peer::receive() {
    m_socket.async_wait(boost::asio::ip::udp::socket::wait_read, [this](error_code ec) {
        if (ec == boost::asio::error::operation_aborted)
            return;
        error_code failed;
        auto const size = m_socket.receive(boost::asio::buffer(m_in), 0, failed);
        if (!failed)
            on_datagram(byte_view(m_in).first(size));
        receive();
    });
}

void udp_peer::on_datagram(byte_view datagram) {
    auto const read = udp::read_answer(datagram, false);
    if (!read || read.value().transaction != m_transaction || m_attempts == 0)
        return;
    auto const& answer = read.value().body;
    if (auto const* connected = std::get_if<udp::connect_answer>(&answer)) {
        m_connection = connected->connection_id;
        m_connected_at = clock_type::now();
        m_attempts = 0;
        return step();
    }
    if (auto const* error = std::get_if<udp::error_reply>(&answer)) {
        if (error->reason.starts_with("connection id")) {
            ++m_world.seen.expired;
            m_connection = 0;
            m_attempts = 0;
            return step();
        }
        ++m_world.seen.refused[error->reason];
    }
    m_attempts = 0;
    on_answer(m_world.seen);
    pause(take(answer));
}

bytes plain_peer::next_request(std::uint64_t id, std::uint32_t transaction) {
    auto& w = shared();
    if (m_left == 0) {
        ++w.seen.lives;
        m_left = 4 + w.below(60);
        m_says_goodbye = w.below(3) != 0;
        m_request = {};
        m_request.hash = swarm_number(w.below(swarms));
        m_request.port = static_cast<std::uint16_t>(1024 + w.below(60'000));
        m_request.left = w.below(2);
        m_request.event = wire::announce_event::started;
        m_request.numwant = 30;
    }
    if (m_left == 1 && m_says_goodbye)
        m_request.event = wire::announce_event::stopped;
    return udp::write_announce(id, transaction, m_request);
}

milliseconds plain_peer::take(udp::reply const& answer) {
    if (std::holds_alternative<udp::announce_reply>(answer)) {
        ++shared().seen.udp;
        m_request.event = wire::announce_event::none;
        --m_left;
    }
    return shared().about(shared().interval);
}

} // namespace tau::soak
