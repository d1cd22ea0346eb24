#pragma once

#include "net/redis/redis_cluster.hpp"
#include "net/tracker_server.hpp"
#include "tracker/policy.hpp"
#include "tracker/swarm_store.hpp"
#include "tracker/wallet_registry.hpp"

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

namespace tau::tracker_tool {

/// A configuration that cannot be used; the text says where and why.
struct config_error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Everything that docs/tracker-operating.md lists, with its default.
struct config {
    std::vector<std::string> udp{"127.0.0.1:6969"};
    std::vector<std::string> http{"127.0.0.1:6969"};
    std::vector<std::string> https;
    std::string tls_certificate_file;
    std::string tls_key_file;
    std::string admin{"127.0.0.1:6970"}; ///< empty: none
    std::string admin_token_file;        ///< empty: only /metrics and /healthz are served
    std::uint32_t threads = 0;           ///< 0: one a processor
    std::string store = "memory";        ///< or what net::parse_redis_url() reads
    std::string redis_user;
    std::string redis_password_file; ///< empty: no password
    std::uint32_t redis_max_queue_mb = 64;
    std::string log_level = "info";

    std::string snapshot_file; ///< empty: none
    std::uint32_t snapshot_every_s = 300;

    tracker::policy policy;         ///< without the lists, which load_policy() reads
    tracker::swarm_limits swarms;   ///< peer_lifetime_s follows the interval
    tracker::wallet_limits wallets; ///< presence_lifetime_s follows the interval
    std::vector<std::string> proxies;
    std::uint32_t max_http_connections = 8192;

    std::string passkeys_file;
    std::string allowed_file;
    std::string denied_file;
    std::string banned_file;
};

/// Reads a TOML file over the defaults. Unknown keys are errors: a misspelt limit
/// would otherwise silently not hold. Throws config_error.
[[nodiscard]] config load_config(std::filesystem::path const& file);

/// The same of a text; complaints begin with `source`.
[[nodiscard]] config parse_config(std::string_view text, std::string const& source);

/// Threads that answer: as configured, or one a processor.
[[nodiscard]] std::uint32_t thread_count(config const& c);

/// The configuration as TOML that load_config() reads, each key with its meaning.
[[nodiscard]] std::string to_toml(config const& c);

/// The policy with the lists read from their files. Throws config_error.
[[nodiscard]] tracker::policy load_policy(config const& c);

/// Whom a ban names: a client's address (of IPv6 its whole /64), or a wallet (0x...).
/// errc::invalid_argument for anything else.
using ban_target = std::variant<ip_address, wallet_address>;
[[nodiscard]] result<ban_target> parse_ban(std::string_view text);
void set_ban(tracker::policy& rules, ban_target const& who, bool banned);

/// Checks ranges and addresses; fills what follows from other keys. Throws config_error.
void settle(config& c);

[[nodiscard]] net::tracker_server_config server_config(config const& c);

/// The certificate for https; empty if https names no address. Throws config_error.
[[nodiscard]] net::tls_context load_certificate(config const& c);

/// Where the shared state is, with the password read from its file; nullopt if the
/// state is in memory alone. Throws config_error.
[[nodiscard]] std::optional<net::redis_settings> redis_config(config const& c);

} // namespace tau::tracker_tool
