#pragma once

#include "identity/keyring.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace tau::identity {

/// Whether a record ties key and wallet together or parts them.
enum class binding_kind { bound, revoked };

/// The claim that an ed25519 key and a wallet belong together, or no longer do.
///
/// A binding counts only with both signatures: EIP-191 by the wallet and ed25519 by the
/// key, over the same text. A revocation counts with either, since losing one key is
/// a reason to revoke. It is the value of channel `wallet` and travels in hellos.
/// Source: docs/wire/identity.md, "Binding record". Threading: a value type.
struct binding_record {
    binding_kind kind = binding_kind::bound;
    public_key key;
    wallet_address wallet;
    unix_ms issued{};
    std::optional<signature> key_signature;
    std::optional<wallet_signature> wallet_sig;

    friend bool operator==(binding_record const&, binding_record const&) = default;
};

/// The largest encoded record accepted; ours have at most 239 octets.
inline constexpr std::size_t max_binding_bytes = 512;

/// What both keys sign: "tau-binding-v1|<64 hex>|<EIP-55>|<ms>"; a revocation begins
/// with "tau-revocation-v1".
[[nodiscard]] std::string signed_text(binding_record const& record);

/// Both signatures of our own keys, issued now.
[[nodiscard]] binding_record make_binding(keyring const& keys, unix_ms issued);
[[nodiscard]] binding_record make_revocation(keyring const& keys, unix_ms issued);

/// success, or errc::invalid_signature if a signature is wrong or missing.
/// Does not judge the time; binding_book does. Costs 100 us.
[[nodiscard]] error_code verify(binding_record const& record);

/// Bencoded, for a BEP 44 value or a hello.
[[nodiscard]] bytes encode(binding_record const& record);

/// Parses only; verify() what comes out. errc::too_large, errc::unsupported_version,
/// errc::invalid_length or errc::invalid_encoding (not what encode() would write).
[[nodiscard]] result<binding_record> decode_binding(byte_view data);

} // namespace tau::identity
