#include "tau_node/node_daemon.hpp"

#include "core/hex.hpp"
#include "identity/key_file.hpp"
#include "identity/private_file.hpp"
#include "tau_node/contact_file.hpp"
#include "tau_node/endpoint_snapshot.hpp"
#include "tau_node/log_file.hpp"
#include "tau_node/passphrase.hpp"
#include "tau_node/session_settings.hpp"
#include "tau_node_parts_assets.hpp"

#include <libtorrent/alert_types.hpp>

#include <nlohmann/json.hpp>

#include <csignal>

#include <unistd.h>

namespace tau::node {
namespace {

using namespace std::chrono_literals;

constexpr auto listen_poll = 10ms;
// How often the nodes given by their address are tried while the DHT table is empty, and
// how often it is looked at afterwards.
constexpr auto enter_pause = 2s;
constexpr auto entered_pause = 60s;
constexpr auto idle_poll = 1ms;
constexpr auto listen_wait = 10s;
constexpr std::size_t token_bytes = 32;
constexpr std::size_t token_digits = 2 * token_bytes;

// The page shows what strangers wrote: nothing but its own files runs, pictures come from
// what it has fetched and looked at itself, and no text can become markup.
constexpr std::string_view page_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; "
    "require-trusted-types-for 'script'; trusted-types 'none'";

struct listen_failure {
    std::string where;
    error_code why;
};

std::optional<listen_failure> failure_to_listen(lt::listen_failed_alert const& alert) {
    bool const udp = alert.socket_type == lt::socket_type_t::utp;
    if (!udp) // the DHT needs the UDP socket only
        return std::nullopt;
    return listen_failure{
        to_string(endpoint(alert.address, static_cast<std::uint16_t>(alert.port))), alert.error};
}

// Made once and kept, so that a page stays logged in over a restart.
std::string http_token(data_folder const& data) {
    if (auto const stored = identity::read_private_file(data.http_token(), token_digits + 1)) {
        auto const text = as_text(stored.value().view());
        auto const token = text.substr(0, text.find('\n'));
        if (token.size() == token_digits)
            return std::string(token);
    }
    system_random random;
    bytes octets(token_bytes);
    random.fill(octets);
    auto const token = to_hex(octets);
    auto const line = token + "\n";
    if (auto const ec = identity::write_private_file(data.http_token(), as_bytes(line),
                                                     identity::write_mode::replace))
        throw failed("cannot write " + data.http_token().string(), ec);
    return token;
}

stack_options stack_options_of(command_context const& context, logger const& log) {
    auto const& values = context.values;
    system_random random;
    auto const device = identity::load_or_make_device_id(context.data.path(), random);
    if (!device)
        throw failed("cannot use the folder " + context.data.path().string(), device.error());
    stack_options out;
    out.database = context.data.database();
    out.device = device.value();
    out.log = log;
    out.messenger.own_name = values.name.empty() ? read_contact(context.data).name : values.name;
    out.topics_file = context.data.topics();
    out.messenger.auto_fetch_bytes = static_cast<std::uint64_t>(values.auto_fetch_bytes);
    out.messenger.file_age = std::chrono::hours(24) * values.file_days;
    if (values.files)
        out.files_folder = context.data.files();
    auto& overlay = out.plugins.overlay;
    overlay.max_connections = static_cast<int>(values.swarm_connections);
    overlay.wallet_in_dht = values.wallet_in_dht;
    overlay.dial = values.dial ? dial_rule::when_accepted : dial_rule::never;
    overlay.forward.forwards = values.forward ? forward::transit::on : forward::transit::off;
    if (values.layers != "off")
        overlay.forward.layers = values.layers == "required" ? forward::layering::required
                                                             : forward::layering::preferred;
    for (auto const& text : values.trackers) {
        auto const tracker = parse_tracker(text);
        overlay.tracker_urls.push_back(tracker.url);
        // Our own questions would go around a proxy.
        if (tracker.where.port == 0 || !values.proxy.host.empty())
            continue;
        if (tracker.is_udp)
            out.udp_trackers.push_back(tracker.where);
        else
            out.http_trackers.push_back({tracker.where, tracker.is_tls, tracker.target});
    }
    auto& dht = out.plugins.dht;
    dht.direct_timeout = std::chrono::milliseconds(values.direct_timeout_ms);
    dht.accepted_queries_per_second = static_cast<std::uint32_t>(values.accepted_queries_per_s);
    dht.max_queries_per_second = static_cast<double>(values.max_queries_per_s);
    if (values.dht_upload_bytes_per_s > 0)
        dht.upload_bytes_per_second = static_cast<double>(values.dht_upload_bytes_per_s);
    return out;
}

} // namespace

identity::identity_secret load_secret(command_context const& context,
                                      identity::secret_bytes& passphrase) {
    auto const& data = context.data;
    identity::key_file const file(data.key_file());
    auto const is_protected = file.is_protected();
    if (!is_protected && is_protected.error() == errc::not_found)
        (void)read_contact(data); // says what to type
    if (!is_protected)
        throw unusable_file(file.path().string(), is_protected.error());
    if (is_protected.value())
        passphrase = read_passphrase(context.values.passphrase_file, passphrase_use::open);
    auto secret = file.load(passphrase.view());
    if (!secret)
        throw unusable_file(file.path().string(), secret.error());
    return std::move(secret.value());
}

identity::data_lock take_lock(data_folder const& data) {
    auto lock = identity::data_lock::acquire(data.path());
    if (lock)
        return std::move(lock.value());
    if (lock.error() != errc::locked)
        throw failed("cannot lock " + data.path().string(), lock.error());
    auto const holder = identity::data_lock::holder(data.path());
    throw failure(exit_code::failed, "locked",
                  "a daemon uses " + data.path().string() + " already"
                      + (holder ? " (process " + std::to_string(*holder) + ")" : "")
                      + "; stop it first with: tau-node --data " + data.path().string() + " stop");
}

node_daemon::node_daemon(command_context const& context, identity::data_lock lock,
                         std::shared_ptr<identity::keyring const> keys)
    : m_context(context), m_lock(std::move(lock)), m_keys(std::move(keys)),
      m_log(open_log(context.data.log(), context.values)), m_signals(m_io, SIGINT, SIGTERM),
      m_poll(m_io) {}

node_daemon::~node_daemon() = default;

exit_code node_daemon::run() {
    m_log.write(log_level::info, "starting " + to_hex(m_keys->key()));
    open_session();
    open_stack();
    m_signals.async_wait([this](error_code ec, int) {
        if (!ec)
            stop();
    });
    m_listen_deadline = steady_clock::now() + listen_wait;
    start_when_listening();
    m_io.run();
    if (m_failure) {
        m_log.write(log_level::error, m_failure->what());
        throw *m_failure;
    }
    m_log.write(log_level::info, "stopped");
    return exit_code::done;
}

void node_daemon::open_session() {
    auto const& values = m_context.values;
    auto params = session_params_of(values, m_context.data.session_state());
    if (!values.proxy.host.empty())
        m_log.write(log_level::info, "everything goes through the proxy; bootstrap nodes that are "
                                     "names are left out, because looking them up would not");
    m_session = std::make_unique<plugins::owned_session>(m_io, std::move(params));
    m_session->alerts().route<lt::listen_failed_alert>(
        failure_to_listen, [this](listen_failure const& f) { on_listen_failed(f.where, f.why); });
}

void node_daemon::open_stack() {
    auto stack = node_stack::open(*m_session, m_keys, stack_options_of(m_context, m_log));
    if (!stack) {
        m_session->close();
        m_io.run();
        throw failed("cannot open " + m_context.data.database().string(), stack.error());
    }
    m_stack = std::move(stack.value());
}

void node_daemon::on_listen_failed(std::string const& where, error_code ec) {
    m_listen_failures.push_back(where + ": " + ec.message());
    m_log.write(log_level::warning, "cannot listen at " + m_listen_failures.back());
}

// Listening comes as an alert; a moment passes until it is there or has failed.
void node_daemon::start_when_listening() {
    if (m_stopping)
        return;
    if (m_session->listen_endpoint()) {
        m_stack->tau().dht_engine().import_endpoints(load_endpoints(m_context.data.endpoints()),
                                                     m_stack->now());
        return m_stack->start([this](error_code ec) { on_started(ec); });
    }
    bool const all_failed = m_listen_failures.size() >= m_context.values.listen.size();
    if (all_failed || steady_clock::now() > m_listen_deadline) {
        auto const why =
            m_listen_failures.empty() ? std::string("no network") : m_listen_failures.back();
        return fail({exit_code::failed, "failed",
                     "cannot listen anywhere (" + why + "); choose another place with --listen"});
    }
    m_poll.expires_after(listen_poll);
    m_poll.async_wait([this](error_code ec) {
        if (!ec)
            start_when_listening();
    });
}

void node_daemon::on_started(error_code ec) {
    if (m_stopping)
        return;
    if (ec)
        return fail(failed("cannot read the messages", ec));
    auto& messenger = m_stack->messenger();
    auto const receipts = m_context.values.read_receipts ? messenger::read_receipts::on
                                                         : messenger::read_receipts::off;
    messenger.set_read_receipts(receipts, [](error_code) {});
    check_name();
    enter_network();
    if (m_context.values.overlay)
        m_stack->bridge().start(m_session->listen_endpoint()->port(), m_context.values.topics);
    try {
        open_api();
    } catch (failure const& e) {
        fail(e);
    }
}

// A small network needs every node in its tables, so what --bootstrap names by address is
// an ordinary node to us. It may come up later than we do, or be back after a failure.
void node_daemon::enter_network() {
    if (m_stopping)
        return;
    bool const is_alone = m_session->table_nodes() == 0;
    if (is_alone)
        for (auto const& where : bootstrap_nodes_of(m_context.values))
            m_session->session().add_dht_node({where.address().to_string(), where.port()});
    m_session->refresh_table_nodes();
    m_poll.expires_after(is_alone ? enter_pause : entered_pause);
    m_poll.async_wait([this](error_code ec) {
        if (!ec)
            enter_network();
    });
}

// The settings file wins over the name that was stored.
void node_daemon::check_name() {
    auto const& wanted = m_context.values.name;
    if (!wanted.empty() && wanted != m_stack->messenger().own_name())
        m_stack->messenger().set_own_name(wanted, [](error_code) {});
}

void node_daemon::open_api() {
    api_host host{m_context.values, *m_session,
                  [this] { boost::asio::post(m_io, [this] { stop(); }); }, m_stack->now().wall,
                  m_log};
    m_api = std::make_unique<api>(*m_stack, std::move(host));
    auto routes = m_api->routes();
    net::add_web_assets(routes, tau_node_parts_assets(), page_policy);
    m_server = std::make_unique<net::http_server>(m_io, std::move(routes), net::http_limits{},
                                                  m_log.named("http"));
    m_socket = std::make_unique<socket_name>(m_context.data.socket());
    if (auto const ec = m_server->listen_unix(m_socket->path()))
        throw failed("cannot open the socket " + m_context.data.socket().string(), ec);
    std::string http;
    if (!m_context.values.http.empty()) {
        auto const where = parse_endpoint(m_context.values.http).value();
        auto const bound =
            m_server->listen_tcp({where.address(), where.port()}, http_token(m_context.data));
        if (!bound)
            throw failed("cannot serve HTTP at " + m_context.values.http, bound.error());
        http = to_string(endpoint(bound.value().address(), bound.value().port()));
    }
    tell_ready(http);
}

void node_daemon::tell_ready(std::string const& http) {
    auto const listen = to_string(*m_session->listen_endpoint());
    m_log.write(log_level::info, "listening at " + listen);
    if (m_context.is_json())
        return print_json({{"event", "ready"},
                           {"public_key", to_hex(m_keys->key())},
                           {"listen", listen},
                           {"http", http.empty() ? nlohmann::json() : nlohmann::json(http)},
                           {"socket", m_context.data.socket().string()},
                           {"pid", ::getpid()}});
    print_line("tau-node is ready: " + to_hex(m_keys->key()));
    print_line("listening at " + listen);
    if (!http.empty())
        print_line("the chat page is at http://" + http + "/, its token in "
                   + m_context.data.http_token().string());
}

void node_daemon::fail(failure why) {
    m_failure = std::move(why);
    stop();
}

void node_daemon::stop() {
    if (std::exchange(m_stopping, true))
        return;
    // From here on the default applies: a second signal ends the process.
    error_code ignored;
    m_signals.clear(ignored);
    m_signals.cancel(ignored);
    m_poll.cancel();
    if (m_server)
        m_server->stop();
    if (m_api)
        m_api->stop();
    m_stack->stop([this] { boost::asio::post(m_io, [this] { finish(); }); });
}

void node_daemon::finish() {
    if (!m_stack->is_idle()) {
        m_poll.expires_after(idle_poll);
        m_poll.async_wait([this](error_code) { finish(); });
        return;
    }
    save_state();
    m_api.reset();
    m_stack.reset();
    m_session->close();
}

void node_daemon::save_state() {
    auto const known = m_stack->tau().dht_engine().export_endpoints();
    bool saved = save_endpoints(known, m_context.data.endpoints());
    if (m_session->listen_endpoint())
        saved = save_session_state(
                    m_session->session().session_state(lt::session_handle::save_dht_state),
                    m_context.data.session_state())
                && saved;
    if (!saved)
        m_log.write(log_level::warning, "the known nodes could not be saved");
}

} // namespace tau::node
