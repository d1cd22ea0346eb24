#include "identity/wallet_verifier.hpp"

#include "keys.hpp"

#include <gtest/gtest.h>

namespace tau::identity {
namespace {

using test::fixed;

// A signature that a published document shows for key, text and address.
struct published {
    char const* secret;
    char const* wallet;
    char const* text;
    char const* hash; // nullptr if the document does not show it
    char const* signature;
};

constexpr std::array vectors{
    // web3.js 1.x, "web3.eth.accounts.sign"
    published{"0x4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318",
              "0x2c7536E3605D9C16a7a3D7b1898e529396a65c23", "Some data",
              "1da44b586eb0729ff70a73c326926f6ed5a25f5b056e7f47fbc6e58d86871655",
              "b91467e570a6466aa9e9876cbcd013baba02900b8979d43fe208a4a4f339f5fd"
              "6007e74cd82e037b800186422fc2da167c747ef045e5d18a5f5d4300f8e1a0291c"},
    // ethers, its test cases of signMessage
    published{"0x0123456789012345678901234567890123456789012345678901234567890123",
              "0x14791697260E4c9A71f18484C9f997B308e59325", "hello world", nullptr,
              "ddd0a7290af9526056b4e35a077b9a11b513aa0028ec6c9880948544508f3c63"
              "265e99e47ad31bb2cab9646c504576b3abc6939a1710afc08cbf3034d73214b81c"},
};

// The order of secp256k1's group.
constexpr auto group_order = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";

wallet_key key_from(std::string_view hex) {
    return wallet_key::from(parse_wallet_secret(hex).value().view()).value();
}

// The other form of the same signature: s' = n - s and the other parity.
wallet_signature mirrored(wallet_signature sig) {
    auto const order = from_hex(group_order).value();
    int borrow = 0;
    for (int i = 31; i >= 0; --i) {
        auto& octet = sig.octets[static_cast<std::size_t>(32 + i)];
        int const difference = order[static_cast<std::size_t>(i)] - octet - borrow;
        borrow = difference < 0;
        octet = static_cast<std::uint8_t>(difference);
    }
    sig.octets[64] = sig.octets[64] == 27 ? 28 : 27;
    return sig;
}

TEST(Wallet, SignsThePublishedMessages) {
    for (auto const& v : vectors) {
        auto const key = key_from(v.secret);
        EXPECT_EQ(to_eip55(key.address()), v.wallet);
        auto const message = as_bytes(v.text);
        if (v.hash != nullptr) {
            EXPECT_EQ(to_hex(personal_message_hash(message)), v.hash);
        }
        EXPECT_EQ(to_hex(key.personal_sign(message)), v.signature);
        auto const sig = fixed<wallet_signature>(v.signature);
        EXPECT_EQ(recover_wallet(message, sig).value(), key.address());
        EXPECT_FALSE(verify_wallet(key.address(), message, sig));
    }
}

TEST(Wallet, AcceptsARecoveryIdWithoutOffset) {
    auto const& v = vectors[0];
    auto sig = fixed<wallet_signature>(v.signature);
    sig.octets[64] = 1;
    EXPECT_EQ(to_eip55(recover_wallet(as_bytes(v.text), sig).value()), v.wallet);
    for (int const bad : {2, 3, 26, 29, 30, 37, 255}) {
        sig.octets[64] = static_cast<std::uint8_t>(bad);
        EXPECT_EQ(recover_wallet(as_bytes(v.text), sig).error(), errc::invalid_signature) << bad;
    }
}

TEST(Wallet, RefusesTheMirroredSignature) {
    auto const& v = vectors[0];
    auto const high = mirrored(fixed<wallet_signature>(v.signature));
    EXPECT_EQ(recover_wallet(as_bytes(v.text), high).error(), errc::invalid_signature);
    EXPECT_EQ(mirrored(high), fixed<wallet_signature>(v.signature));
}

TEST(Wallet, RefusesOtherTextWalletAndOctets) {
    auto const key = key_from(vectors[0].secret);
    auto const message = as_bytes("pay 10");
    auto const sig = key.personal_sign(message);
    EXPECT_EQ(verify_wallet(key.address(), as_bytes("pay 100"), sig), errc::invalid_signature);
    EXPECT_EQ(verify_wallet(key_from(vectors[1].secret).address(), message, sig),
              errc::invalid_signature);
    for (std::size_t i = 0; i < sig.size(); ++i) {
        auto changed = sig;
        changed.octets[i] ^= 0x80;
        EXPECT_EQ(verify_wallet(key.address(), message, changed), errc::invalid_signature) << i;
    }
    EXPECT_EQ(verify_wallet(key.address(), message, {}), errc::invalid_signature);
}

TEST(Wallet, VerifiesByAKnownKeyWhatItRecoversOtherwise) {
    for (auto const& v : vectors) {
        auto const message = as_bytes(v.text);
        auto const sig = fixed<wallet_signature>(v.signature);
        auto const point = recover_point(message, sig).value();
        EXPECT_EQ(to_eip55(address_of(point)), v.wallet);
        EXPECT_FALSE(verify_point(point, message, sig));
        EXPECT_EQ(verify_point(point, as_bytes("other"), sig), errc::invalid_signature);
        EXPECT_EQ(verify_point(point, message, mirrored(sig)), errc::invalid_signature);
        for (std::size_t i = 0; i < 64; ++i) {
            auto changed = sig;
            changed.octets[i] ^= 0x80;
            EXPECT_EQ(verify_point(point, message, changed), errc::invalid_signature) << i;
        }
        auto other_form = sig;
        other_form.octets[64] = 2;
        EXPECT_EQ(verify_point(point, message, other_form), errc::invalid_signature);
    }
    EXPECT_EQ(verify_point({}, as_bytes("x"), fixed<wallet_signature>(vectors[0].signature)),
              errc::invalid_signature);
}

TEST(WalletVerifier, RemembersKeysAndBelievesNobodyMoreForIt) {
    wallet_verifier verifier;
    auto const message = as_bytes("announce");
    for (std::uint8_t round = 0; round < 2; ++round)
        for (std::uint8_t i = 1; i <= 100; ++i) {
            bytes secret(wallet_key::secret_size, i);
            auto const key = wallet_key::from(secret).value();
            auto const sig = key.personal_sign(message);
            auto const other = wallet_key::from(bytes(wallet_key::secret_size, 101)).value();
            EXPECT_EQ(verifier.verify(other.address(), message, sig), errc::invalid_signature);
            EXPECT_FALSE(verifier.verify(key.address(), message, sig));
            EXPECT_EQ(verifier.verify(key.address(), as_bytes("else"), sig),
                      errc::invalid_signature);
            EXPECT_EQ(verifier.verify(key.address(), message, other.personal_sign(message)),
                      errc::invalid_signature);
        }
    EXPECT_EQ(verifier.verify({}, message, {}), errc::invalid_signature);
}

TEST(Wallet, SignsEmptyAndLongMessages) {
    auto const key = key_from(vectors[0].secret);
    for (std::size_t const size : {0, 1, 9, 10, 99, 100, 135, 136, 137, 1000}) {
        bytes const message(size, 'x');
        auto const sig = key.personal_sign(message);
        EXPECT_TRUE(sig.octets[64] == 27 || sig.octets[64] == 28);
        EXPECT_FALSE(verify_wallet(key.address(), message, sig)) << size;
    }
}

TEST(Wallet, RefusesSecretsOutsideTheGroup) {
    EXPECT_EQ(wallet_key::from(bytes(32, 0)).error(), errc::invalid_argument);
    EXPECT_EQ(wallet_key::from(from_hex(group_order).value()).error(), errc::invalid_argument);
    EXPECT_EQ(wallet_key::from(bytes(31, 1)).error(), errc::invalid_length);
    EXPECT_EQ(wallet_key::from(bytes(33, 1)).error(), errc::invalid_length);
}

TEST(Wallet, ReadsASecretAsWalletsExportIt) {
    std::string const digits(64, 'a');
    EXPECT_EQ(to_hex(parse_wallet_secret(digits).value().view()), digits);
    EXPECT_EQ(to_hex(parse_wallet_secret("0x" + std::string(64, 'A')).value().view()), digits);
    EXPECT_EQ(parse_wallet_secret("").error(), errc::invalid_length);
    EXPECT_EQ(parse_wallet_secret("0x").error(), errc::invalid_length);
    EXPECT_EQ(parse_wallet_secret(digits + "a").error(), errc::invalid_length);
    EXPECT_EQ(parse_wallet_secret(std::string(64, 'g')).error(), errc::invalid_encoding);
    EXPECT_EQ(parse_wallet_secret(std::string(63, 'a') + " ").error(), errc::invalid_encoding);
    EXPECT_EQ(parse_wallet_secret(group_order).error(), errc::invalid_argument);
    EXPECT_EQ(parse_wallet_secret(std::string(64, '0')).error(), errc::invalid_argument);
}

} // namespace
} // namespace tau::identity
