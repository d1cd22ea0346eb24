#include "identity/keyring.hpp"

#include "keys.hpp"

#include <gtest/gtest.h>

#include <set>

namespace tau::identity {
namespace {

using test::fixed;

TEST(Keyring, GivesTheKeysThatItsWirePageShows) {
    bytes master(32);
    for (std::size_t i = 0; i < master.size(); ++i)
        master[i] = static_cast<std::uint8_t>(i);
    auto const keys = keyring::from({secret_bytes::from(master), std::nullopt, {}}).value();
    EXPECT_EQ(to_hex(keys.key()),
              "3b951c7793a8d4804ff8d6c48d4c0d70e11e1645808fd7d174d2fe58bab86a0b");
    EXPECT_EQ(to_eip55(keys.wallet()), "0x448b4FbbcFE378E965DB9Ed5696600D86d246866");
    EXPECT_EQ(to_hex(keys.sealing_public()),
              "1cd1cef9e14ed6ae22e601a15fa8ba9e33b62532b41b90bdb3ee852546ce4c20");
    EXPECT_EQ(to_hex(keys.contact_key(0)),
              "02cb9a90381edf810a288b7c749465873d3a275a8751cc63f0ff0bbc4b6733bd");
    EXPECT_EQ(to_hex(keys.storage_key().view()),
              "664994b51d48ceedfba550bd1be711bbb84f3a31d622052f09948af56f3818a2");
    EXPECT_EQ(to_hex(keys.shared_secret(test::keys_of(1).key()).value().view()),
              "3fecec9684e46e86d004b7d75bd8a3df553ca806b62f8c3bda9908e2a22f2a20");
}

TEST(Keyring, SignsWhatItsPublicKeyVerifies) {
    auto const keys = test::keys_of(1);
    auto const message = as_bytes("hello");
    auto const sig = keys.sign(message);
    EXPECT_TRUE(verify(keys.key(), message, sig));
    EXPECT_FALSE(verify(keys.key(), as_bytes("hellp"), sig));
    EXPECT_FALSE(verify(test::keys_of(2).key(), message, sig));
    EXPECT_FALSE(verify(keys.key(), message, {}));
    EXPECT_FALSE(verify_wallet(keys.wallet(), message, keys.personal_sign(message)));
}

TEST(Keyring, VerifiesTheVectorsOfRfc8032) {
    auto const key1 = fixed<public_key>("d75a980182b10ab7d54bfed3c964073a"
                                        "0ee172f3daa62325af021a68f707511a");
    auto const sig1 = fixed<signature>("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065"
                                       "224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24"
                                       "655141438e7a100b");
    auto const key2 = fixed<public_key>("3d4017c3e843895a92b70aa74d1b7ebc"
                                        "9c982ccf2ec4968cc0cd55f12af4660c");
    auto const sig2 = fixed<signature>("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223"
                                       "ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aee"
                                       "b00d291612bb0c00");
    bytes const one_octet{0x72};
    EXPECT_TRUE(verify(key1, {}, sig1));
    EXPECT_TRUE(verify(key2, one_octet, sig2));
    EXPECT_FALSE(verify(key2, {}, sig2));
    EXPECT_FALSE(verify(key2, {}, sig1));
}

TEST(Keyring, UsesAnImportedWalletWithoutChangingTheKey) {
    auto secret = test::secret_of(1);
    auto const derived = keyring::from(secret).value();
    secret.imported_wallet = parse_wallet_secret(std::string(64, '1')).value();
    auto const imported = keyring::from(secret).value();
    EXPECT_EQ(imported.key(), derived.key());
    EXPECT_NE(imported.wallet(), derived.wallet());
    EXPECT_EQ(imported.wallet(),
              wallet_key::from(secret.imported_wallet->view()).value().address());
    auto const copied = keyring::from(secret.copy()).value();
    EXPECT_EQ(copied.wallet(), imported.wallet());
}

TEST(Keyring, RefusesBrokenSecrets) {
    EXPECT_EQ(keyring::from({secret_bytes(31), std::nullopt, {}}).error(), errc::invalid_length);
    EXPECT_EQ(keyring::from({}).error(), errc::invalid_length);
    auto secret = test::secret_of(1);
    secret.imported_wallet = secret_bytes(32);
    EXPECT_EQ(keyring::from(secret).error(), errc::invalid_argument);
}

TEST(Keyring, SealingKeyIsFoundFromThePublicKeyAlone) {
    for (std::uint8_t i = 0; i < 20; ++i) {
        auto const keys = test::keys_of(i);
        EXPECT_EQ(sealing_key_of(keys.key()).value(), keys.sealing_public());
    }
}

TEST(Keyring, RefusesKeysThatNobodyCanSealTo) {
    // 0 and 1 have order 4 and 1; 2 is not on the curve; the last has order 8.
    for (auto const* hex : {"0000000000000000000000000000000000000000000000000000000000000000",
                            "0100000000000000000000000000000000000000000000000000000000000000",
                            "0200000000000000000000000000000000000000000000000000000000000000",
                            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"}) {
        auto const key = fixed<public_key>(hex);
        EXPECT_EQ(sealing_key_of(key).error(), errc::invalid_argument) << hex;
        EXPECT_EQ(test::keys_of(1).shared_secret(key).error(), errc::invalid_argument) << hex;
    }
}

TEST(Keyring, SharesASecretWithOnePartnerOnly) {
    auto const a = test::keys_of(1);
    auto const b = test::keys_of(2);
    auto const c = test::keys_of(3);
    auto const ab = a.shared_secret(b.key()).value();
    EXPECT_EQ(ab.size(), 32u);
    EXPECT_EQ(ab, b.shared_secret(a.key()).value());
    EXPECT_FALSE(ab == a.shared_secret(c.key()).value());
    EXPECT_FALSE(ab == c.shared_secret(b.key()).value());
}

TEST(Keyring, GivesEveryPurposeAndGenerationItsOwnKey) {
    auto const keys = test::keys_of(1);
    std::set<bytes> seen{to_bytes(keys.storage_key().view()), to_bytes(keys.key()),
                         to_bytes(keys.sealing_secret().view())};
    for (std::uint32_t generation = 0; generation < 100; ++generation)
        seen.insert(to_bytes(keys.contact_key(generation)));
    EXPECT_EQ(seen.size(), 103u);
    EXPECT_EQ(keys.contact_key(7), test::keys_of(1).contact_key(7));
    EXPECT_NE(keys.contact_key(7), test::keys_of(2).contact_key(7));
}

TEST(IdentitySecret, IsFreshEachTime) {
    system_random random;
    auto const a = identity_secret::make(random, test::some_time);
    auto const b = identity_secret::make(random, test::some_time);
    EXPECT_FALSE(a.master == b.master);
    EXPECT_FALSE(a.imported_wallet);
    EXPECT_EQ(a.created, test::some_time);
}

} // namespace
} // namespace tau::identity
