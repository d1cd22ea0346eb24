#include "identity/container.hpp"

#include <gtest/gtest.h>

#include <openssl/sha.h>

namespace tau::identity {
namespace {

constexpr container_format format{{'T', 'A', 'U', '-', 'T', 'S', 'T', '\n'}, 1, 100};
constexpr std::size_t overhead = 66 + 32; // header and checksum

struct Container : testing::Test {
    seeded_random random{1};
    bytes const body = to_bytes("the body");
    byte_view const passphrase = as_bytes("correct horse");

    bytes seal(byte_view with) {
        auto const out = seal_container(format, body, with, passphrase_cost::least(), random);
        return to_bytes(out.value().view());
    }
    static result<secret_bytes> open(byte_view data, byte_view with) {
        TAU_TRY(parsed, parse_container(format, data));
        return open_container(parsed, with);
    }
    // What somebody who knows the format can write: another header, a right checksum.
    static bytes forged(bytes data, std::size_t at, std::uint8_t value) {
        data[at] = value;
        SHA256(data.data(), data.size() - 32, data.data() + data.size() - 32);
        return data;
    }
};

TEST_F(Container, ComesBackWithAndWithoutPassphrase) {
    auto const sealed = seal(passphrase);
    auto const clear = seal({});
    EXPECT_EQ(sealed.size(), overhead + body.size() + 16);
    EXPECT_EQ(clear.size(), overhead + body.size());
    EXPECT_EQ(to_bytes(open(sealed, passphrase).value().view()), body);
    EXPECT_EQ(to_bytes(open(clear, {}).value().view()), body);
    EXPECT_EQ(to_bytes(open(clear, passphrase).value().view()), body);
}

TEST_F(Container, HidesTheBodyAndNeverRepeatsItself) {
    auto const sealed = seal(passphrase);
    EXPECT_EQ(as_text(sealed).find("the body"), std::string_view::npos);
    EXPECT_NE(sealed, seal(passphrase));
}

TEST_F(Container, TellsWrongPassphraseFromNone) {
    auto const sealed = seal(passphrase);
    EXPECT_EQ(open(sealed, as_bytes("incorrect horse")).error(), errc::wrong_passphrase);
    EXPECT_EQ(open(sealed, bytes(max_passphrase_bytes + 1, 'a')).error(), errc::wrong_passphrase);
    EXPECT_EQ(open(sealed, {}).error(), errc::passphrase_required);
}

TEST_F(Container, CallsEveryTruncationATruncation) {
    for (auto const& data : {seal(passphrase), seal({})})
        for (std::size_t size = 0; size < data.size(); ++size)
            EXPECT_EQ(open(byte_view(data).first(size), passphrase).error(), errc::invalid_length)
                << size;
}

TEST_F(Container, NoticesEveryChangedOctet) {
    for (auto const& data : {seal(passphrase), seal({})})
        for (std::size_t i = 0; i < data.size(); ++i) {
            auto changed = data;
            changed[i] ^= 0x40;
            auto const error = open(changed, passphrase).error();
            if (i < 8)
                EXPECT_EQ(error, errc::invalid_encoding) << i;
            else if (i == 8)
                EXPECT_EQ(error, errc::unsupported_version);
            else if (i < 58 || i > 65)
                EXPECT_EQ(error, errc::invalid_checksum) << i;
            else // the length: what follows looks damaged or cut off
                EXPECT_TRUE(error == errc::invalid_checksum || error == errc::invalid_length) << i;
        }
}

TEST_F(Container, RefusesForgedHeaders) {
    auto const sealed = seal(passphrase);
    EXPECT_EQ(open(forged(sealed, 9, 2), passphrase).error(), errc::unsupported_version);
    EXPECT_EQ(open(forged(sealed, 10, 0x80), passphrase).error(), errc::invalid_argument); // passes
    EXPECT_EQ(open(forged(sealed, 13, 0), passphrase).error(), errc::invalid_argument);
    EXPECT_EQ(open(forged(sealed, 14, 0x7f), passphrase).error(), errc::invalid_argument); // memory
    EXPECT_EQ(open(forged(sealed, 17, 7), passphrase).error(), errc::invalid_argument);
    EXPECT_EQ(open(forged(sealed, 58, 1), passphrase).error(), errc::too_large);
    EXPECT_EQ(open(forged(sealed, 65, 1), passphrase).error(), errc::invalid_length);
    EXPECT_EQ(open(forged(sealed, 20, 9), passphrase).error(), errc::wrong_passphrase); // salt
    EXPECT_EQ(open(forged(seal({}), 9, 1), passphrase).error(), errc::invalid_argument);
    EXPECT_EQ(open(forged(seal({}), 20, 1), {}).error(), errc::invalid_encoding);
}

TEST_F(Container, KeepsItsLimits) {
    bytes const most(format.max_body_bytes, 'b');
    bytes const more(format.max_body_bytes + 1, 'b');
    auto const least = passphrase_cost::least();
    for (auto const with : {passphrase, byte_view()}) {
        auto const sealed = seal_container(format, most, with, least, random);
        EXPECT_EQ(to_bytes(open(sealed.value().view(), with).value().view()), most);
        EXPECT_EQ(seal_container(format, more, with, least, random).error(), errc::too_large);
    }
    EXPECT_EQ(
        seal_container(format, body, bytes(max_passphrase_bytes + 1, 'a'), least, random).error(),
        errc::too_large);
    EXPECT_EQ(seal_container(format, body, passphrase, {0, 8}, random).error(),
              errc::invalid_argument);
    EXPECT_EQ(seal_container(format, body, passphrase, {1, max_passphrase_memory_kib + 1}, random)
                  .error(),
              errc::invalid_argument);
}

} // namespace
} // namespace tau::identity
