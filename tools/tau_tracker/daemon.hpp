#pragma once

#include "config.hpp"
#include "net/http_server.hpp"
#include "net/redis/tracker_redis_store.hpp"
#include "recorder.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>

namespace tau::tracker_tool {

/// The running tracker: its threads, expiry, snapshots, the admin port and signals.
/// Threading: the thread of run(). Errors: the constructor throws what explains
/// why the tracker cannot start.
class daemon {
public:
    /// `reload` reads the configuration file again; it may throw config_error.
    daemon(config settings, std::function<config()> reload, logger log);
    ~daemon();

    /// Prints where it listens, then works until SIGTERM or SIGINT.
    void run();

private:
    [[nodiscard]] std::unique_ptr<net::tracker_redis_store> open_shared();
    [[nodiscard]] tracker::store& store();
    void restore();
    void start_admin();
    [[nodiscard]] std::string read_or_make_token();
    error_code write_snapshot_now();
    error_code reload();
    void deny(info_hash const& hash, bool denied);
    void ban(ban_target const& who, bool banned);
    void enforce(tracker::policy const& rules);
    void await_signal();
    void await_sweep();
    void await_sample();
    void await_snapshot();

    config m_config;
    std::function<config()> m_reload;
    logger m_log;
    system_clock_source m_clock;
    system_random m_random;
    net::tracker_shared_store m_store;
    std::unique_ptr<net::tracker_redis_store> m_shared; // empty: memory alone
    std::shared_ptr<tracker::policy const> m_policy;
    net::tracker_server m_server;
    recorder m_recorder;
    boost::asio::io_context m_io;
    boost::asio::signal_set m_signals;
    boost::asio::steady_timer m_sweep_timer;
    boost::asio::steady_timer m_sample_timer;
    boost::asio::steady_timer m_snapshot_timer;
    std::unique_ptr<net::http_server> m_admin;
    std::string m_admin_address;
};

} // namespace tau::tracker_tool
