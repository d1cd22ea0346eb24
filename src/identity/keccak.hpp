#pragma once

#include "core/bytes.hpp"

namespace tau::identity {

/// Keccak-256 as Ethereum uses it: rate 136, padding 0x01, which is not SHA3-256 (0x06).
/// Source: the Keccak reference, version 3.0 (before FIPS 202). Threading: any thread.
[[nodiscard]] hash256 keccak256(byte_view data);

} // namespace tau::identity
