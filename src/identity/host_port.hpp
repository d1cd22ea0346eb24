#pragma once

#include "core/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace tau::identity {

inline constexpr std::size_t max_host_bytes = 253; ///< RFC 1035

/// A host name or an IP address (IPv6 without brackets) and a port from 1 to 65535.
struct host_port {
    std::string host;
    std::uint16_t port = 0;

    friend bool operator==(host_port const&, host_port const&) = default;
};

/// Parses "example.org:80", "1.2.3.4:80" or "[2001:db8::1]:80"; nothing is resolved.
/// errc::invalid_encoding, or errc::invalid_argument for a port outside 1..65535.
/// Threading: any thread.
[[nodiscard]] result<host_port> parse_host_port(std::string_view text);
[[nodiscard]] std::string to_string(host_port const& where);
/// to_string() in lower case: one name for one place.
[[nodiscard]] std::string lower_name(host_port const& where);

} // namespace tau::identity
