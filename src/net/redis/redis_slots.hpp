#pragma once

#include "core/error.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tau::net {

/// Where a Redis server listens: a name or address and a port, or a Unix socket.
struct redis_address {
    std::string host; ///< or the path of a socket, which begins with '/'
    std::uint16_t port = 0;

    [[nodiscard]] bool is_unix() const { return host.starts_with('/'); }
    friend auto operator<=>(redis_address const&, redis_address const&) = default;
};

/// "host:port", "[v6]:port" or the path of a socket.
[[nodiscard]] std::string to_string(redis_address const& address);

/// The slot of a key: CRC16 of what stands between the first braces, or of all.
/// Source: Redis cluster specification.
[[nodiscard]] std::uint16_t redis_slot(std::string_view key);

/// Which server each of the 16,384 slots is at. Without a cluster all are at one.
/// Threading: one thread. Errors: as tau::errc.
class redis_slots {
public:
    static constexpr std::size_t count = 16'384;

    struct range {
        std::uint16_t first = 0;
        std::uint16_t last = 0;
        redis_address master;
    };

    /// Every slot at this one.
    void set_all(redis_address const& where);
    /// What CLUSTER SLOTS told; slots in no range are at nobody.
    void set(std::vector<range> const& ranges);
    /// What MOVED told of one slot.
    void move(std::uint16_t slot, redis_address const& where);
    /// nullptr: nobody is known to serve it.
    [[nodiscard]] redis_address const* find(std::uint16_t slot) const;
    /// All that serve a slot.
    [[nodiscard]] std::vector<redis_address> const& masters() const { return m_masters; }

private:
    static constexpr std::uint16_t nobody = 0xffff;

    [[nodiscard]] std::uint16_t number_of(redis_address const& where);

    std::vector<redis_address> m_masters;
    std::array<std::uint16_t, count> m_at = [] {
        std::array<std::uint16_t, count> out{};
        out.fill(nobody);
        return out;
    }();
};

/// "MOVED 3999 10.0.0.1:6381" or "ASK ...": where a command is to be sent instead.
struct redis_redirect {
    bool is_ask = false;
    std::uint16_t slot = 0;
    redis_address where; ///< empty host: the same as the server that said so
};

/// nullopt for every other error.
[[nodiscard]] std::optional<redis_redirect> read_redirect(std::string_view error);

/// What --store names: redis://host:port[,host:port...][/database][?prefix=NAME] or
/// redis+unix:/path/to/socket[?prefix=NAME].
struct redis_url {
    std::vector<redis_address> seeds; ///< any of them is asked who serves what
    unsigned database = 0;            ///< 0 in a cluster
    std::string prefix = "tau";       ///< of every key: letters, digits, '.', '-' and '_'
};

/// errc::invalid_argument; also for a password, which belongs into a file.
[[nodiscard]] result<redis_url> parse_redis_url(std::string_view text);

} // namespace tau::net
