#pragma once

#include "core/endpoint.hpp"

namespace tau {

/// True for addresses that are not routed on the internet: loopback, RFC 1918, link
/// local, unique local. Whoever is there shares a network with us.
[[nodiscard]] inline bool is_private(ip_address const& address) {
    if (address.is_loopback())
        return true;
    if (address.is_v6()) {
        auto const v6 = address.to_v6();
        return v6.is_link_local() || (v6.to_bytes()[0] & 0xfe) == 0xfc;
    }
    auto const b = address.to_v4().to_bytes();
    return b[0] == 10 || (b[0] == 172 && (b[1] & 0xf0) == 16) || (b[0] == 192 && b[1] == 168)
           || (b[0] == 169 && b[1] == 254);
}

} // namespace tau
