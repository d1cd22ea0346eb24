#pragma once

#include "core/clock.hpp"
#include "plugins/session/local_network.hpp"
#include "plugins/session/owned_session.hpp"

#include <boost/asio/io_context.hpp>
#include <utility> // Boost 1.74's asio.hpp needs it first in C++20

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

namespace tau::test {

/// A DHT of real libtorrent sessions on loopback for tests and benchmarks, on one
/// io_context that the test turns itself: nothing happens outside run_until().
///
/// Threading: the test's thread. Errors: exceptions, which fail the test.
class private_dht {
public:
    /// Makes the sessions and runs until every routing table is usable.
    explicit private_dht(std::size_t nodes, std::uint64_t seed = 1);
    explicit private_dht(plugins::local_network_options options);
    /// Shuts down everything in the order that libtorrent asks for. Destroy what refers
    /// to sessions of this network (hosts, plugin sets) before.
    ~private_dht();

    [[nodiscard]] boost::asio::io_context& context() { return m_context; }
    [[nodiscard]] plugins::local_network& network() { return *m_network; }
    [[nodiscard]] clock_source const& clock() const { return m_clock; }

    /// One more session, already introduced to the network and listening. `adjust`
    /// changes its settings after those of a private network; may be empty.
    plugins::owned_session& add_session(std::function<void(lt::settings_pack&)> adjust = {});
    /// Where an added session or a node listens.
    [[nodiscard]] static endpoint endpoint_of(plugins::owned_session const& session);

    /// Turns the context until `done` or the limit; false if the limit came first.
    bool run_until(std::function<bool()> const& done,
                   std::chrono::milliseconds limit = std::chrono::seconds(20));
    /// Turns the context for a span of time: for what must not happen.
    void run_for(std::chrono::milliseconds span);

    /// An endpoint on which nothing listens and nothing answers.
    [[nodiscard]] endpoint dead_endpoint();

private:
    boost::asio::io_context m_context;
    system_clock_source m_clock;
    std::unique_ptr<plugins::local_network> m_network;
    std::vector<std::unique_ptr<plugins::owned_session>> m_added;
    std::vector<std::unique_ptr<boost::asio::ip::udp::socket>> m_silent;
};

/// Makes the creation of sessions fast: they would load the machine's certificates
/// (20 ms each), which no test needs. Called by private_dht; call it in a program that
/// makes sessions by itself.
void skip_certificates();

} // namespace tau::test
