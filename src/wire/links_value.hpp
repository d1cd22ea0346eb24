#pragma once

#include "core/bytes.hpp"
#include "core/clock.hpp"
#include "core/error.hpp"

#include <vector>

namespace tau::wire {

/// Wallets that one `links` value may list: as many as fit a boxed item.
inline constexpr std::size_t max_links_value = 40;

/// The plain value of the `links` channel: whom its owner is linked with. The channel layer
/// encrypts it for contacts. Nothing in it is proven: a path over a link that is none costs
/// another try.
/// Source: docs/wire/channels.md, "Links". Errors: by value.
struct links_value {
    std::vector<wallet_address> links;
    unix_ms time{};

    friend bool operator==(links_value const&, links_value const&) = default;
};

/// One bencoded value. Links beyond max_links_value are left out.
[[nodiscard]] bytes encode(links_value const& value);
/// errc::invalid_encoding, errc::invalid_length, errc::invalid_argument, errc::too_large.
[[nodiscard]] result<links_value> decode_links_value(byte_view data);

} // namespace tau::wire
