#include "identity/key_file.hpp"

#include "identity/private_file.hpp"
#include "keys.hpp"
#include "support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tau::identity {
namespace {

namespace fs = std::filesystem;

struct KeyFile : testing::Test {
    test::temp_folder folder;
    key_file const file{folder / key_file_name};
    identity_secret const secret = test::secret_of(5);
    seeded_random random{1};
    byte_view const passphrase = as_bytes("correct horse");
    passphrase_cost const cost = passphrase_cost::least();

    error_code create(byte_view with) { return file.create(secret, with, random, cost); }
    std::string content() const {
        std::ifstream in(file.path(), std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    void overwrite(std::string const& text) const {
        std::ofstream(file.path(), std::ios::binary) << text;
    }
    mode_t mode() const {
        struct stat status {};
        return ::stat(file.path().c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
    }
    std::size_t files_in_folder() const {
        return static_cast<std::size_t>(
            std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()));
    }
};

TEST_F(KeyFile, GivesTheIdentityBackOverItsLife) {
    EXPECT_EQ(file.load({}).error(), errc::not_found);
    ASSERT_FALSE(create({}));
    auto const loaded = file.load({});
    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded.value().master, secret.master);
    EXPECT_EQ(loaded.value().created, secret.created);
    EXPECT_FALSE(loaded.value().imported_wallet);
    EXPECT_FALSE(file.is_protected().value());
    EXPECT_EQ(files_in_folder(), 1u); // no temporary file is left
}

TEST_F(KeyFile, LeftoversOfAKilledWriterAreRemovedAndNothingElse) {
    ASSERT_FALSE(create({}));
    auto const name = file.path().filename().string();
    for (auto const& other :
         {"." + name + ".0123abcd", "." + name + ".0123abcx", "." + name + ".0123abcde",
          std::string(".other.0123abcd"), name + ".bak"})
        std::ofstream(folder / other) << "x";
    remove_unfinished(file.path());
    EXPECT_EQ(files_in_folder(), 5u);
    EXPECT_FALSE(fs::exists(folder / ("." + name + ".0123abcd")));
    EXPECT_TRUE(file.load({}));
}

TEST_F(KeyFile, KeepsAnImportedWallet) {
    auto with_wallet = secret.copy();
    with_wallet.imported_wallet = parse_wallet_secret(std::string(64, '1')).value();
    ASSERT_FALSE(file.create(with_wallet, passphrase, random, cost));
    EXPECT_EQ(*file.load(passphrase).value().imported_wallet, *with_wallet.imported_wallet);
}

TEST_F(KeyFile, IsReadableByUsAloneWhateverTheUmask) {
    for (mode_t const mask : {0, 0777}) {
        auto const old = ::umask(mask);
        auto const problem = create({});
        ::umask(old);
        ASSERT_FALSE(problem);
        EXPECT_EQ(mode(), 0600u);
        fs::remove(file.path());
    }
}

TEST_F(KeyFile, NeverOverwrites) {
    ASSERT_FALSE(create({}));
    auto const before = content();
    EXPECT_EQ(create(passphrase), errc::already_exists);
    EXPECT_EQ(content(), before);
    fs::remove(file.path());
    fs::create_symlink(folder / "elsewhere", file.path());
    EXPECT_EQ(create({}), errc::already_exists);
    EXPECT_FALSE(fs::exists(folder / "elsewhere"));
}

TEST_F(KeyFile, OpensWithItsPassphraseOnly) {
    ASSERT_FALSE(create(passphrase));
    auto const before = content();
    EXPECT_EQ(file.load(passphrase).value().master, secret.master);
    EXPECT_EQ(file.load({}).error(), errc::passphrase_required);
    EXPECT_EQ(file.load(as_bytes("wrong")).error(), errc::wrong_passphrase);
    EXPECT_TRUE(file.is_protected().value());
    EXPECT_EQ(content(), before);
}

TEST_F(KeyFile, ChangesItsPassphrase) {
    ASSERT_FALSE(create({}));
    EXPECT_FALSE(file.change_passphrase({}, passphrase, random, cost));
    EXPECT_EQ(file.load({}).error(), errc::passphrase_required);
    EXPECT_EQ(mode(), 0600u);
    EXPECT_FALSE(file.change_passphrase(passphrase, as_bytes("new"), random, cost));
    EXPECT_EQ(file.load(passphrase).error(), errc::wrong_passphrase);
    EXPECT_FALSE(file.change_passphrase(as_bytes("new"), {}, random, cost));
    EXPECT_EQ(file.load({}).value().master, secret.master);
    EXPECT_EQ(files_in_folder(), 1u);
}

TEST_F(KeyFile, StaysAsItWasWhenAChangeFails) {
    ASSERT_FALSE(create(passphrase));
    auto const before = content();
    EXPECT_EQ(file.change_passphrase(as_bytes("wrong"), {}, random, cost), errc::wrong_passphrase);
    EXPECT_EQ(file.change_passphrase({}, {}, random, cost), errc::passphrase_required);
    EXPECT_EQ(file.change_passphrase(passphrase, bytes(max_passphrase_bytes + 1), random, cost),
              errc::too_large);
    EXPECT_EQ(content(), before);
    EXPECT_EQ(files_in_folder(), 1u);
}

// A limit on the size of files stands in for a full disk: it fails in the same write.
struct file_size_limit {
    explicit file_size_limit(rlim_t most) {
        ::getrlimit(RLIMIT_FSIZE, &before);
        rlimit const now{most, before.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &now);
        handler = ::signal(SIGXFSZ, SIG_IGN);
    }
    ~file_size_limit() {
        ::signal(SIGXFSZ, handler);
        ::setrlimit(RLIMIT_FSIZE, &before);
    }
    rlimit before{};
    sighandler_t handler;
};

TEST_F(KeyFile, StaysAsItWasWhenTheDiskIsFull) {
    ASSERT_FALSE(create({}));
    auto const before = content();
    {
        file_size_limit const limit(100);
        EXPECT_EQ(file.change_passphrase({}, passphrase, random, cost), errc::disk_full);
        EXPECT_EQ(key_file(folder / "other").create(secret, {}, random), errc::disk_full);
    }
    EXPECT_EQ(content(), before);
    EXPECT_EQ(files_in_folder(), 1u);
}

TEST_F(KeyFile, RefusesWhatOthersMayTouch) {
    ASSERT_FALSE(create({}));
    for (mode_t const bad : {0640, 0604, 0620, 0602, 0610, 0644, 0777}) {
        ASSERT_EQ(::chmod(file.path().c_str(), bad), 0);
        EXPECT_EQ(file.load({}).error(), errc::insecure_permissions) << std::oct << bad;
        EXPECT_EQ(file.change_passphrase({}, passphrase, random, cost), errc::insecure_permissions);
        EXPECT_EQ(mode(), bad); // not mended behind the user's back
    }
    ASSERT_EQ(::chmod(file.path().c_str(), 0400), 0);
    EXPECT_TRUE(file.load({}));
}

TEST_F(KeyFile, RefusesAFileOfAnotherUser) {
    ASSERT_FALSE(create({}));
    if (::geteuid() == 0) {
        ASSERT_EQ(::chown(file.path().c_str(), 65534, 65534), 0);
        EXPECT_EQ(file.load({}).error(), errc::wrong_owner);
    } else { // only root can give files away, but everybody can see root's
        EXPECT_EQ(read_private_file("/etc/passwd", 1 << 20).error(), errc::wrong_owner);
    }
}

TEST_F(KeyFile, TellsTruncatedDamagedForeignAndNewerFilesApart) {
    ASSERT_FALSE(create(passphrase));
    auto const right = content();
    overwrite(right.substr(0, right.size() - 1));
    EXPECT_EQ(file.load(passphrase).error(), errc::invalid_length);
    overwrite("");
    EXPECT_EQ(file.load(passphrase).error(), errc::invalid_length);
    auto changed = right;
    changed[100] = static_cast<char>(changed[100] ^ 1);
    overwrite(changed);
    EXPECT_EQ(file.load(passphrase).error(), errc::invalid_checksum);
    changed = right;
    changed[8] = 2;
    overwrite(changed);
    EXPECT_EQ(file.load(passphrase).error(), errc::unsupported_version);
    overwrite("-----BEGIN PRIVATE KEY-----");
    EXPECT_EQ(file.load(passphrase).error(), errc::invalid_encoding);
    overwrite(std::string(1 << 20, 'x'));
    EXPECT_EQ(file.load(passphrase).error(), errc::too_large);
}

TEST_F(KeyFile, RefusesWhatIsNoFile) {
    EXPECT_EQ(key_file(folder.path()).load({}).error(), errc::invalid_argument);
    ASSERT_EQ(::mkfifo(file.path().c_str(), 0600), 0);
    EXPECT_EQ(file.load({}).error(), errc::invalid_argument); // and does not wait for a writer
    EXPECT_EQ(key_file(folder / "no/such/file").create(secret, {}, random), errc::not_found);
    EXPECT_EQ(key_file("/dev/full/x").create(secret, {}, random), errc::not_found);
}

TEST(SecretBlock, RefusesWhatEncodeWouldNotWrite) {
    auto const block = encode_secret_block(test::secret_of(1));
    ASSERT_EQ(block.size(), secret_block_bytes);
    EXPECT_EQ(decode_secret_block(block.view().first(72)).error(), errc::invalid_length);
    auto const changed = [&block](std::size_t at, std::uint8_t value) {
        auto copy = to_bytes(block.view());
        copy[at] = value;
        return decode_secret_block(copy).error();
    };
    EXPECT_EQ(changed(0, 2), errc::invalid_encoding);     // unknown flag
    EXPECT_EQ(changed(0, 1), errc::invalid_encoding);     // a wallet key of zeroes
    EXPECT_EQ(changed(40, 1), errc::invalid_encoding);    // a wallet key without its flag
    EXPECT_EQ(changed(65, 0x7f), errc::invalid_encoding); // made after the year 9999
}

TEST(PrivateFolder, IsMadeWithItsParentsAndCheckedWhenItExists) {
    test::temp_folder folder;
    auto const deep = folder / "a/b/c";
    EXPECT_FALSE(make_private_folder(deep));
    EXPECT_FALSE(make_private_folder(deep)); // again is no error
    EXPECT_EQ(fs::status(folder / "a/b").permissions(), fs::perms::owner_all);
    ASSERT_EQ(::chmod(deep.c_str(), 0755), 0);
    EXPECT_FALSE(make_private_folder(deep));
    ASSERT_EQ(::chmod(deep.c_str(), 0775), 0);
    EXPECT_EQ(make_private_folder(deep), errc::insecure_permissions);
    std::ofstream(folder / "file") << "x";
    EXPECT_EQ(make_private_folder(folder / "file"), errc::already_exists);
    EXPECT_EQ(make_private_folder(folder / "file/below"), errc::not_found);
}

} // namespace
} // namespace tau::identity
