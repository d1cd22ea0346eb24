#include "identity/wallet.hpp"

#include "core/hex.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace tau::identity {
namespace {

// EIP-55, "Test cases".
constexpr std::array published{
    "0x52908400098527886E0F7030069857D2E4169EE7", "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
    "0xde709f2102306220921060314715629080e2fb77", "0x27b1fdb04752bbc536007a920d24acb045561c26",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB", "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb"};

std::string with_digits(std::string text, int (*change)(int)) {
    std::transform(text.begin() + 2, text.end(), text.begin() + 2,
                   [change](char c) { return static_cast<char>(change(c)); });
    return text;
}

TEST(Eip55, WritesAndReadsThePublishedAddresses) {
    for (std::string const text : published) {
        auto const wallet = parse_wallet(text);
        ASSERT_TRUE(wallet) << text;
        EXPECT_EQ(to_eip55(wallet.value()), text);
    }
}

TEST(Eip55, AcceptsOneCaseUnchecked) {
    for (std::string const text : published) {
        auto const wallet = parse_wallet(text).value();
        EXPECT_EQ(parse_wallet(with_digits(text, ::tolower)).value(), wallet);
        EXPECT_EQ(parse_wallet(with_digits(text, ::toupper)).value(), wallet);
    }
}

TEST(Eip55, RefusesEverySingleWrongCase) {
    std::string const right = published[4];
    for (std::size_t i = 2; i < right.size(); ++i) {
        if (!std::isalpha(static_cast<unsigned char>(right[i])))
            continue;
        auto wrong = right;
        wrong[i] = static_cast<char>(wrong[i] ^ 0x20);
        EXPECT_EQ(parse_wallet(wrong).error(), errc::invalid_checksum) << wrong;
    }
}

TEST(Eip55, RefusesOtherForms) {
    std::string const right = published[4];
    EXPECT_EQ(parse_wallet(right.substr(2)).error(), errc::invalid_encoding); // no prefix
    EXPECT_EQ(parse_wallet("0X" + right.substr(2)).error(), errc::invalid_encoding);
    EXPECT_EQ(parse_wallet("").error(), errc::invalid_encoding);
    EXPECT_EQ(parse_wallet(right + "0").error(), errc::invalid_length);
    EXPECT_EQ(parse_wallet("0x" + std::string(40, 'g')).error(), errc::invalid_encoding);
    for (std::size_t size = 2; size < right.size(); ++size)
        EXPECT_EQ(parse_wallet(right.substr(0, size)).error(), errc::invalid_length);
}

} // namespace
} // namespace tau::identity
