#include "tau_node/settings.hpp"

#include "core/endpoint.hpp"
#include "identity/contact_uri.hpp"
#include "identity/host_port.hpp"
#include "tau_node/failure.hpp"

#include <toml++/toml.h>

#include <fstream>
#include <functional>
#include <limits>
#include <map>
#include <set>
#include <sstream>

namespace tau::node {
namespace {

constexpr std::uintmax_t max_file_bytes = 1024 * 1024;

// Reads one value into the settings; throws settings_error.
using reader = std::function<void(toml::node const&, settings&)>;

std::uint32_t line_of(toml::node const& node) {
    return node.source().begin.line;
}

template <class T>
T value_of(toml::node const& node, char const* type) {
    auto const value = node.value_exact<T>();
    if (!value)
        throw settings_error(line_of(node), std::string("this must be ") + type);
    return *value;
}

reader text(std::string settings::*member) {
    return [member](toml::node const& node, settings& out) {
        out.*member = value_of<std::string>(node, "a string");
    };
}

reader flag(bool settings::*member) {
    return [member](toml::node const& node, settings& out) {
        out.*member = value_of<bool>(node, "true or false");
    };
}

reader number(std::int64_t settings::*member, std::int64_t least,
              std::int64_t most = std::numeric_limits<std::int32_t>::max()) {
    return [member, least, most](toml::node const& node, settings& out) {
        auto const value = value_of<std::int64_t>(node, "a whole number");
        if (value < least || value > most)
            throw settings_error(line_of(node), "this must be from " + std::to_string(least)
                                                    + " to " + std::to_string(most));
        out.*member = value;
    };
}

reader texts(std::vector<std::string> settings::*member) {
    return [member](toml::node const& node, settings& out) {
        auto const* const array = node.as_array();
        if (array == nullptr)
            throw settings_error(line_of(node), "this must be an array of strings");
        (out.*member).clear();
        for (auto const& entry : *array)
            (out.*member).push_back(value_of<std::string>(entry, "a string"));
    };
}

void read_proxy(toml::node const& node, settings& out) {
    auto const password_file = out.proxy.password_file;
    auto const url = value_of<std::string>(node, "a string");
    out.proxy = url.empty() ? proxy_settings{} : parse_proxy(url);
    out.proxy.password_file = password_file;
}

// Every key that a file may hold: "key" or "table.key".
std::map<std::string, reader> const& readers() {
    static std::map<std::string, reader> const table{
        {"name", text(&settings::name)},
        {"passphrase_file", text(&settings::passphrase_file)},
        {"network.listen", texts(&settings::listen)},
        {"network.bootstrap", texts(&settings::bootstrap)},
        {"network.private", flag(&settings::is_private)},
        {"network.proxy", read_proxy},
        {"network.proxy_password_file",
         [](toml::node const& node, settings& out) {
             out.proxy.password_file = value_of<std::string>(node, "a string");
         }},
        {"http.listen", text(&settings::http)},
        {"limits.upload_bytes_per_s", number(&settings::upload_bytes_per_s, 0)},
        {"limits.download_bytes_per_s", number(&settings::download_bytes_per_s, 0)},
        {"limits.dht_upload_bytes_per_s", number(&settings::dht_upload_bytes_per_s, 0)},
        {"rates.accepted_queries_per_s", number(&settings::accepted_queries_per_s, 1)},
        {"rates.max_queries_per_s", number(&settings::max_queries_per_s, 1)},
        {"rates.direct_timeout_ms", number(&settings::direct_timeout_ms, 50, 60'000)},
        {"overlay.enabled", flag(&settings::overlay)},
        {"overlay.forward", flag(&settings::forward)},
        {"overlay.dial", flag(&settings::dial)},
        {"overlay.layers", text(&settings::layers)},
        {"overlay.wallet_in_dht", flag(&settings::wallet_in_dht)},
        {"overlay.swarm_connections", number(&settings::swarm_connections, 2, 200)},
        {"overlay.trackers", texts(&settings::trackers)},
        {"overlay.topics", texts(&settings::topics)},
        {"messages.read_receipts", flag(&settings::read_receipts)},
        {"files.enabled", flag(&settings::files)},
        {"files.auto_fetch_bytes", number(&settings::auto_fetch_bytes, 0, std::int64_t{4} << 30)},
        {"files.keep_days", number(&settings::file_days, 0, 3650)},
        {"send.wait", text(&settings::send_wait)},
        {"send.timeout_s", number(&settings::send_timeout_s, 1)},
        {"get.mode", text(&settings::get_mode)},
        {"log.level", text(&settings::log_level)},
        {"log.max_file_bytes", number(&settings::log_max_file_bytes, 4096)},
        {"log.files", number(&settings::log_files, 1, 100)},
    };
    return table;
}

bool is_table_name(std::string const& key) {
    auto const next = readers().lower_bound(key + ".");
    return next != readers().end() && next->first.starts_with(key + ".");
}

void read_table(toml::table const& table, std::string const& prefix, settings& out) {
    for (auto const& [name, node] : table) {
        auto const key = prefix + std::string(name.str());
        if (auto const found = readers().find(key); found != readers().end()) {
            try {
                found->second(node, out);
                check(out);
            } catch (settings_error const& e) {
                throw settings_error(e.line() != 0 ? e.line() : line_of(node),
                                     key + ": " + e.what());
            }
        } else if (auto const* const inner = node.as_table();
                   inner != nullptr && prefix.empty() && is_table_name(key)) {
            read_table(*inner, key + ".", out);
        } else {
            throw settings_error(name.source().begin.line, "unknown key '" + key + "'");
        }
    }
}

void check_one_of(std::string const& value, std::set<std::string> const& allowed,
                  char const* what) {
    if (allowed.count(value) != 0)
        return;
    std::string all;
    for (auto const& name : allowed)
        all += name.empty() ? "" : (all.empty() ? "" : ", ") + name;
    throw settings_error(0, std::string(what) + " must be one of: " + all);
}

void check_endpoint(std::string const& text, char const* what) {
    if (!parse_endpoint(text))
        throw settings_error(0, std::string(what) + " must be ADDRESS:PORT, and '" + text
                                    + "' is not (an IPv6 address stands in brackets)");
}

} // namespace

void check(settings const& values) {
    if (!values.name.empty() && !identity::is_valid_name(values.name))
        throw settings_error(0, "the name must be 1 to 64 octets of UTF-8 without control "
                                "characters and without blanks at its ends");
    for (auto const& where : values.listen)
        check_endpoint(where, "the address to listen at");
    for (auto const& where : values.bootstrap) {
        auto const parsed = identity::parse_host_port(where);
        if (!parsed)
            throw settings_error(0,
                                 "a bootstrap node must be HOST:PORT, and '" + where + "' is not");
    }
    for (auto const& url : values.trackers)
        (void)parse_tracker(url);
    if (!values.http.empty()) {
        check_endpoint(values.http, "the address of the HTTP interface");
        if (!parse_endpoint(values.http).value().address().is_loopback())
            throw settings_error(0,
                                 "the HTTP interface listens on loopback only (127.0.0.1 or ::1); "
                                 "reach it from elsewhere through ssh -L");
    }
    check_one_of(values.send_wait, {"", "published", "delivered", "read"}, "the state to wait for");
    check_one_of(values.layers, {"off", "preferred", "required"}, "overlay.layers");
    check_one_of(values.get_mode, {"auto", "direct", "recursive"}, "the mode");
    check_one_of(values.log_level, {"trace", "debug", "info", "warning", "error"}, "the log level");
}

proxy_settings parse_proxy(std::string_view text) {
    constexpr std::string_view scheme = "socks5://";
    if (!text.starts_with(scheme))
        throw settings_error(0, "a proxy is socks5://[USER@]HOST:PORT; no other kind carries the "
                                "DHT's datagrams");
    text.remove_prefix(scheme.size());
    proxy_settings out;
    if (auto const at = text.rfind('@'); at != std::string_view::npos) {
        out.user = text.substr(0, at);
        if (out.user.find(':') != std::string::npos)
            throw settings_error(0, "the proxy's password belongs into a file of mode 0600: "
                                    "network.proxy_password_file");
        text.remove_prefix(at + 1);
    }
    auto const where = identity::parse_host_port(text);
    if (!where)
        throw settings_error(0, "a proxy is socks5://[USER@]HOST:PORT");
    out.host = where.value().host;
    out.port = where.value().port;
    return out;
}

tracker_url parse_tracker(std::string_view text) {
    tracker_url out;
    auto rest = text;
    for (std::string_view const scheme : {"udp://", "http://", "https://"})
        if (rest.starts_with(scheme)) {
            out.is_udp = scheme == "udp://";
            out.is_tls = scheme == "https://";
            rest.remove_prefix(scheme.size());
            auto const slash = rest.find('/');
            out.url = std::string(text) + (slash == std::string_view::npos ? "/announce" : "");
            out.target = slash == std::string_view::npos ? "/announce" : rest.substr(slash);
            auto const host = rest.substr(0, slash);
            auto where = identity::parse_host_port(host);
            if (!where && !out.is_udp)
                where =
                    identity::parse_host_port(std::string(host) + (out.is_tls ? ":443" : ":80"));
            if (where)
                out.where = where.value();
            if (where || (!out.is_udp && slash != 0 && !rest.empty()))
                return out;
        }
    throw settings_error(0, "a tracker is udp://HOST:PORT or the announce URL of an HTTP tracker, "
                            "and '"
                                + std::string(text) + "' is not");
}

settings parse_settings(std::string_view toml, settings base) {
    try {
        auto const table = toml::parse(toml);
        read_table(table, "", base);
        return base;
    } catch (toml::parse_error const& e) {
        throw settings_error(e.source().begin.line, std::string(e.description()));
    }
}

settings load_settings(std::filesystem::path const& file) {
    std::error_code ec;
    auto const size = std::filesystem::file_size(file, ec);
    if (ec == std::errc::no_such_file_or_directory)
        return {};
    std::ifstream in(file, std::ios::binary);
    if (ec || !in || size > max_file_bytes)
        throw failure(exit_code::failed, "storage_failed", "cannot read " + file.string());
    std::ostringstream text;
    text << in.rdbuf();
    try {
        return parse_settings(text.str());
    } catch (settings_error const& e) {
        auto const line = e.line() != 0 ? ":" + std::to_string(e.line()) : std::string();
        throw usage_error(file.string() + line + ": " + e.what());
    }
}

} // namespace tau::node
