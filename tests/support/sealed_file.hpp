#pragma once

#include "core/bytes.hpp"

#include <openssl/sha.h>

#include <optional>

namespace tau::test {

/// A fuzzer's input as a secret container whose checksum is right, so that the fuzzer
/// gets past it; nullopt if Argon2id would cost more than a fuzzer can spend.
inline std::optional<bytes> with_right_checksum(byte_view data) {
    constexpr std::size_t cost_at = 9; // protection, passes, memory in KiB
    constexpr std::size_t checksum_bytes = SHA256_DIGEST_LENGTH;
    constexpr std::array<std::uint8_t, 9> least{1, 0, 0, 0, 1, 0, 0, 0, 8};
    auto out = to_bytes(data);
    if (out.size() > cost_at + least.size()) {
        bool const is_clear = out[cost_at] == 0;
        if (!is_clear && !std::equal(least.begin(), least.end(), out.begin() + cost_at))
            return std::nullopt;
    }
    if (out.size() >= checksum_bytes) {
        auto const covered = out.size() - checksum_bytes;
        SHA256(out.data(), covered, out.data() + covered);
    }
    return out;
}

} // namespace tau::test
