#pragma once

#include "soak/world.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/string_body.hpp>

namespace tau::soak {

/// An HTTP client that announces over a connection it keeps for a while, and opens
/// another when that one breaks or has served its time.
class http_peer final : public peer {
public:
    http_peer(world& w, ip_address const& own);

private:
    void pause(milliseconds wait);
    void step();
    void ask();
    void read();
    void fail();
    void on_response();

    world& m_world;
    ip_address m_own;
    boost::beast::tcp_stream m_stream;
    boost::asio::steady_timer m_timer;
    boost::beast::flat_buffer m_buffer;
    boost::beast::http::response<boost::beast::http::string_body> m_response;
    std::string m_request;
    std::uint32_t m_swarm = 0;
    std::uint16_t m_port = 0;
    unsigned m_left = 0; // requests until it leaves
};

} // namespace tau::soak
