#pragma once

#include "channel/salts.hpp"
#include "core/random.hpp"
#include "wire/message_body.hpp"
#include "wire/mutable_item.hpp"

#include <span>

namespace tau::channel {

/// A symmetric key of 32 octets that opens boxed channel values. Move-only.
struct box_key {
    identity::secret_bytes secret;
};

/// Octets of the plain value that one box takes.
inline constexpr std::size_t max_boxed_bytes = 950;

/// The key of the `gossip` and `cidr` channels of the owner of a contact key.
[[nodiscard]] box_key contact_box_key(wire::contact_key const& key);
/// The key of the message channel and the tip from `sender` to `receiver`.
[[nodiscard]] box_key pair_box_key(pair_secret const& secret, public_key const& sender,
                                   public_key const& receiver);

/// Encrypts a channel value (XChaCha20-Poly1305). The result is one bencoded string
/// of at most wire::max_value_bytes, padded to one of three sizes so that it tells
/// little about its contents, and bound to `where`, so that it opens nowhere else.
/// errc::too_large above max_boxed_bytes.
///
/// Source: docs/wire/channels.md. Threading: any.
[[nodiscard]] result<bytes> box_value(box_key const& key, wire::item_address const& where,
                                      byte_view plain, random_source& random);

/// Opens what box_value() made under any of `keys` (a reader keeps the newest and the
/// one before, because a key is rotated when a friend is removed).
/// errc::unsupported_version, errc::not_found if it was made under another key,
/// errc::invalid_checksum if it was changed, errc::invalid_encoding.
[[nodiscard]] result<bytes> open_value(std::span<box_key const> keys,
                                       wire::item_address const& where, byte_view value);

/// True for a value that open_value() is meant for; a plain value is a dictionary.
[[nodiscard]] bool is_boxed(byte_view value);

} // namespace tau::channel
