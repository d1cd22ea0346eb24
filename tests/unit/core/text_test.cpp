#include "core/text.hpp"

#include <gtest/gtest.h>

namespace tau {
namespace {

TEST(Text, KeepsOrdinaryUnicode) {
    std::string const text = "caf\xc3\xa9 \xf0\x9f\x98\x80";
    EXPECT_TRUE(is_utf8(text));
    EXPECT_EQ(escape_text(text), text);
}

TEST(Text, EscapesControlAndBidirectionalCharacters) {
    EXPECT_EQ(escape_text("a\x1b[2Jb"), "a\\x1b[2Jb");
    EXPECT_EQ(escape_text("a\xe2\x80\xae"
                          "b"),
              "a\\u202eb");
    EXPECT_EQ(escape_text("\xc2\x9b"), "\\x9b"); // C1 CSI
    EXPECT_EQ(escape_text("\xe2\x80\xa8"), "\\u2028");
}

TEST(Text, EscapesMalformedUtf8OctetByOctet) {
    for (auto const* text : {"\xff", "\xc0\xaf", "\xed\xa0\x80", "\xe2\x82", "\xf4\x90\x80\x80"}) {
        EXPECT_FALSE(is_utf8(text));
        EXPECT_EQ(escape_text(text).size(), std::string_view(text).size() * 4) << text;
    }
}

TEST(Text, KeepsLayoutOnlyWhenAsked) {
    EXPECT_EQ(escape_text("a\n\tb"), "a\\x0a\\x09b");
    EXPECT_EQ(escape_text("a\n\tb", escape_mode::keep_layout), "a\n\tb");
    EXPECT_EQ(escape_text("a\rb", escape_mode::keep_layout), "a\\x0db");
}

} // namespace
} // namespace tau
