#pragma once

#include "identity/secret.hpp"

#include <string>
#include <string_view>

namespace tau::identity {

/// "0x" and 40 hexadecimal digits in EIP-55's mixed case.
[[nodiscard]] std::string to_eip55(wallet_address const& wallet);

/// Reads a wallet address with the prefix 0x (required). All digits lower case or
/// all upper case are accepted unchecked; mixed case must be EIP-55's.
/// errc::invalid_length, errc::invalid_encoding or errc::invalid_checksum.
[[nodiscard]] result<wallet_address> parse_wallet(std::string_view text);

/// A secp256k1 private key and what a wallet does with it. Move-only, like its secret.
///
/// Source:    EIP-191 (version 0x45, personal_sign), SEC 1 (secp256k1).
/// Threading: const methods from any thread.
class wallet_key {
public:
    static constexpr std::size_t secret_size = 32;

    /// errc::invalid_length, or errc::invalid_argument for 0 or a value not below
    /// the order of the group.
    [[nodiscard]] static result<wallet_key> from(byte_view secret);

    [[nodiscard]] wallet_address const& address() const { return m_address; }

    /// Signs the EIP-191 personal message `message`: r, s, v with low s and v 27 or
    /// 28; deterministic (RFC 6979).
    [[nodiscard]] wallet_signature personal_sign(byte_view message) const;

private:
    wallet_key() = default;

    secret_bytes m_secret;
    wallet_address m_address;
};

/// 64 hexadecimal digits, with or without 0x, as wallets export a private key.
/// errc::invalid_length, errc::invalid_encoding, or errc::invalid_argument if it is
/// no key. The text remains the caller's to wipe.
[[nodiscard]] result<secret_bytes> parse_wallet_secret(std::string_view text);

/// Keccak-256 of "\x19Ethereum Signed Message:\n", the length in decimal, and the message.
[[nodiscard]] hash256 personal_message_hash(byte_view message);

/// Who signed `message` by personal_sign. v may be 27, 28, 0 or 1 (hardware wallets
/// give the latter); a high s is refused, so that a signature has one form only.
/// errc::invalid_signature for anything else.
[[nodiscard]] result<wallet_address> recover_wallet(byte_view message, wallet_signature const& sig);

/// A wallet's public key: x and y of its point, which anybody may know once it has signed.
using wallet_point = fixed_bytes<64, struct wallet_point_tag>;

[[nodiscard]] wallet_address address_of(wallet_point const& point);
/// As recover_wallet(), but the key itself.
[[nodiscard]] result<wallet_point> recover_point(byte_view message, wallet_signature const& sig);
/// success, or errc::invalid_signature if the owner of `signer` did not sign `message`. A fifth
/// quicker than recovery; of v only the form is looked at, since the key is known.
[[nodiscard]] error_code verify_point(wallet_point const& signer, byte_view message,
                                      wallet_signature const& sig);

/// success, or errc::invalid_signature if `wallet` did not sign `message`.
[[nodiscard]] error_code verify_wallet(wallet_address const& wallet, byte_view message,
                                       wallet_signature const& sig);

} // namespace tau::identity
