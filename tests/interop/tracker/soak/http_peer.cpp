#include "soak/http_peer.hpp"

#include "core/hex.hpp"

#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>

namespace tau::soak {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

constexpr auto patience = 4s;
constexpr milliseconds retry_after = 500ms;
constexpr std::uint32_t swarms = 500;

} // namespace

http_peer::http_peer(world& w, ip_address const& own)
    : m_world(w), m_own(own), m_stream(w.io), m_timer(w.io) {
    pause(w.about(w.interval));
}

void http_peer::pause(milliseconds wait) {
    m_timer.expires_after(wait);
    m_timer.async_wait([this](error_code ec) {
        if (!ec)
            step();
    });
}

void http_peer::step() {
    on_attempt();
    if (m_left == 0) {
        ++m_world.seen.lives;
        m_left = 2 + m_world.below(20);
        m_swarm = m_world.below(swarms);
        m_port = static_cast<std::uint16_t>(1024 + m_world.below(60'000));
    }
    auto const* event = m_left == 1 ? "&event=stopped" : "";
    m_request = "GET /announce?info_hash=" + to_hex(swarm_number(m_swarm))
                + "&peer_id=" + std::string(40, 'a') + "&port=" + std::to_string(m_port) + "&left=1"
                + event + " HTTP/1.1\r\nHost: tracker\r\n"
                + (m_left == 1 ? "Connection: close\r\n\r\n" : "\r\n");
    m_stream.expires_after(patience);
    if (m_stream.socket().is_open())
        return ask();
    error_code ec;
    m_stream.socket().open(asio::ip::tcp::v4());
    m_stream.socket().bind({m_own, 0}, ec);
    m_stream.async_connect(
        asio::ip::tcp::endpoint(m_world.tracker.address(), m_world.tracker.port()),
        [this](error_code failed) { failed ? fail() : ask(); });
}

void http_peer::ask() {
    asio::async_write(m_stream, asio::buffer(m_request),
                      [this](error_code ec, std::size_t) { ec ? fail() : read(); });
}

void http_peer::read() {
    m_response = {};
    boost::beast::http::async_read(
        m_stream, m_buffer, m_response,
        [this](error_code ec, std::size_t) { ec ? fail() : on_response(); });
}

void http_peer::fail() {
    ++m_world.seen.reconnects;
    m_stream.close();
    m_buffer.clear();
    pause(m_world.about(retry_after));
}

void http_peer::on_response() {
    on_answer(m_world.seen);
    auto const& body = m_response.body();
    if (body.find("5:peers") == std::string::npos)
        ++m_world.seen.refused[body.substr(0, 60)];
    else
        ++m_world.seen.http;
    --m_left;
    if (!m_response.keep_alive() || m_left == 0)
        m_stream.close();
    pause(m_world.about(m_world.interval));
}

} // namespace tau::soak
