#pragma once

#include "core/clock.hpp"
#include "core/endpoint.hpp"

#include <vector>

namespace tau::wire {

/// Endpoints that one `cidr` value may list: two families, two networks. Ours to set.
inline constexpr std::size_t max_cidr_endpoints = 4;

/// How a node's traffic leaves its network, as it states it itself.
enum class stated_nat : std::uint8_t { unknown = 0, none = 1, cone = 2, symmetric = 3 };

/// The plain value of the `cidr` channel: where its key can be asked, and since when.
/// The channel layer encrypts it for contacts. Nothing in it is proven: a reader asks
/// there and believes what the key signs.
/// Source: docs/wire/endpoints.md. Errors: by value.
struct endpoint_value {
    std::vector<endpoint> endpoints; ///< best first
    unix_ms time{};
    stated_nat nat = stated_nat::unknown;

    friend bool operator==(endpoint_value const&, endpoint_value const&) = default;
};

/// One bencoded value. Endpoints beyond max_cidr_endpoints are left out.
[[nodiscard]] bytes encode(endpoint_value const& value);
/// errc::invalid_encoding, errc::invalid_length, errc::invalid_argument, errc::too_large.
[[nodiscard]] result<endpoint_value> decode_endpoint_value(byte_view data);

} // namespace tau::wire
