#pragma once

#include "identity/secret.hpp"

#include <cstdint>

namespace tau::overlay {

/// Seals what one side of a link sends and opens what it receives, in order.
///
/// ChaCha20-Poly1305 (RFC 8439) under a key for each direction, with the number of the
/// record as nonce: a record that was changed, repeated, left out or moved does not open.
///
/// Source:    docs/wire/hello.md, "Records". Threading: one thread. Move-only.
class link_cipher {
public:
    static constexpr std::size_t key_bytes = 32;

    link_cipher(identity::secret_bytes out_key, identity::secret_bytes in_key)
        : m_out_key(std::move(out_key)), m_in_key(std::move(in_key)) {}

    [[nodiscard]] bytes seal(byte_view plain);
    /// errc::invalid_signature; the link is of no use after it.
    [[nodiscard]] result<bytes> open(byte_view sealed);

private:
    identity::secret_bytes m_out_key;
    identity::secret_bytes m_in_key;
    std::uint64_t m_sent = 0;
    std::uint64_t m_received = 0;
};

} // namespace tau::overlay
