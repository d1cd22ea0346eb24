#include "daemon.hpp"

#include "admin.hpp"
#include "admin_graph.hpp"
#include "core/hex.hpp"
#include "snapshot.hpp"
#include "tau_tracker_assets.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <iostream>

namespace tau::tracker_tool {
namespace {

constexpr std::chrono::milliseconds sweep_every{250};
// Sweeps until everything was visited once: ten seconds.
constexpr std::size_t sweep_rounds = 40;
constexpr std::chrono::seconds sample_every{1};
constexpr std::size_t token_octets = 32;
// How long the start waits for what other front-ends know.
constexpr std::chrono::seconds load_patience{10};

} // namespace

daemon::daemon(config settings, std::function<config()> reload, logger log)
    : m_config(std::move(settings)), m_reload(std::move(reload)), m_log(std::move(log)),
      m_store(m_config.swarms, m_config.wallets, m_random.next_u64(), m_clock),
      m_shared(open_shared()),
      m_policy(std::make_shared<tracker::policy const>(load_policy(m_config))),
      m_server(server_config(m_config), store(), m_policy, m_clock, m_random),
      m_recorder(m_server, m_store), m_signals(m_io, SIGTERM, SIGINT, SIGHUP), m_sweep_timer(m_io),
      m_sample_timer(m_io), m_snapshot_timer(m_io) {
    restore();
    enforce(*m_policy);
    start_admin();
    if (m_shared && !m_shared->wait_until_loaded(load_patience))
        m_log.write(log_level::warning,
                    "starting without the shared state: " + m_shared->report().trouble);
}

daemon::~daemon() = default;

std::unique_ptr<net::tracker_redis_store> daemon::open_shared() {
    auto settings = redis_config(m_config);
    if (!settings)
        return nullptr;
    return std::make_unique<net::tracker_redis_store>(
        m_store, std::move(*settings), m_clock, m_random, m_log.named("redis"),
        std::size_t{m_config.redis_max_queue_mb} << 20);
}

tracker::store& daemon::store() {
    return m_shared ? static_cast<tracker::store&>(*m_shared) : m_store;
}

void daemon::restore() {
    if (m_config.snapshot_file.empty())
        return;
    auto const counts = read_snapshot(m_config.snapshot_file, m_store, m_clock.now());
    if (counts)
        m_log.write(log_level::info, "restored " + std::to_string(counts.value().peers) + " peers, "
                                         + std::to_string(counts.value().devices) + " devices, "
                                         + std::to_string(counts.value().claims) + " claims");
    else if (counts.error() != errc::not_found)
        m_log.write(log_level::warning, "the snapshot was not used: " + counts.error().message());
}

std::string daemon::read_or_make_token() {
    auto const& file = m_config.admin_token_file;
    if (file.empty())
        return {};
    int const fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        throw config_error(file + ": cannot be opened for the admin token");
    struct stat status {};
    bool const is_private = ::fstat(fd, &status) == 0 && (status.st_mode & 077) == 0;
    std::array<char, 2 * token_octets> text{};
    auto const got = ::read(fd, text.data(), text.size());
    std::string token(text.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
    if (token.empty()) {
        std::array<std::uint8_t, token_octets> raw{};
        m_random.fill(raw);
        token = to_hex(raw);
        auto const line = token + "\n";
        if (::write(fd, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
            token.clear();
    }
    ::close(fd);
    if (!is_private)
        throw config_error(file + ": others may read it; chmod 600");
    if (token.size() != text.size())
        throw config_error(file + ": holds no token of 64 digits; remove it to get a new one");
    return token;
}

void daemon::start_admin() {
    if (m_config.admin.empty())
        return;
    admin_actions actions;
    actions.deny = [this](info_hash const& hash, bool denied) { deny(hash, denied); };
    actions.ban = [this](ban_target const& who, bool banned) { ban(who, banned); };
    actions.rules = [this] { return m_policy; };
    actions.reload = [this] { return reload(); };
    if (m_shared)
        actions.shared = [this] { return m_shared->report(); };
    actions.snapshot = [this] { return write_snapshot_now(); };
    auto routes = admin_routes(m_server, m_store, m_clock, std::move(actions));
    add_graph_routes(routes, m_store, m_clock);
    m_recorder.add_routes(routes);
    net::add_web_assets(routes, tau_tracker_assets());
    m_admin = std::make_unique<net::http_server>(m_io, std::move(routes), net::http_limits{},
                                                 m_log.named("admin"));
    auto const where = parse_endpoint(m_config.admin).value();
    auto const bound = m_admin->listen_tcp({where.address(), where.port()}, read_or_make_token());
    if (!bound)
        throw config_error("admin address " + m_config.admin + ": " + bound.error().message());
    m_admin_address = to_string(endpoint{bound.value().address(), bound.value().port()});
}

void daemon::run() {
    await_signal();
    await_sweep();
    await_sample();
    await_snapshot();
    m_server.start();
    for (auto const& where : m_server.udp())
        std::cout << "udp " << to_string(where) << '\n';
    for (auto const& where : m_server.http())
        std::cout << "http " << to_string(where) << '\n';
    for (auto const& where : m_server.https())
        std::cout << "https " << to_string(where) << '\n';
    if (m_admin)
        std::cout << "admin " << m_admin_address << '\n';
    std::cout << "ready" << std::endl;
    m_io.run();
    m_server.stop();
    if (auto const ec = write_snapshot_now())
        m_log.write(log_level::error, "the last snapshot failed: " + ec.message());
}

void daemon::await_signal() {
    m_signals.async_wait([this](error_code ec, int number) {
        if (ec)
            return;
        if (number == SIGHUP) {
            (void)reload();
            await_signal();
            return;
        }
        m_log.write(log_level::info, "ending");
        if (m_admin)
            m_admin->stop();
        m_sweep_timer.cancel();
        m_sample_timer.cancel();
        m_snapshot_timer.cancel();
    });
}

void daemon::await_sweep() {
    m_sweep_timer.expires_after(sweep_every);
    m_sweep_timer.async_wait([this](error_code ec) {
        if (ec)
            return;
        m_store.expire_part(m_clock.now(), sweep_rounds);
        await_sweep();
    });
}

void daemon::await_sample() {
    m_recorder.sample(m_clock.now());
    m_sample_timer.expires_after(sample_every);
    m_sample_timer.async_wait([this](error_code ec) {
        if (!ec)
            await_sample();
    });
}

void daemon::await_snapshot() {
    if (m_config.snapshot_file.empty() || m_config.snapshot_every_s == 0)
        return;
    m_snapshot_timer.expires_after(std::chrono::seconds(m_config.snapshot_every_s));
    m_snapshot_timer.async_wait([this](error_code ec) {
        if (ec)
            return;
        if (auto const failed = write_snapshot_now())
            m_log.write(log_level::error, "the snapshot failed: " + failed.message());
        await_snapshot();
    });
}

error_code daemon::write_snapshot_now() {
    if (m_config.snapshot_file.empty())
        return {};
    auto const counts = write_snapshot(m_config.snapshot_file, m_store, m_clock.now());
    if (!counts)
        return counts.error();
    m_log.write(log_level::debug, "snapshot of " + std::to_string(counts.value().peers) + " peers");
    return {};
}

error_code daemon::reload() {
    try {
        auto fresh = m_reload();
        settle(fresh);
        // Both are read before either holds.
        auto const certificate =
            m_config.https.empty() ? net::tls_context{} : load_certificate(fresh);
        m_policy = std::make_shared<tracker::policy const>(load_policy(fresh));
        if (certificate)
            m_server.set_tls(certificate);
    } catch (config_error const& e) {
        // The old lists go on to hold: a typing error must not open a private tracker.
        m_log.write(log_level::error, std::string("not reloaded: ") + e.what());
        return errc::invalid_argument;
    }
    enforce(*m_policy);
    m_server.set_policy(m_policy);
    m_log.write(log_level::info, "lists, certificate and settings of announces reloaded");
    return {};
}

// What is held already of whom the lists shut out.
void daemon::enforce(tracker::policy const& rules) {
    for (auto const& hash : rules.denied)
        m_store.erase(hash);
    for (auto const& wallet : rules.banned_wallets)
        m_store.change_wallets([&](auto& wallets) {
            wallets.take_offline(wallet);
            return 0;
        });
}

void daemon::ban(ban_target const& who, bool banned) {
    auto fresh = std::make_shared<tracker::policy>(*m_policy);
    set_ban(*fresh, who, banned);
    m_policy = std::move(fresh);
    m_server.set_policy(m_policy);
    enforce(*m_policy);
}

void daemon::deny(info_hash const& hash, bool denied) {
    auto fresh = std::make_shared<tracker::policy>(*m_policy);
    if (denied) {
        fresh->denied.insert(hash);
        m_store.erase(hash);
    } else {
        fresh->denied.erase(hash);
    }
    m_policy = std::move(fresh);
    m_server.set_policy(m_policy);
}

} // namespace tau::tracker_tool
