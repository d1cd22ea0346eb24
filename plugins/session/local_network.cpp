#include "plugins/session/local_network.hpp"

#include "plugins/session/settings.hpp"

#include <algorithm>
#include <chrono>

namespace tau::plugins {

namespace {

constexpr std::chrono::milliseconds poll_interval{20};

lt::session_params params_of(std::size_t index, local_network_options const& options) {
    lt::settings_pack settings;
    prepare_private(settings);
    settings.set_str(lt::settings_pack::listen_interfaces, local_network::listen_interface(index));
    settings.set_int(lt::settings_pack::aio_threads, 1);
    settings.set_int(lt::settings_pack::hashing_threads, 1);
    if (options.adjust)
        options.adjust(index, settings);
    lt::session_params params(std::move(settings));
    params.extensions.clear(); // no torrents here, so none of the torrent extensions
    return params;
}

} // namespace

std::string local_network::listen_interface(std::size_t index) {
    // One address per /24 satisfies the routing table's own limits on close addresses.
    auto const a = 10 + index / 200;
    auto const b = 1 + index % 200;
    return "127." + std::to_string(a) + "." + std::to_string(b) + ".1:0";
}

local_network::local_network(boost::asio::io_context& context, local_network_options options)
    : m_options(std::move(options)), m_random(m_options.seed), m_poll(context),
      m_endpoints(m_options.nodes) {
    for (std::size_t i = 0; i < m_options.nodes; ++i)
        m_nodes.push_back(std::make_unique<owned_session>(context, params_of(i, m_options)));
}

int local_network::usable_table() const {
    return static_cast<int>(std::min<std::size_t>(m_nodes.size() - 1, 8));
}

local_network::~local_network() = default;

void local_network::start(std::function<void()> ready) {
    m_ready = std::move(ready);
    poll_tables();
}

void local_network::poll_tables() {
    m_poll.expires_after(poll_interval);
    m_poll.async_wait([this](error_code const& failed) {
        if (failed)
            return;
        auto const listens = [](auto const& node) {
            return node->is_closed() || node->listen_endpoint();
        };
        if (!m_introduced && std::all_of(m_nodes.begin(), m_nodes.end(), listens))
            on_all_listen();
        auto const usable = [this](auto const& node) {
            return node->is_closed() || node->table_nodes() >= usable_table();
        };
        if (m_introduced && std::all_of(m_nodes.begin(), m_nodes.end(), usable)) {
            if (auto const ready = std::exchange(m_ready, nullptr))
                ready();
            return;
        }
        if (m_introduced)
            for (auto const& node : m_nodes)
                node->refresh_table_nodes();
        poll_tables();
    });
}

void local_network::on_all_listen() {
    m_introduced = true;
    for (std::size_t i = 0; i < m_nodes.size(); ++i)
        if (!m_nodes[i]->is_closed())
            m_endpoints[i] = *m_nodes[i]->listen_endpoint();
    for (auto const& node : m_nodes)
        if (!node->is_closed())
            introduce(node->session(), m_options.known_nodes);
}

void local_network::introduce(lt::session_handle newcomer, std::size_t count) {
    std::vector<std::size_t> live;
    for (std::size_t i = 0; i < m_nodes.size(); ++i)
        if (!m_nodes[i]->is_closed())
            live.push_back(i);
    for (; count > 0 && !live.empty(); --count) {
        auto const pick = live.begin() + static_cast<std::ptrdiff_t>(m_random.below(live.size()));
        auto const& where = m_endpoints[*pick];
        newcomer.add_dht_node({where.address().to_string(), where.port()});
        live.erase(pick);
    }
}

void local_network::kill(std::size_t index) {
    m_nodes[index]->close();
}

void local_network::close() {
    m_poll.cancel();
    for (auto const& node : m_nodes)
        node->close();
}

} // namespace tau::plugins
