#pragma once

#include "core/hex.hpp"
#include "identity/keyring.hpp"

#include <string_view>

namespace tau::test {

inline constexpr unix_ms some_time{std::chrono::milliseconds{1'700'000'000'123}};

/// The identity whose master secret is 32 times `octet`: the same keys on every run.
inline identity::identity_secret secret_of(std::uint8_t octet) {
    bytes const master(identity::identity_secret::master_size, octet);
    return {identity::secret_bytes::from(master), std::nullopt, some_time};
}

inline identity::keyring keys_of(std::uint8_t octet) {
    return identity::keyring::from(secret_of(octet)).value();
}

/// Throws if `text` is not hexadecimal or has another size.
template <class Fixed>
Fixed fixed(std::string_view text) {
    return fixed_from_hex<Fixed>(text).value();
}

} // namespace tau::test
