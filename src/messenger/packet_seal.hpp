#pragma once

#include "channel/value_box.hpp"
#include "core/random.hpp"

namespace tau::messenger {

/// Octets that sealing adds to a packet.
inline constexpr std::size_t packet_seal_bytes = 1 + 24 + 16;

/// Seals a packet under the key of one direction of a pair, so that only its two ends can
/// make or read it: hops learn its size.
///
/// Source: docs/wire/packets.md. Threading: any.
[[nodiscard]] bytes seal_packet(channel::box_key const& key, byte_view plain,
                                random_source& random);
/// errc::unsupported_version for octets that are no packet, errc::invalid_checksum.
[[nodiscard]] result<bytes> open_packet(channel::box_key const& key, byte_view sealed);
[[nodiscard]] bool is_packet(byte_view sealed);

} // namespace tau::messenger
