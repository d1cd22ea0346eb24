#include "identity/keyring.hpp"

#include "identity/kdf.hpp"

#include <sodium.h>

#include <algorithm>
#include <string>

namespace tau::identity {
namespace {

// docs/wire/identity.md, "Keys". A changed label is another identity.
constexpr std::string_view ed25519_label = "tau-ed25519-v1";
constexpr std::string_view wallet_label = "tau-wallet-v1";
constexpr std::string_view contact_label = "tau-contact-v1";
constexpr std::string_view storage_label = "tau-storage-v1";
constexpr std::string_view shared_label = "tau-shared-v1";

// Almost every 32 octets are a secp256k1 key; the counter is for the rest (one in 2^127).
result<wallet_key> derive_wallet(byte_view master) {
    for (int counter = 0; counter < 256; ++counter) {
        TAU_TRY(secret, derive_key(master, std::string(wallet_label) + std::to_string(counter)));
        auto key = wallet_key::from(secret.view());
        if (key || key.error() != errc::invalid_argument)
            return key;
    }
    return errc::invalid_argument;
}

} // namespace

identity_secret identity_secret::make(random_source& random, unix_ms now) {
    return {secret_bytes::random(master_size, random), std::nullopt, now};
}

identity_secret identity_secret::copy() const {
    identity_secret out{master.copy(), std::nullopt, created};
    if (imported_wallet)
        out.imported_wallet = imported_wallet->copy();
    return out;
}

result<keyring> keyring::from(identity_secret const& secret) {
    if (secret.master.size() != identity_secret::master_size)
        return errc::invalid_length;
    auto const master = secret.master.view();
    auto wallet = secret.imported_wallet ? wallet_key::from(secret.imported_wallet->view())
                                         : derive_wallet(master);
    if (!wallet)
        return wallet.error();
    keyring out(std::move(wallet).value());

    TAU_TRY(seed, derive_key(master, ed25519_label));
    out.m_signing_secret = secret_bytes(crypto_sign_SECRETKEYBYTES);
    crypto_sign_seed_keypair(out.m_public_key.data(), out.m_signing_secret.data(), seed.data());
    out.m_sealing_secret = secret_bytes(crypto_scalarmult_SCALARBYTES);
    crypto_sign_ed25519_sk_to_curve25519(out.m_sealing_secret.data(), out.m_signing_secret.data());
    crypto_scalarmult_base(out.m_sealing_public.data(), out.m_sealing_secret.data());

    TAU_TRY(contact_root, derive_key(master, contact_label));
    out.m_contact_root = std::move(contact_root);
    TAU_TRY(storage_key, derive_key(master, storage_label));
    out.m_storage_key = std::move(storage_key);
    return out;
}

signature keyring::sign(byte_view message) const {
    signature out;
    crypto_sign_detached(out.data(), nullptr, message.data(), message.size(),
                         m_signing_secret.data());
    return out;
}

wallet_signature keyring::personal_sign(byte_view message) const {
    return m_wallet.personal_sign(message);
}

result<secret_bytes> keyring::shared_secret(public_key const& remote) const {
    TAU_TRY(remote_sealing, sealing_key_of(remote));
    secret_bytes raw(crypto_scalarmult_BYTES);
    if (crypto_scalarmult(raw.data(), m_sealing_secret.data(), remote_sealing.data()) != 0)
        return errc::invalid_argument;
    auto const [low, high] = std::minmax(m_public_key, remote);
    auto info = to_bytes(shared_label);
    info.insert(info.end(), low.begin(), low.end());
    info.insert(info.end(), high.begin(), high.end());
    return hkdf_sha256(raw.view(), {}, info, 32);
}

identity::contact_key keyring::contact_key(std::uint32_t generation) const {
    auto const label = "generation-" + std::to_string(generation);
    // Fixed sizes and a checked key: hkdf_sha256 can only fail for want of memory.
    auto const key = derive_key(m_contact_root.view(), label).value();
    return identity::contact_key::from(key.view()).value();
}

} // namespace tau::identity
