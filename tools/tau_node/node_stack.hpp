#pragma once

#include "channel/watch_set.hpp"
#include "identity/host_port.hpp"
#include "messenger/engine.hpp"
#include "net/http_tracker_client.hpp"
#include "plugins/session/wake_timer.hpp"
#include "plugins/tau/plugin_set.hpp"
#include "store/port.hpp"
#include "tau_node/overlay_bridge.hpp"

#include <boost/asio/steady_timer.hpp>

#include <filesystem>
#include <memory>
#include <optional>

namespace tau::node {

/// What a node_stack is made of besides the session.
struct stack_options {
    std::filesystem::path database;
    identity::device_id device{};
    messenger::engine_settings messenger{};
    plugin_set_options plugins{};
    std::filesystem::path topics_file{};
    std::filesystem::path files_folder{}; ///< of large files; empty: none are sent or fetched
    std::vector<identity::host_port> udp_trackers{}; ///< asked for routes, as the others
    std::vector<net::http_tracker_address> http_trackers{};
    logger log{};
};

/// One identity at work on one session: DHT access, store, messenger and watches. The
/// daemon runs one of them, the lab two.
///
/// Order of use: open(), start(), stop(), destroy from a handler that none of its own
/// callbacks called, then close the session and run the context out.
/// Threading: the thread that runs the session's context.
/// Errors:    by value.
class node_stack {
public:
    /// Opens the database; blocks on the disk. errc::unsupported_version for a newer one,
    /// errc::storage_failed.
    [[nodiscard]] static result<std::unique_ptr<node_stack>>
    open(plugins::owned_session& session, std::shared_ptr<identity::keyring const> keys,
         stack_options options);
    ~node_stack();
    node_stack(node_stack const&) = delete;
    node_stack& operator=(node_stack const&) = delete;

    /// `ready` gets success once messages can be sent and come in.
    void start(messenger::done_handler ready);
    /// `stopped` is called when everything that was accepted is on disk. Destroy the stack
    /// once is_idle() holds too.
    void stop(std::function<void()> stopped);

    [[nodiscard]] plugin_set& tau() { return m_tau; }
    [[nodiscard]] overlay_bridge& bridge() { return m_bridge; }
    [[nodiscard]] messenger::engine& messenger() { return m_messenger; }
    [[nodiscard]] moment now() const { return m_tau.clock().now(); }
    [[nodiscard]] std::size_t waiting_jobs() const { return m_store.waiting(); }
    /// No work for the database is on its way.
    [[nodiscard]] bool is_idle() const { return waiting_jobs() == 0; }

    /// Begins to watch a channel; see channel::watch_set.
    [[nodiscard]] channel::watch_id watch(wire::item_address where,
                                          channel::watch_set::handler told);
    void unwatch(channel::watch_id id);

private:
    node_stack(plugins::owned_session& session, std::shared_ptr<identity::keyring const> keys,
               store::database db, stack_options options);
    void on_tick();

    system_random m_random;
    std::unique_ptr<overlay::tracker_port> m_trackers; // null without any
    plugin_set m_tau;
    store::pool_runner m_runner;
    store::port m_store;
    messenger::engine m_messenger;
    plugins::wake_timer m_messenger_timer;
    overlay_bridge m_bridge;
    channel::watch_set m_watches;
    plugins::wake_timer m_watch_timer;
    boost::asio::steady_timer m_tick;
    std::vector<endpoint> m_told_endpoints;
    bool m_stopping = false;
    std::shared_ptr<int> m_alive = std::make_shared<int>();
};

} // namespace tau::node
