#pragma once

#include "soak/world.hpp"
#include "wire/tracker_udp.hpp"

#include <boost/asio/ip/udp.hpp>
#include <boost/asio/steady_timer.hpp>

namespace tau::soak {

/// A BEP 15 client: connects, asks, asks again when nothing comes, and connects anew
/// when its connection id does not hold. Its first patience is 1 s instead of the
/// BEP's 15, so that an outage shows how long it was.
class udp_peer : public peer {
public:
    udp_peer(world& w, ip_address const& own);

protected:
    /// The next request, made when the connection id is there.
    [[nodiscard]] virtual bytes next_request(std::uint64_t id, std::uint32_t transaction) = 0;
    /// Takes the answer; returns the pause until the next request.
    [[nodiscard]] virtual milliseconds take(wire::udp::reply const& answer) = 0;

    [[nodiscard]] world& shared() const { return m_world; }

private:
    void pause(milliseconds wait);
    void step();
    void send(bytes const& datagram);
    void receive();
    void on_datagram(byte_view datagram);

    world& m_world;
    boost::asio::ip::udp::socket m_socket;
    boost::asio::steady_timer m_timer;
    bytes m_in;
    std::uint64_t m_connection = 0; // 0: none
    clock_type::time_point m_connected_at;
    std::uint32_t m_transaction = 0;
    unsigned m_attempts = 0; // of the request that waits for an answer
};

/// Comes, announces to one swarm for a while, and leaves, sometimes without a word.
class plain_peer final : public udp_peer {
public:
    using udp_peer::udp_peer;

protected:
    bytes next_request(std::uint64_t id, std::uint32_t transaction) override;
    milliseconds take(wire::udp::reply const& answer) override;

private:
    wire::announce_request m_request;
    unsigned m_left = 0; // announces until it leaves
    bool m_says_goodbye = true;
};

} // namespace tau::soak
