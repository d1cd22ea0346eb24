#pragma once

#include "identity/data_lock.hpp"
#include "net/http_server.hpp"
#include "tau_node/api.hpp"
#include "tau_node/commands.hpp"

#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

namespace tau::node {

/// The daemon: one identity on one session on one thread, with the API in front.
///
/// Stops on SIGINT, SIGTERM or the API's word: no more requests, what was accepted to
/// the disk, DHT table and endpoints into the data folder, then the session. A second
/// signal ends it at once.
/// Threading: run() and everything it calls are on the caller's thread.
/// Errors:    failure, thrown while starting.
class node_daemon {
public:
    /// `lock` says that no other daemon uses the folder.
    node_daemon(command_context const& context, identity::data_lock lock,
                std::shared_ptr<identity::keyring const> keys);
    ~node_daemon();
    node_daemon(node_daemon const&) = delete;
    node_daemon& operator=(node_daemon const&) = delete;

    /// Returns when the daemon has stopped.
    exit_code run();

private:
    void open_session();
    void open_stack();
    void on_listen_failed(std::string const& where, error_code ec);
    void start_when_listening();
    void on_started(error_code ec);
    void open_api();
    void tell_ready(std::string const& http);
    void check_name();
    void enter_network();
    void stop();
    void finish();
    void save_state();
    void fail(failure why);

    command_context const& m_context;
    identity::data_lock m_lock;
    std::shared_ptr<identity::keyring const> m_keys;
    logger m_log;
    boost::asio::io_context m_io{1};
    boost::asio::signal_set m_signals;
    boost::asio::steady_timer m_poll;
    std::unique_ptr<plugins::owned_session> m_session;
    std::unique_ptr<node_stack> m_stack;
    std::unique_ptr<api> m_api;
    std::unique_ptr<net::http_server> m_server;
    std::unique_ptr<socket_name> m_socket;
    std::vector<std::string> m_listen_failures;
    time_point m_listen_deadline{};
    std::optional<failure> m_failure;
    bool m_stopping = false;
};

/// Loads the keys of a data folder, asking for the passphrase if there is one. Throws failure.
[[nodiscard]] identity::identity_secret load_secret(command_context const& context,
                                                    identity::secret_bytes& passphrase);

/// Takes the lock of the data folder. Throws failure, naming the process that holds it.
[[nodiscard]] identity::data_lock take_lock(data_folder const& data);

} // namespace tau::node
