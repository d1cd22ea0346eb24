#pragma once

#include "core/error.hpp"

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tau {

using bytes = std::vector<std::uint8_t>;
using byte_view = std::span<std::uint8_t const>;

/// The octets of `text`, not copied; valid as long as `text` is.
[[nodiscard]] inline byte_view as_bytes(std::string_view text) {
    return {reinterpret_cast<std::uint8_t const*>(text.data()), text.size()};
}

/// The octets of `data` seen as characters, not copied.
[[nodiscard]] inline std::string_view as_text(byte_view data) {
    return {reinterpret_cast<char const*>(data.data()), data.size()};
}

[[nodiscard]] inline bytes to_bytes(byte_view data) {
    return {data.begin(), data.end()};
}
[[nodiscard]] inline bytes to_bytes(std::string_view text) {
    return to_bytes(as_bytes(text));
}

/// A byte string of exactly N octets. `Tag` keeps a wallet address from being
/// passed where an info-hash is meant. Ordered and hashed by content; zero by default.
template <std::size_t N, class Tag>
struct fixed_bytes {
    static constexpr std::size_t size_bytes = N;

    std::array<std::uint8_t, N> octets{};

    /// errc::invalid_length unless `data` has exactly N octets.
    [[nodiscard]] static result<fixed_bytes> from(byte_view data) {
        if (data.size() != N)
            return errc::invalid_length;
        fixed_bytes out;
        std::copy(data.begin(), data.end(), out.octets.begin());
        return out;
    }

    [[nodiscard]] std::uint8_t const* data() const { return octets.data(); }
    [[nodiscard]] std::uint8_t* data() { return octets.data(); }
    [[nodiscard]] static constexpr std::size_t size() { return N; }
    [[nodiscard]] auto begin() const { return octets.begin(); }
    [[nodiscard]] auto end() const { return octets.end(); }
    [[nodiscard]] byte_view view() const { return {octets.data(), N}; }
    operator byte_view() const { return view(); }

    friend auto operator<=>(fixed_bytes const&, fixed_bytes const&) = default;
};

using public_key = fixed_bytes<32, struct public_key_tag>;         ///< ed25519, BEP 44 `k`
using signature = fixed_bytes<64, struct signature_tag>;           ///< ed25519, BEP 44 `sig`
using sealing_key = fixed_bytes<32, struct sealing_key_tag>;       ///< X25519 public key
using wallet_address = fixed_bytes<20, struct wallet_address_tag>; ///< Ethereum address
using wallet_signature = fixed_bytes<65, struct wallet_sig_tag>;   ///< secp256k1 r, s, v
using info_hash = fixed_bytes<20, struct info_hash_tag>;           ///< names a swarm
using target = fixed_bytes<20, struct target_tag>;                 ///< DHT key, SHA-1
using hash256 = fixed_bytes<32, struct hash256_tag>;               ///< Keccak-256 or SHA-256
using nonce = fixed_bytes<16, struct nonce_tag>;                   ///< one-time challenge

} // namespace tau

/// Keys and hashes are uniformly distributed unless an attacker chose them, so
/// containers that strangers can fill must be bounded rather than trusted to spread.
template <std::size_t N, class Tag>
struct std::hash<tau::fixed_bytes<N, Tag>> {
    std::size_t operator()(tau::fixed_bytes<N, Tag> const& value) const noexcept {
        return std::hash<std::string_view>{}(tau::as_text(value.view()));
    }
};
