#pragma once

#include "core/clock.hpp"
#include "identity/ed25519.hpp"
#include "identity/wallet.hpp"

#include <cstdint>
#include <optional>

namespace tau::identity {

/// Opens a friend's encrypted channels. It travels in contact URIs and in
/// acceptances, so it is known to friends, and is rotated when one is removed.
using contact_key = fixed_bytes<32, struct contact_key_tag>;

/// What an identity is made of, and what key file and backup hold.
struct identity_secret {
    static constexpr std::size_t master_size = 32;

    secret_bytes master;                         ///< master_size octets
    std::optional<secret_bytes> imported_wallet; ///< instead of the derived wallet key
    unix_ms created{};

    /// A fresh identity.
    [[nodiscard]] static identity_secret make(random_source& random, unix_ms now);
    [[nodiscard]] identity_secret copy() const;
};

/// All keys of one identity, derived from its secret.
///
/// Source:    docs/wire/identity.md, "Keys" (HKDF labels); RFC 8032, RFC 7748, EIP-191.
/// Threading: immutable; const methods from any thread. Move-only.
/// Errors:    by value.
class keyring {
public:
    /// errc::invalid_length for a master secret of another size, errc::invalid_argument
    /// for an imported wallet key outside the group.
    [[nodiscard]] static result<keyring> from(identity_secret const& secret);

    [[nodiscard]] public_key const& key() const { return m_public_key; }
    [[nodiscard]] wallet_address const& wallet() const { return m_wallet.address(); }

    /// ed25519 over exactly `message`.
    [[nodiscard]] signature sign(byte_view message) const;
    /// EIP-191 personal_sign by the wallet key.
    [[nodiscard]] wallet_signature personal_sign(byte_view message) const;

    /// X25519 key pair, the birational image of the ed25519 pair: sealing_public() is
    /// what sealing_key_of(key()) gives everybody else.
    [[nodiscard]] secret_bytes const& sealing_secret() const { return m_sealing_secret; }
    [[nodiscard]] sealing_key const& sealing_public() const { return m_sealing_public; }

    /// 32 octets that only the two keys can compute, the same on both sides: HKDF over
    /// the X25519 result, bound to both keys. errc::invalid_argument for a remote key
    /// that sealing_key_of() refuses.
    [[nodiscard]] result<secret_bytes> shared_secret(public_key const& remote) const;

    /// The contact key of a generation. The caller keeps the generation with its
    /// friend list and raises it when a friend is removed.
    [[nodiscard]] identity::contact_key contact_key(std::uint32_t generation) const;

    /// Encrypts what only this identity reads again, such as its device record.
    [[nodiscard]] secret_bytes const& storage_key() const { return m_storage_key; }

private:
    explicit keyring(wallet_key wallet) : m_wallet(std::move(wallet)) {}

    public_key m_public_key;
    secret_bytes m_signing_secret; // libsodium's 64 octets: seed and public key
    secret_bytes m_sealing_secret;
    sealing_key m_sealing_public;
    secret_bytes m_contact_root;
    secret_bytes m_storage_key;
    wallet_key m_wallet;
};

} // namespace tau::identity
