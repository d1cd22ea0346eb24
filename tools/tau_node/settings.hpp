#pragma once

#include "identity/host_port.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tau::node {

/// What a proxy is asked for. With a proxy nothing of ours goes around it: no names are
/// resolved here, no incoming connections, no discovery in the local network.
struct proxy_settings {
    std::string host; ///< empty: no proxy
    std::uint16_t port = 0;
    std::string user;
    std::string password_file; ///< never in the file itself or in an argument

    friend bool operator==(proxy_settings const&, proxy_settings const&) = default;
};

/// Everything that can be set, by tau-node.toml or by a flag of the same meaning.
/// A bare number carries its unit in the name; 0 means "no limit" or "the default",
/// as its comment says.
struct settings {
    std::string name;            ///< shown to friends; empty: the one given at `init`
    std::string passphrase_file; ///< empty: ask, if the key file needs one

    std::vector<std::string> listen{"0.0.0.0:6881", "[::]:6881"};
    std::vector<std::string> bootstrap{"router.bittorrent.com:6881", "dht.libtorrent.org:25401",
                                       "router.utorrent.com:6881"};
    bool is_private = false;
    proxy_settings proxy;

    std::string http; ///< "127.0.0.1:8790"; empty: only the Unix socket

    std::int64_t upload_bytes_per_s = 0;     ///< of peer connections; 0: no limit
    std::int64_t download_bytes_per_s = 0;   ///< of peer connections; 0: no limit
    std::int64_t dht_upload_bytes_per_s = 0; ///< 0: the recommended value

    std::int64_t accepted_queries_per_s = 1000; ///< what we tell others that we take
    std::int64_t max_queries_per_s = 20'000;    ///< to one address, whatever it takes
    std::int64_t direct_timeout_ms = 1000;      ///< silence before the recursive get

    /// What swarms, presence and forwarding may do.
    bool overlay = true;                ///< false: no connections with other nodes but the DHT
    bool forward = true;                ///< pass on messages for others
    std::string layers = "off";         ///< seal paths in layers: off, preferred, required
    bool dial = true;                   ///< open connections to those who say they take them
    bool wallet_in_dht = false;         ///< announce our wallet in the DHT: shows our address
    std::int64_t swarm_connections = 8; ///< of one swarm
    std::vector<std::string> trackers;  ///< "udp://host:port" or an announce URL
    std::vector<std::string> topics;    ///< joined besides those joined by command

    bool read_receipts = true;

    /// Files above 256 KiB.
    bool files = true; ///< send and fetch them
    std::int64_t auto_fetch_bytes = std::int64_t{256}
                                    << 20; ///< a friend's, without asking; 0: none
    std::int64_t file_days = 7;            ///< ours stay so long after the receiver has all of it

    std::string send_wait; ///< published, delivered or read; empty: do not wait
    std::int64_t send_timeout_s = 60;
    std::string get_mode = "auto"; ///< auto, direct or recursive

    std::string log_level = "info";
    std::int64_t log_max_file_bytes = 5 * 1024 * 1024;
    std::int64_t log_files = 3;

    friend bool operator==(settings const&, settings const&) = default;
};

/// A mistake in a settings file, and where it is. `line` is 0 if it has no place.
class settings_error : public std::runtime_error {
public:
    settings_error(std::uint32_t line, std::string const& message)
        : std::runtime_error(message), m_line(line) {}
    [[nodiscard]] std::uint32_t line() const { return m_line; }

private:
    std::uint32_t m_line;
};

/// Reads TOML over `base`. Throws settings_error for what is no TOML, an unknown key, a
/// value of another type or outside what is allowed.
[[nodiscard]] settings parse_settings(std::string_view toml, settings base = {});

/// parse_settings() of a file; a missing file changes nothing. Throws failure, with the
/// path and the line.
[[nodiscard]] settings load_settings(std::filesystem::path const& file);

/// The checks that hold for values of any origin; throws settings_error without a line.
void check(settings const& values);

/// A tracker as it is written in settings.
struct tracker_url {
    std::string url; ///< for announces
    bool is_udp = false;
    bool is_tls = false;
    identity::host_port where{}; ///< of port 0 if it cannot be asked for routes
    std::string target{};        ///< of an HTTP tracker: path and query
};
/// "udp://host:port[/path]", "http://..." or "https://..."; throws settings_error.
[[nodiscard]] tracker_url parse_tracker(std::string_view text);

/// "socks5://[user@]host:port" into host, port and user; throws settings_error.
[[nodiscard]] proxy_settings parse_proxy(std::string_view text);

} // namespace tau::node
