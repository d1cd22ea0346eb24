#include "identity/backup.hpp"

#include "identity/private_file.hpp"
#include "keys.hpp"
#include "support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>

namespace tau::identity {
namespace {

struct Backup : testing::Test {
    test::temp_folder folder;
    std::filesystem::path const file = folder / "tau.backup";
    identity_secret secret = test::secret_of(5);
    seeded_random random{1};
    byte_view const passphrase = as_bytes("correct horse");
    passphrase_cost const cost = passphrase_cost::least();
    bytes const payload = to_bytes("messages");
};

TEST_F(Backup, RestoresIdentityAndPayloadIntoANewFolder) {
    secret.imported_wallet = parse_wallet_secret(std::string(64, '1')).value();
    ASSERT_FALSE(write_backup(file, secret, payload, passphrase, random, cost));
    auto const restored = read_backup(file, passphrase);
    ASSERT_TRUE(restored);
    EXPECT_EQ(to_bytes(restored.value().payload.view()), payload);

    key_file const key(folder / key_file_name);
    ASSERT_FALSE(key.create(restored.value().secret, {}, random));
    auto const before = keyring::from(secret).value();
    auto const after = keyring::from(key.load({}).value()).value();
    EXPECT_EQ(after.key(), before.key());
    EXPECT_EQ(after.wallet(), before.wallet());
}

TEST_F(Backup, IsNeverWrittenInTheClear) {
    EXPECT_EQ(write_backup(file, secret, payload, {}, random, cost), errc::passphrase_required);
    EXPECT_FALSE(std::filesystem::exists(file));
    auto const data = encode_backup(secret, payload, passphrase, random, cost).value();
    EXPECT_EQ(as_text(data.view()).find("messages"), std::string_view::npos);
}

TEST_F(Backup, NeverOverwritesAndIsReadableWhereverItLies) {
    ASSERT_FALSE(write_backup(file, secret, payload, passphrase, random, cost));
    EXPECT_EQ(write_backup(file, secret, {}, passphrase, random, cost), errc::already_exists);
    ASSERT_EQ(::chmod(file.c_str(), 0644), 0);
    EXPECT_TRUE(read_backup(file, passphrase));
    EXPECT_EQ(read_backup(folder / "none", passphrase).error(), errc::not_found);
}

TEST_F(Backup, TellsWhatIsWrong) {
    auto const right =
        to_bytes(encode_backup(secret, payload, passphrase, random, cost).value().view());
    EXPECT_EQ(decode_backup(right, as_bytes("wrong")).error(), errc::wrong_passphrase);
    EXPECT_EQ(decode_backup(right, {}).error(), errc::passphrase_required);
    for (std::size_t size = 0; size < right.size(); ++size)
        ASSERT_EQ(decode_backup(byte_view(right).first(size), passphrase).error(),
                  errc::invalid_length);
    auto changed = right;
    changed[120] ^= 1;
    EXPECT_EQ(decode_backup(changed, passphrase).error(), errc::invalid_checksum);
    auto const key = encode_key_file(secret, passphrase, cost, random).value();
    EXPECT_EQ(decode_backup(key.view(), passphrase).error(), errc::invalid_encoding);
    EXPECT_EQ(decode_key_file(right, passphrase).error(), errc::invalid_encoding);
}

TEST_F(Backup, HoldsAnEmptyAndALargePayload) {
    for (std::size_t const size : {std::size_t{0}, std::size_t{5'000'000}}) {
        bytes data(size);
        random.fill(data);
        auto const sealed = encode_backup(secret, data, passphrase, random, cost).value();
        EXPECT_EQ(to_bytes(decode_backup(sealed.view(), passphrase).value().payload.view()), data);
    }
}

} // namespace
} // namespace tau::identity
