#pragma once

#include "identity/secret.hpp"

#include <string_view>

namespace tau::identity {

/// RFC 5869: the most that HKDF-SHA256 can give, 255 blocks of 32 octets.
inline constexpr std::size_t max_hkdf_bytes = 255 * 32;

/// HKDF with SHA-256 (OpenSSL). `salt` may be empty. errc::invalid_argument for a
/// `size` of 0, above max_hkdf_bytes, or an empty `key`.
/// Source: RFC 5869. Threading: any thread.
[[nodiscard]] result<secret_bytes> hkdf_sha256(byte_view key, byte_view salt, byte_view info,
                                               std::size_t size);

/// A 32-octet key for one purpose: hkdf_sha256() without salt, `label` as info.
[[nodiscard]] result<secret_bytes> derive_key(byte_view master, std::string_view label);

} // namespace tau::identity
