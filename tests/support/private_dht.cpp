#include "support/private_dht.hpp"

#include "plugins/session/settings.hpp"

#include <cstdlib>
#include <stdexcept>

namespace tau::test {
namespace {

plugins::local_network_options options_of(std::size_t nodes, std::uint64_t seed) {
    plugins::local_network_options options;
    options.nodes = nodes;
    options.seed = seed;
    return options;
}

} // namespace

void skip_certificates() {
    ::setenv("SSL_CERT_FILE", "/dev/null", 1);
    ::setenv("SSL_CERT_DIR", "/nonexistent", 1);
}

private_dht::private_dht(std::size_t nodes, std::uint64_t seed)
    : private_dht(options_of(nodes, seed)) {}

private_dht::private_dht(plugins::local_network_options options) {
    skip_certificates();
    m_network = std::make_unique<plugins::local_network>(m_context, std::move(options));
    if (m_network->size() == 0)
        return; // sessions are added
    bool ready = false;
    m_network->start([&ready] { ready = true; });
    if (!run_until([&ready] { return ready; }))
        throw std::runtime_error("the private DHT did not form");
}

private_dht::~private_dht() {
    for (auto const& session : m_added)
        session->close();
    m_network->close();
    for (auto const& socket : m_silent)
        socket->close();
    m_context.restart();
    m_context.run();
    m_added.clear();
    m_network.reset();
}

plugins::owned_session& private_dht::add_session(std::function<void(lt::settings_pack&)> adjust) {
    lt::settings_pack settings;
    plugins::prepare_private(settings);
    settings.set_str(lt::settings_pack::listen_interfaces,
                     plugins::local_network::listen_interface(m_network->size() + m_added.size()));
    if (adjust)
        adjust(settings);
    auto& added = *m_added.emplace_back(std::make_unique<plugins::owned_session>(
        m_context, lt::session_params(std::move(settings))));
    if (!run_until([&added] { return added.listen_endpoint().has_value(); }))
        throw std::runtime_error("a session did not begin to listen");
    if (m_network->size() == 0)
        return added;
    m_network->introduce(added.session());
    auto const usable = [this, &added] {
        added.refresh_table_nodes();
        return added.table_nodes() >= m_network->usable_table();
    };
    if (!run_until(usable))
        throw std::runtime_error("a session did not find the network");
    return added;
}

endpoint private_dht::endpoint_of(plugins::owned_session const& session) {
    return session.listen_endpoint().value();
}

bool private_dht::run_until(std::function<bool()> const& done, std::chrono::milliseconds limit) {
    auto const give_up = m_clock.now().mono + limit;
    m_context.restart();
    while (!done()) {
        if (m_clock.now().mono >= give_up)
            return false;
        if (m_context.run_one_until(give_up) == 0 && m_context.stopped())
            m_context.restart();
    }
    return true;
}

void private_dht::run_for(std::chrono::milliseconds span) {
    m_context.restart();
    m_context.run_for(span);
}

endpoint private_dht::dead_endpoint() {
    // A bound socket that nobody reads: no ICMP error gives the dead node away.
    auto& socket = *m_silent.emplace_back(std::make_unique<boost::asio::ip::udp::socket>(
        m_context, endpoint(boost::asio::ip::make_address("127.9.9.9"), 0)));
    return socket.local_endpoint();
}

} // namespace tau::test
