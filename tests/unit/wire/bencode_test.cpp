#include "wire/bencode.hpp"

#include <gtest/gtest.h>

namespace tau::wire {
namespace {

TEST(Bencode, WrapsAndUnwrapsStrings) {
    EXPECT_EQ(as_text(wrap_string(as_bytes("spam"))), "4:spam");
    EXPECT_EQ(as_text(unwrap_string(as_bytes("4:spam")).value()), "spam");
    EXPECT_TRUE(unwrap_string(as_bytes("0:")).value().empty());
}

TEST(Bencode, UnwrapsNothingElse) {
    for (auto const* text : {"", "4:spa", "4:spamx", "i1e", "de", "le", "-1:", "99999999999:a"})
        EXPECT_EQ(unwrap_string(as_bytes(text)).error(), errc::invalid_encoding) << text;
}

TEST(Bencode, ReadsIntegersWithinTheirRange) {
    auto const data = to_bytes("d1:ai-3e1:b1:xe");
    auto const in = dict_reader::parse(data).value();
    EXPECT_EQ(in.integer("a", -3, 0).value(), -3);
    EXPECT_EQ(in.integer("a", 0, 9).error(), errc::invalid_argument);
    EXPECT_EQ(in.integer("b", 0, 9).error(), errc::invalid_encoding);
    EXPECT_EQ(in.integer("c", 0, 9).error(), errc::invalid_encoding);
    EXPECT_EQ(in.string("a", 9).error(), errc::invalid_encoding);
    EXPECT_EQ(in.string("b", 0).error(), errc::too_large);
    EXPECT_EQ(in.text("c", 9).value(), "");
    EXPECT_FALSE(in.fixed_if<target>("c").value());
    EXPECT_EQ(in.fixed_if<target>("b").error(), errc::invalid_length);
}

TEST(Bencode, RefusesDeepAndManyTokens) {
    EXPECT_FALSE(
        dict_reader::parse(as_bytes("d1:a" + std::string(100, 'l') + std::string(100, 'e') + "e")));
    std::string many = "d1:al";
    for (int i = 0; i < 600; ++i)
        many += "i1e";
    EXPECT_FALSE(dict_reader::parse(as_bytes(many + "ee")));
}

} // namespace
} // namespace tau::wire
