#pragma once

#include "core/endpoint.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace tau::dht {

/// Sixteen octets that name an address; IPv4 in its mapped form.
[[nodiscard]] inline std::array<std::uint8_t, 16> address_octets(ip_address const& address) {
    if (address.is_v6())
        return address.to_v6().to_bytes();
    std::array<std::uint8_t, 16> out{};
    out[10] = out[11] = 0xff;
    auto const v4 = address.to_v4().to_bytes();
    std::copy(v4.begin(), v4.end(), out.begin() + 12);
    return out;
}

/// Hashes for tables whose size is bounded: strangers choose addresses.
struct address_hash {
    std::size_t operator()(ip_address const& address) const noexcept {
        auto const octets = address_octets(address);
        std::uint64_t high = 0, low = 0;
        std::memcpy(&high, octets.data(), 8);
        std::memcpy(&low, octets.data() + 8, 8);
        auto mixed = (low ^ (high * 0x9e3779b97f4a7c15ULL)) * 0xff51afd7ed558ccdULL;
        return static_cast<std::size_t>(mixed ^ (mixed >> 32));
    }
};

struct endpoint_hash {
    std::size_t operator()(endpoint const& where) const noexcept {
        return address_hash{}(where.address()) + where.port() * 0x9e3779b1U;
    }
};

} // namespace tau::dht
