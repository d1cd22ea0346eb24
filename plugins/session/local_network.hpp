#pragma once

#include "core/random.hpp"
#include "plugins/session/owned_session.hpp"

#include <boost/asio/steady_timer.hpp>

#include <libtorrent/settings_pack.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace tau::plugins {

/// How a local_network is laid out.
struct local_network_options {
    std::size_t nodes = 32;
    std::size_t known_nodes = 12; ///< random others each node is told of at the start
    std::uint64_t seed = 1;       ///< of that choice
    /// Changes the settings of one more node, after prepare_private(); may be empty.
    std::function<void(std::size_t index, lt::settings_pack&)> adjust;
};

/// Plain libtorrent sessions on one io_context that form a DHT of their own on the
/// loopback device: the network of tests, benchmarks and the lab.
///
/// Node i listens on an address of its own in 127.0.0.0/8, at a port the system gives,
/// so several networks live on one machine without meeting.
/// Threading: the thread that runs the context. Errors: system_error from the
///            constructor when a session cannot be made.
class local_network {
public:
    local_network(boost::asio::io_context& context, local_network_options options);
    ~local_network();

    /// Calls `ready` once when every node has a usable routing table. Call once; the
    /// context must run for it.
    void start(std::function<void()> ready);

    [[nodiscard]] std::size_t size() const { return m_nodes.size(); }
    [[nodiscard]] owned_session& node(std::size_t index) { return *m_nodes[index]; }
    /// Where node `index` listens, also after it was killed.
    [[nodiscard]] endpoint endpoint_of(std::size_t index) const { return m_endpoints[index]; }
    /// "127.a.b.1:0" for node `index`, counting on beyond size() for guests of the network.
    [[nodiscard]] static std::string listen_interface(std::size_t index);

    /// Nodes that a table here must hold before gets and puts find everything.
    [[nodiscard]] int usable_table() const;
    /// Tells another session of up to `count` random live nodes.
    void introduce(lt::session_handle newcomer, std::size_t count = 12);
    /// Closes the node as a crash would: its socket is gone, others still know it.
    void kill(std::size_t index);
    /// Begins the shutdown of all; see owned_session about what must follow.
    void close();

private:
    void on_all_listen();
    void poll_tables();

    local_network_options m_options;
    seeded_random m_random;
    boost::asio::steady_timer m_poll;
    std::vector<std::unique_ptr<owned_session>> m_nodes;
    std::vector<endpoint> m_endpoints;
    std::function<void()> m_ready;
    bool m_introduced = false;
};

} // namespace tau::plugins
