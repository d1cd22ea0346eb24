#include "tau_node/session_settings.hpp"

#include "core/endpoint.hpp"
#include "identity/host_port.hpp"
#include "identity/private_file.hpp"
#include "plugins/session/settings.hpp"
#include "tau_node/failure.hpp"
#include "tau_node/passphrase.hpp"

#include <libtorrent/session.hpp>
#include <libtorrent/settings_pack.hpp>

namespace tau::node {
namespace {

using pack = lt::settings_pack;

// A table of some thousand nodes; ours has some hundred.
constexpr std::size_t max_state_bytes = 4 * 1024 * 1024;
// The DHT drops what it remembers of the last run unless it has a place to begin at.
constexpr char const* nowhere = "127.0.0.1:9";
constexpr std::size_t max_proxy_password = 255; // RFC 1929

std::string join(std::vector<std::string> const& parts) {
    std::string out;
    for (auto const& part : parts)
        out += (out.empty() ? "" : ",") + part;
    return out;
}

// A private network has nothing to do with the routers of the public one.
std::vector<std::string> entrances_of(settings const& values) {
    bool const is_default = values.bootstrap == settings{}.bootstrap;
    return values.is_private && is_default ? std::vector<std::string>{} : values.bootstrap;
}

// Names stand for routers, whom libtorrent asks but keeps out of its table.
std::vector<std::string> routers_of(settings const& values) {
    std::vector<std::string> out;
    for (auto const& host : entrances_of(values)) {
        if (!parse_endpoint(host))
            out.push_back(host);
    }
    return out;
}

void use_proxy(pack& out, proxy_settings const& proxy) {
    bool const with_user = !proxy.user.empty();
    out.set_int(pack::proxy_type, with_user ? pack::socks5_pw : pack::socks5);
    out.set_str(pack::proxy_hostname, proxy.host);
    out.set_int(pack::proxy_port, proxy.port);
    out.set_str(pack::proxy_username, proxy.user);
    if (!proxy.password_file.empty()) {
        auto const line = identity::read_private_file(proxy.password_file, max_proxy_password + 1);
        if (!line)
            throw failed("cannot read the proxy's password in " + proxy.password_file,
                         line.error());
        auto const text = as_text(line.value().view());
        out.set_str(pack::proxy_password, std::string(text.substr(0, text.find('\n'))));
    }
    for (int const on : {pack::proxy_hostnames, pack::proxy_peer_connections,
                         pack::proxy_tracker_connections, pack::anonymous_mode})
        out.set_bool(on, true);
    // Each of these would speak to the network beside the proxy.
    for (int const off : {pack::enable_lsd, pack::enable_upnp, pack::enable_natpmp,
                          pack::enable_incoming_tcp, pack::enable_incoming_utp})
        out.set_bool(off, false);
}

void set_limits(pack& out, settings const& values) {
    auto const set = [&out](int name, std::int64_t value) {
        if (value != 0)
            out.set_int(name, static_cast<int>(value));
    };
    set(pack::upload_rate_limit, values.upload_bytes_per_s);
    set(pack::download_rate_limit, values.download_bytes_per_s);
    set(pack::dht_upload_rate_limit, values.dht_upload_bytes_per_s);
}

lt::session_params load_state(std::filesystem::path const& file) {
    auto const stored = identity::read_private_file(file, max_state_bytes);
    if (!stored)
        return {};
    auto const octets = as_text(stored.value().view());
    try {
        return lt::read_session_params(
            lt::span<char const>(octets.data(), static_cast<std::ptrdiff_t>(octets.size())),
            lt::session_handle::save_dht_state);
    } catch (boost::system::system_error const&) {
        return {}; // the table fills again by itself
    }
}

} // namespace

lt::session_params session_params_of(settings const& values,
                                     std::filesystem::path const& state_file) {
    auto out = load_state(state_file);
    auto& s = out.settings;
    s.set_str(pack::user_agent, "tau-node");
    s.set_int(pack::aio_threads, 1);
    s.set_int(pack::hashing_threads, 1);
    plugins::recommend(s);
    if (values.is_private)
        plugins::prepare_private(s);
    auto routers = routers_of(values);
    if (!values.proxy.host.empty()) {
        use_proxy(s, values.proxy);
        routers.clear(); // looking up their names would go around the proxy
    }
    if (routers.empty())
        routers.emplace_back(nowhere);
    s.set_str(pack::dht_bootstrap_nodes, join(routers));
    s.set_str(pack::listen_interfaces, join(values.listen));
    // A taken port is an error that the user hears of, not another port.
    s.set_bool(pack::listen_system_port_fallback, false);
    s.set_int(pack::max_retry_port_bind, 0);
    // Links live long: a peer that died is noticed at once over TCP, after minutes over uTP.
    s.set_bool(pack::enable_outgoing_utp, false);
    // Each tracker knows its own members.
    s.set_bool(pack::announce_to_all_trackers, true);
    s.set_bool(pack::announce_to_all_tiers, true);
    set_limits(s, values);
    return out;
}

std::vector<endpoint> bootstrap_nodes_of(settings const& values) {
    std::vector<endpoint> out;
    for (auto const& host : entrances_of(values)) {
        if (auto const where = parse_endpoint(host))
            out.push_back(where.value());
    }
    return out;
}

bool save_session_state(lt::session_params const& state, std::filesystem::path const& file) {
    auto const octets = lt::write_session_params_buf(state, lt::session_handle::save_dht_state);
    return !identity::write_private_file(file, as_bytes({octets.data(), octets.size()}),
                                         identity::write_mode::replace);
}

} // namespace tau::node
