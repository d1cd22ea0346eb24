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

// The last 20 octets of Keccak-256 over the 64 octets of the uncompressed point.
wallet_address address_of(secp256k1_pubkey const& key) {
    std::array<std::uint8_t, 65> point{};
    std::size_t size = point.size();
    secp256k1_ec_pubkey_serialize(context(), point.data(), &size, &key, SECP256K1_EC_UNCOMPRESSED);
    auto const hash = keccak256(byte_view(point).subspan(1));
    wallet_address out;
    std::copy(hash.octets.end() - wallet_address::size_bytes, hash.octets.end(),
              out.octets.begin());
    return out;
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
    out.m_address = address_of(point);
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

result<wallet_address> recover_wallet(byte_view message, wallet_signature const& sig) {
    auto const v = sig.octets[64];
    int const recovery_id = v >= v_base ? v - v_base : v;
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
    return address_of(key);
}

error_code verify_wallet(wallet_address const& wallet, byte_view message,
                         wallet_signature const& sig) {
    auto const signer = recover_wallet(message, sig);
    return signer && signer.value() == wallet ? error_code() : errc::invalid_signature;
}

} // namespace tau::identity
