#include "config.hpp"

#include "core/hex.hpp"
#include "identity/wallet.hpp"
#include "tracker/ip_meter.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <thread>

namespace tau::tracker_tool {
namespace {

constexpr std::size_t max_threads = 256;
// An answer over HTTP then has 30 kB; over UDP it ends at a datagram anyway.
constexpr std::size_t max_numwant = 5'000;
// What a list of the graph can hold, halved: the other half is for others' claims.
constexpr std::size_t max_links = 2'048;

// One key: how it is read, written and explained. Both directions use this table.
struct key {
    std::string section;
    std::string name;
    std::string meaning;
    std::function<bool(toml::node const&)> read;
    std::function<std::string()> write;
};

std::string as_toml(std::string const& text) {
    std::ostringstream out;
    out << toml::value<std::string>(text);
    return out.str();
}

std::string list(std::vector<std::string> const& items) {
    std::string out = "[";
    for (auto const& item : items)
        out += (out.size() > 1 ? ", " : "") + as_toml(item);
    return out + "]";
}

class key_table {
public:
    void section(std::string name) { m_section = std::move(name); }

    void text(char const* name, std::string& to, char const* meaning) {
        add(
            name, meaning,
            [&to](toml::node const& n) {
                auto const value = n.value<std::string>();
                to = value.value_or("");
                return value.has_value();
            },
            [&to] { return as_toml(to); });
    }
    template <class Number>
    void number(char const* name, Number& to, char const* meaning) {
        add(
            name, meaning,
            [&to](toml::node const& n) {
                auto const value = n.value_exact<std::int64_t>();
                if (!value || *value < 0 || *value > 1'000'000'000)
                    return false;
                to = static_cast<Number>(*value);
                return true;
            },
            [&to] { return std::to_string(static_cast<std::int64_t>(to)); });
    }
    void flag(char const* name, bool& to, char const* meaning) {
        add(
            name, meaning,
            [&to](toml::node const& n) {
                auto const value = n.value_exact<bool>();
                to = value.value_or(false);
                return value.has_value();
            },
            [&to] { return std::string(to ? "true" : "false"); });
    }
    void texts(char const* name, std::vector<std::string>& to, char const* meaning) {
        add(
            name, meaning,
            [&to](toml::node const& n) {
                to.clear();
                if (!n.is_array())
                    return false;
                for (auto const& item : *n.as_array()) {
                    auto const value = item.value_exact<std::string>();
                    if (!value)
                        return false;
                    to.push_back(*value);
                }
                return true;
            },
            [&to] { return list(to); });
    }
    void add(char const* name, char const* meaning, std::function<bool(toml::node const&)> read,
             std::function<std::string()> write) {
        m_keys.push_back({m_section, name, meaning, std::move(read), std::move(write)});
    }
    [[nodiscard]] std::vector<key> const& keys() const { return m_keys; }

private:
    std::string m_section;
    std::vector<key> m_keys;
};

void add_link_rule(key_table& keys, graph::link_rule& rule) {
    keys.add(
        "links", "\"both\": a link counts when both ends claim it; \"one\": one end is enough",
        [&rule](toml::node const& n) {
            auto const value = n.value<std::string>();
            rule = value == "one" ? graph::link_rule::one_claimed : graph::link_rule::both_claimed;
            return value == "one" || value == "both";
        },
        [&rule] {
            return std::string(rule == graph::link_rule::one_claimed ? "\"one\"" : "\"both\"");
        });
}

void add_seconds(key_table& keys, char const* name, std::chrono::milliseconds& to,
                 char const* meaning) {
    keys.add(
        name, meaning,
        [&to](toml::node const& n) {
            auto const value = n.value_exact<std::int64_t>();
            to = std::chrono::seconds(value.value_or(0));
            return value.has_value() && *value > 0 && *value <= 86'400;
        },
        [&to] { return std::to_string(to.count() / 1000); });
}

void add_tls_and_redis(key_table& t, config& c) {
    t.section("tls");
    t.text("certificate", c.tls_certificate_file, "PEM file: the certificate, then its chain");
    t.text("key", c.tls_key_file, "PEM file with the private key, which others may not read");
    t.section("redis");
    t.text("user", c.redis_user, "who to be for Redis; empty: the default user");
    t.text("password_file", c.redis_password_file,
           "file with the password for Redis, which others may not read; empty: none");
    t.number("max_queue_mb", c.redis_max_queue_mb,
             "what waits for Redis while it is away; the oldest is dropped");
}

key_table table_of(config& c) {
    key_table t;
    t.texts("udp", c.udp, "addresses and ports of the UDP tracker; port 0 takes a free one");
    t.texts("http", c.http, "addresses and ports of the HTTP tracker");
    t.texts("https", c.https, "the same over TLS; needs tls.certificate and tls.key");
    t.number("threads", c.threads, "threads that answer; 0: one a processor");
    t.text("store", c.store,
           "\"memory\", or \"redis://host:port[,host:port...][/database][?prefix=NAME]\", or "
           "\"redis+unix:/path\"");
    t.text("log_level", c.log_level, "debug, info, warning or error");
    t.section("admin");
    t.text("listen", c.admin, "address and port of the admin API and metrics; empty: none");
    t.text("token_file", c.admin_token_file,
           "file with the API's token, made when absent; empty: only /metrics and /healthz");
    add_tls_and_redis(t, c);
    t.section("announce");
    t.number("interval_s", c.policy.interval_s,
             "how often clients announce; presence is 2.5 times");
    t.number("jitter_s", c.policy.jitter_s, "answers name an interval shorter by up to this");
    t.number("min_interval_s", c.policy.min_interval_s, "told to HTTP clients; 0: not told");
    t.number("default_numwant", c.policy.default_numwant, "peers told to who names no number");
    t.number("max_numwant", c.policy.max_numwant, "peers told at most");
    t.flag("full_scrape", c.policy.full_scrape, "answer a scrape without info_hash");
    t.texts("names", c.policy.names,
            "host:port names that signatures may be made for; empty: the address asked");
    t.texts("proxies", c.proxies, "addresses whose X-Forwarded-For is believed");
    t.section("wallets");
    add_link_rule(t, c.wallets.edges.rule);
    t.number("max_links", c.wallets.edges.max_claims, "claims of one wallet, at most 2048");
    t.number("max_wallets", c.wallets.edges.max_wallets, "wallets held in all");
    t.number("max_devices", c.wallets.max_devices, "devices of one wallet");
    add_seconds(t, "clock_tolerance_s", c.wallets.clock_tolerance,
                "how far a signed time may be off");
    t.flag("public_routes", c.policy.public_routes,
           "tell first hops to unsigned announces whose peer id is an online wallet");
    t.section("lists");
    t.text("passkeys", c.passkeys_file, "file with one passkey a line; makes the tracker private");
    t.text("allowed", c.allowed_file, "file with one info-hash a line; others are refused");
    t.text("denied", c.denied_file, "file with one info-hash a line; these are refused");
    t.text("banned", c.banned_file,
           "file with one client address (IPv6: its /64) or wallet a line; these are refused");
    t.section("limits");
    t.number("max_peers", c.swarms.max_peers, "peers remembered in all");
    t.number("max_swarms", c.swarms.max_swarms, "swarms remembered in all");
    t.number("requests_per_ip_s", c.policy.requests_per_ip_s, "0: unlimited");
    t.number("bad_signatures_per_s", c.policy.bad_signatures_per_s,
             "wrong signatures a thread checks a second");
    t.number("bad_signatures_per_ip_s", c.policy.bad_signatures_per_ip_s,
             "the same, of one address");
    t.number("max_http_connections", c.max_http_connections,
             "open at once, each thread and address; as many as the open files allow");
    t.section("snapshot");
    t.text("file", c.snapshot_file, "where the state is kept over restarts; empty: nowhere");
    t.number("every_s", c.snapshot_every_s, "how often it is written; also when the tracker ends");
    return t;
}

std::vector<std::string> read_lines(std::string const& file) {
    std::ifstream in(file);
    if (!in)
        throw config_error(file + ": cannot be read");
    std::vector<std::string> out;
    for (std::string line; std::getline(in, line);) {
        line = line.substr(0, line.find('#'));
        while (!line.empty() && (line.back() == ' ' || line.back() == '\t' || line.back() == '\r'))
            line.pop_back();
        if (!line.empty())
            out.push_back(line);
    }
    return out;
}

std::unordered_set<info_hash> read_hashes(std::string const& file) {
    std::unordered_set<info_hash> out;
    if (file.empty())
        return out;
    for (auto const& line : read_lines(file)) {
        auto const hash = fixed_from_hex<info_hash>(line);
        if (!hash)
            throw config_error(file + ": '" + line + "' is no info-hash of 40 hexadecimal digits");
        out.insert(hash.value());
    }
    return out;
}

std::vector<endpoint> endpoints(std::vector<std::string> const& texts) {
    std::vector<endpoint> out;
    for (auto const& text : texts) {
        auto const parsed = parse_endpoint(text);
        if (!parsed)
            throw config_error("'" + text + "' is no address and port such as 127.0.0.1:6969");
        out.push_back(parsed.value());
    }
    return out;
}

void check_addresses(config const& c) {
    (void)endpoints(c.udp);
    (void)endpoints(c.http);
    (void)endpoints(c.https);
    if (!c.admin.empty())
        (void)endpoints({c.admin});
    if (c.udp.empty() && c.http.empty() && c.https.empty())
        throw config_error("neither udp nor http nor https names an address to listen at");
    if (!c.https.empty() && (c.tls_certificate_file.empty() || c.tls_key_file.empty()))
        throw config_error("https needs tls.certificate and tls.key");
    for (auto const& proxy : c.proxies) {
        boost::system::error_code ec;
        (void)boost::asio::ip::make_address(proxy, ec);
        if (ec)
            throw config_error("announce.proxies: '" + proxy + "' is no address");
    }
    for (auto const& name : c.policy.names)
        if (auto const colon = name.rfind(':');
            colon == std::string::npos || colon + 1 == name.size() || name.ends_with(']'))
            throw config_error("announce.names: '" + name + "' needs a port, as in "
                               + "tracker.example:6969");
}

void expect_range(char const* name, std::size_t value, std::size_t least, std::size_t most) {
    if (value < least || value > most)
        throw config_error(std::string(name) + " must be from " + std::to_string(least) + " to "
                           + std::to_string(most));
}

// A secret that others may read is no secret.
void require_private(std::string const& file) {
    using std::filesystem::perms;
    std::error_code ec;
    auto const mode = std::filesystem::status(file, ec).permissions();
    if (!ec && (mode & (perms::group_all | perms::others_all)) != perms::none)
        throw config_error(file + ": others may read it; chmod 600");
}

} // namespace

config load_config(std::filesystem::path const& file) {
    std::ifstream in(file);
    // Opening a folder succeeds, and reading from it looks like an empty file.
    if (!in || std::filesystem::is_directory(file))
        throw config_error(file.string() + ": cannot be read");
    std::ostringstream text;
    text << in.rdbuf();
    return parse_config(text.str(), file.string());
}

config parse_config(std::string_view text, std::string const& source) {
    config out;
    auto const table = table_of(out);
    try {
        auto const parsed = toml::parse(text);
        auto const apply = [&](std::string const& section, toml::table const& values) {
            for (auto const& [name, node] : values) {
                if (section.empty() && node.is_table())
                    continue;
                auto const where = (section.empty() ? "" : section + ".") + std::string(name.str());
                auto const& keys = table.keys();
                auto const known = std::find_if(keys.begin(), keys.end(), [&](key const& k) {
                    return k.section == section && k.name == name.str();
                });
                if (known == keys.end())
                    throw config_error(source + ": unknown key " + where);
                if (!known->read(node))
                    throw config_error(source + ": bad value of " + where + ": " + known->meaning);
            }
        };
        apply("", parsed);
        for (auto const& [name, node] : parsed)
            if (node.is_table())
                apply(std::string(name.str()), *node.as_table());
    } catch (toml::parse_error const& e) {
        std::ostringstream complaint;
        complaint << source << ": " << e.description() << " at " << e.source().begin;
        throw config_error(complaint.str());
    }
    return out;
}

std::string to_toml(config const& c) {
    config copy = c;
    auto const table = table_of(copy);
    std::string out;
    std::string section;
    for (auto const& k : table.keys()) {
        if (k.section != section)
            out += "\n[" + k.section + "]\n";
        section = k.section;
        out += "# " + k.meaning + "\n" + k.name + " = " + k.write() + "\n";
    }
    return out;
}

tracker::policy load_policy(config const& c) {
    auto out = c.policy;
    for (auto& name : out.names)
        for (char& letter : name)
            letter = letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + 32) : letter;
    if (!c.passkeys_file.empty()) {
        for (auto const& line : read_lines(c.passkeys_file))
            out.passkeys.insert(line);
        if (out.passkeys.empty())
            throw config_error(c.passkeys_file + ": a private tracker needs at least one passkey");
    }
    out.allowed = read_hashes(c.allowed_file);
    if (!c.allowed_file.empty() && out.allowed.empty())
        throw config_error(c.allowed_file + ": holds no info-hash, so nothing would be served");
    out.denied = read_hashes(c.denied_file);
    if (!c.banned_file.empty())
        for (auto const& line : read_lines(c.banned_file)) {
            auto const who = parse_ban(line);
            if (!who)
                throw config_error(c.banned_file + ": '" + line
                                   + "' is neither an address nor a wallet with 0x");
            set_ban(out, who.value(), true);
        }
    return out;
}

result<ban_target> parse_ban(std::string_view text) {
    if (text.starts_with("0x")) {
        auto const wallet = identity::parse_wallet(text);
        return wallet ? result<ban_target>(wallet.value()) : errc::invalid_argument;
    }
    boost::system::error_code ec;
    auto const address = boost::asio::ip::make_address(std::string(text), ec);
    return ec ? result<ban_target>(errc::invalid_argument) : result<ban_target>(address);
}

void set_ban(tracker::policy& rules, ban_target const& who, bool banned) {
    if (auto const* const wallet = std::get_if<wallet_address>(&who)) {
        if (banned)
            rules.banned_wallets.insert(*wallet);
        else
            rules.banned_wallets.erase(*wallet);
        return;
    }
    auto const& address = std::get<ip_address>(who);
    if (banned)
        rules.banned_addresses.insert_or_assign(tracker::address_key(address), address.to_string());
    else
        rules.banned_addresses.erase(tracker::address_key(address));
}

void settle(config& c) {
    check_addresses(c);
    if (c.store != "memory" && !net::parse_redis_url(c.store))
        throw config_error("store '" + c.store
                           + "' is not understood; use memory, redis://host:port or "
                             "redis+unix:/path (a password belongs into redis.password_file)");
    expect_range("redis.max_queue_mb", c.redis_max_queue_mb, 1, 65'536);
    expect_range("announce.interval_s", c.policy.interval_s, 10, 7200);
    expect_range("announce.max_numwant", c.policy.max_numwant, 0, max_numwant);
    expect_range("wallets.max_links", c.wallets.edges.max_claims, 0, max_links);
    expect_range("threads", c.threads, 0, max_threads);
    c.policy.jitter_s = std::min(c.policy.jitter_s, c.policy.interval_s / 2);
    c.swarms.peer_lifetime_s = c.policy.interval_s * 5 / 2;
    c.wallets.presence_lifetime_s = c.swarms.peer_lifetime_s;
    auto const folder = std::filesystem::path(c.snapshot_file).parent_path();
    if (!folder.empty() && !std::filesystem::is_directory(folder))
        throw config_error(c.snapshot_file + ": there is no folder " + folder.string());
    for (auto const* level : {"debug", "info", "warning", "error"})
        if (c.log_level == level)
            return;
    throw config_error("log_level must be debug, info, warning or error");
}

std::uint32_t thread_count(config const& c) {
    return c.threads != 0 ? c.threads : std::max(1U, std::thread::hardware_concurrency());
}

net::tls_context load_certificate(config const& c) {
    if (c.https.empty())
        return {};
    require_private(c.tls_key_file);
    std::string why;
    auto const out = net::load_tls(c.tls_certificate_file, c.tls_key_file, why);
    if (!out)
        throw config_error(why.empty() ? out.error().message() : why);
    return out.value();
}

std::optional<net::redis_settings> redis_config(config const& c) {
    if (c.store == "memory")
        return std::nullopt;
    net::redis_settings out;
    out.url = net::parse_redis_url(c.store).value();
    out.user = c.redis_user;
    if (c.redis_password_file.empty())
        return out;
    require_private(c.redis_password_file);
    auto const lines = read_lines(c.redis_password_file);
    if (lines.size() != 1)
        throw config_error(c.redis_password_file + ": must hold one line with the password");
    out.password = lines.front();
    return out;
}

net::tracker_server_config server_config(config const& c) {
    net::tracker_server_config out;
    out.udp = endpoints(c.udp);
    out.http = endpoints(c.http);
    out.https = endpoints(c.https);
    out.tls = load_certificate(c);
    out.threads = thread_count(c);
    out.proxies = {c.proxies.begin(), c.proxies.end()};
    out.http_limits.max_connections = c.max_http_connections;
    return out;
}

} // namespace tau::tracker_tool
