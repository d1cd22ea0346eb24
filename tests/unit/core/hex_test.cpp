#include "core/hex.hpp"

#include <gtest/gtest.h>

namespace tau {
namespace {

TEST(Hex, RoundTripsEveryOctet) {
    bytes all(256);
    for (std::size_t i = 0; i < all.size(); ++i)
        all[i] = static_cast<std::uint8_t>(i);
    EXPECT_EQ(from_hex(to_hex(all)).value(), all);
}

TEST(Hex, AcceptsUpperCase) {
    EXPECT_EQ(from_hex("AbFf").value(), (bytes{0xab, 0xff}));
}

TEST(Hex, RejectsOddAndForeignCharacters) {
    EXPECT_EQ(from_hex("abc").error(), errc::invalid_encoding);
    EXPECT_EQ(from_hex("0x").error(), errc::invalid_encoding);
    EXPECT_EQ(from_hex("zz").error(), errc::invalid_encoding);
}

TEST(Hex, RejectsAnotherSizeForFixedTypes) {
    EXPECT_EQ(fixed_from_hex<target>("aabb").error(), errc::invalid_length);
    EXPECT_TRUE(fixed_from_hex<target>(std::string(40, 'a')));
}

} // namespace
} // namespace tau
