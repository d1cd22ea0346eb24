#pragma once

#include "core/bytes.hpp"

#include <boost/asio/ip/udp.hpp>
#include <utility> // Boost 1.74's asio.hpp needs it first in C++20

#include <string>
#include <string_view>

namespace tau {

/// Address and port of a UDP socket; the same type as libtorrent's udp::endpoint.
using endpoint = boost::asio::ip::udp::endpoint;
using ip_address = boost::asio::ip::address;

/// Parses "1.2.3.4:80" or "[2001:db8::1]:80"; names are not resolved.
/// errc::invalid_encoding, or errc::invalid_argument for a port above 65535.
[[nodiscard]] result<endpoint> parse_endpoint(std::string_view text);

/// "1.2.3.4:80" or "[2001:db8::1]:80".
[[nodiscard]] std::string to_string(endpoint const& ep);

/// BEP 5/BEP 7 compact form: 6 octets for IPv4, 18 for IPv6, port in network order.
[[nodiscard]] bytes to_compact(endpoint const& ep);

/// Reads the compact form; errc::invalid_length for any size but 6 and 18.
[[nodiscard]] result<endpoint> from_compact(byte_view data);

} // namespace tau
