#pragma once

#include "identity/secret.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace tau::identity {

/// What Argon2id may cost: `passes` over `memory_kib`, one lane. The default is
/// RFC 9106's choice for machines with little memory. Stored in the file.
struct passphrase_cost {
    std::uint32_t passes = 3;
    std::uint32_t memory_kib = 64 * 1024;

    /// libsodium's least; for tests only.
    [[nodiscard]] static passphrase_cost least() { return {1, 8}; }
    friend bool operator==(passphrase_cost const&, passphrase_cost const&) = default;
};

/// A file that asks for more is refused, so that a crafted one cannot exhaust us.
inline constexpr std::uint32_t max_passphrase_passes = 32;
inline constexpr std::uint32_t max_passphrase_memory_kib = 1024 * 1024;
inline constexpr std::size_t max_passphrase_bytes = 1024;

/// Which file it is: its magic, its version and the largest body it may have.
struct container_format {
    std::array<char, 8> magic;
    std::uint8_t version;
    std::size_t max_body_bytes;
};

/// A file that holds a secret: header, body (in the clear, or sealed with
/// XChaCha20-Poly1305 under an Argon2id key), SHA-256 of all before it.
///
/// The checksum tells damage from a wrong passphrase. Source: docs/wire/identity.md,
/// "Secret container". Threading: any thread; sealing and opening take the time
/// that the passphrase costs (about 0.1 s), so call them off the tau thread.
struct container {
    bool is_protected = false;
    passphrase_cost cost;
    std::array<std::uint8_t, 16> salt{};
    std::array<std::uint8_t, 24> nonce{};
    byte_view header; ///< into the parsed octets
    byte_view body;   ///< into the parsed octets
};

/// The octets of a new container; an empty passphrase leaves the body in the clear.
/// errc::too_large (body or passphrase), errc::out_of_memory.
[[nodiscard]] result<secret_bytes> seal_container(container_format const& format, byte_view body,
                                                  byte_view passphrase, passphrase_cost cost,
                                                  random_source& random);

/// Checks everything that needs no passphrase. errc::invalid_encoding (not such a
/// file), errc::unsupported_version, errc::invalid_length (truncated or with a tail),
/// errc::too_large, errc::invalid_checksum (damaged), errc::invalid_argument (cost out of bounds).
[[nodiscard]] result<container> parse_container(container_format const& format, byte_view data);

/// The body. errc::passphrase_required, errc::wrong_passphrase or errc::out_of_memory.
/// A passphrase for an unprotected container is ignored.
[[nodiscard]] result<secret_bytes> open_container(container const& c, byte_view passphrase);

} // namespace tau::identity
