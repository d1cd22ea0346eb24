#include "identity/wallet.hpp"

#include "core/hex.hpp"
#include "identity/keccak.hpp"

#include <secp256k1_recovery.h>
#include <sodium.h>

#include <array>
#include <memory>
#include <stdexcept>

namespace tau::identity {
namespace {

constexpr std::uint8_t v_base = 27; // Ethereum's offset of the recovery id

struct free_context {
    void operator()(secp256k1_context* context) const { secp256k1_context_destroy(context); }
};

// One context, blinded once against side channels; const use is safe from any thread.
secp256k1_context const* context() {
    static auto const instance = [] {
        std::unique_ptr<secp256k1_context, free_context> out(
            secp256k1_context_create(SECP256K1_CONTEXT_SIGN | SECP256K1_CONTEXT_VERIFY));
        auto const seed = system_random().make<hash256>();
        if (secp256k1_context_randomize(out.get(), seed.data()) != 1)
            throw std::runtime_error("libsecp256k1 could not be initialised");
        return out;
    }();
    return instance.get();
}

// SEC 1: an uncompressed point is this octet, x and y.
constexpr std::uint8_t uncompressed = 4;
using encoded_point = std::array<std::uint8_t, 1 + wallet_point::size_bytes>;

wallet_point point_of(secp256k1_pubkey const& key) {
    encoded_point encoded{};
    std::size_t size = encoded.size();
    secp256k1_ec_pubkey_serialize(context(), encoded.data(), &size, &key,
                                  SECP256K1_EC_UNCOMPRESSED);
    wallet_point out;
    std::copy(encoded.begin() + 1, encoded.end(), out.octets.begin());
    return out;
}

/// 0 or 1; more for what is no recovery id.
int recovery_id_of(wallet_signature const& sig) {
    auto const v = sig.octets[64];
    return v >= v_base ? v - v_base : v;
}

bool has_high_s(secp256k1_ecdsa_recoverable_signature const& recoverable) {
    secp256k1_ecdsa_signature plain;
    secp256k1_ecdsa_recoverable_signature_convert(context(), &plain, &recoverable);
    return secp256k1_ecdsa_signature_normalize(context(), nullptr, &plain) == 1;
}

} // namespace

result<wallet_key> wallet_key::from(byte_view secret) {
    if (secret.size() != secret_size)
        return errc::invalid_length;
    secp256k1_pubkey point;
    if (secp256k1_ec_pubkey_create(context(), &point, secret.data()) != 1)
        return errc::invalid_argument;
    wallet_key out;
    out.m_secret = secret_bytes::from(secret);
    out.m_address = address_of(point_of(point));
    return out;
}

wallet_signature wallet_key::personal_sign(byte_view message) const {
    auto const hash = personal_message_hash(message);
    secp256k1_ecdsa_recoverable_signature sig;
    // Cannot fail: the key was checked when it was made, and the nonce function is RFC 6979's.
    if (secp256k1_ecdsa_sign_recoverable(context(), &sig, hash.data(), m_secret.data(), nullptr,
                                         nullptr)
        != 1)
        throw std::logic_error("signing with a checked wallet key failed");
    wallet_signature out;
    int recovery_id = 0;
    secp256k1_ecdsa_recoverable_signature_serialize_compact(context(), out.data(), &recovery_id,
                                                            &sig);
    out.octets[64] = static_cast<std::uint8_t>(v_base + recovery_id);
    return out;
}

result<secret_bytes> parse_wallet_secret(std::string_view text) {
    if (text.starts_with("0x") || text.starts_with("0X"))
        text.remove_prefix(2);
    if (text.size() != 2 * wallet_key::secret_size)
        return errc::invalid_length;
    secret_bytes out(wallet_key::secret_size);
    std::size_t written = 0;
    if (sodium_hex2bin(out.data(), out.size(), text.data(), text.size(), nullptr, &written, nullptr)
            != 0
        || written != out.size())
        return errc::invalid_encoding;
    if (secp256k1_ec_seckey_verify(context(), out.data()) != 1)
        return errc::invalid_argument;
    return out;
}

hash256 personal_message_hash(byte_view message) {
    auto signed_octets = to_bytes("\x19"
                                  "Ethereum Signed Message:\n"
                                  + std::to_string(message.size()));
    signed_octets.insert(signed_octets.end(), message.begin(), message.end());
    return keccak256(signed_octets);
}

// EIP-55: the last 20 octets of Keccak-256 over the point.
wallet_address address_of(wallet_point const& point) {
    auto const hash = keccak256(point.view());
    wallet_address out;
    std::copy(hash.octets.end() - wallet_address::size_bytes, hash.octets.end(),
              out.octets.begin());
    return out;
}

result<wallet_point> recover_point(byte_view message, wallet_signature const& sig) {
    int const recovery_id = recovery_id_of(sig);
    if (recovery_id > 1)
        return errc::invalid_signature;
    secp256k1_ecdsa_recoverable_signature parsed;
    if (secp256k1_ecdsa_recoverable_signature_parse_compact(context(), &parsed, sig.data(),
                                                            recovery_id)
            != 1
        || has_high_s(parsed))
        return errc::invalid_signature;
    auto const hash = personal_message_hash(message);
    secp256k1_pubkey key;
    if (secp256k1_ecdsa_recover(context(), &key, &parsed, hash.data()) != 1)
        return errc::invalid_signature;
    return point_of(key);
}

error_code verify_point(wallet_point const& signer, byte_view message,
                        wallet_signature const& sig) {
    encoded_point encoded{uncompressed};
    std::copy(signer.begin(), signer.end(), encoded.begin() + 1);
    secp256k1_pubkey key;
    secp256k1_ecdsa_signature parsed;
    auto const hash = personal_message_hash(message);
    // A high s is refused by the library.
    bool const ok =
        recovery_id_of(sig) <= 1
        && secp256k1_ec_pubkey_parse(context(), &key, encoded.data(), encoded.size()) == 1
        && secp256k1_ecdsa_signature_parse_compact(context(), &parsed, sig.data()) == 1
        && secp256k1_ecdsa_verify(context(), &parsed, hash.data(), &key) == 1;
    return ok ? error_code() : errc::invalid_signature;
}

result<wallet_address> recover_wallet(byte_view message, wallet_signature const& sig) {
    TAU_TRY(point, recover_point(message, sig));
    return address_of(point);
}

error_code verify_wallet(wallet_address const& wallet, byte_view message,
                         wallet_signature const& sig) {
    auto const signer = recover_wallet(message, sig);
    return signer && signer.value() == wallet ? error_code() : errc::invalid_signature;
}

} // namespace tau::identity
