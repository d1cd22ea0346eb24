#pragma once

#include "core/random.hpp"
#include "identity/keyring.hpp"

#include <cstdint>
#include <memory>

namespace tau::test {

/// The same keys for the same seed, on every run.
[[nodiscard]] inline std::shared_ptr<identity::keyring const> keys_of(std::uint64_t seed) {
    seeded_random random(seed);
    auto const secret = identity::identity_secret::make(random, unix_ms{});
    return std::make_shared<identity::keyring const>(identity::keyring::from(secret).value());
}

} // namespace tau::test
