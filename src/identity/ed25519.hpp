#pragma once

#include "core/bytes.hpp"

namespace tau::identity {

/// True if `sig` is `key`'s ed25519 signature of `message` (RFC 8032, libsodium's
/// strict rules: canonical s, no small-order key). Threading: any thread; 50 us.
[[nodiscard]] bool verify(public_key const& key, byte_view message, signature const& sig);

/// The X25519 public key that belongs to an ed25519 key, by the birational map
/// (RFC 7748, section 4.1), so that a key is all one needs to seal to it.
/// errc::invalid_argument if the point is not on the curve, of small order, or
/// outside the prime-order group.
[[nodiscard]] result<sealing_key> sealing_key_of(public_key const& key);

} // namespace tau::identity
