#include "net/http_target.hpp"

#include <gtest/gtest.h>

namespace tau::net {
namespace {

TEST(HttpTarget, TakesPathAndQueryApart) {
    auto const out = parse_target("/v1/messages/a%2Fb?with=Bob+B&since=2026-01-01T00%3A00%3A00Z&x");
    ASSERT_TRUE(out);
    EXPECT_EQ(out.value().segments, (std::vector<std::string>{"v1", "messages", "a/b"}));
    EXPECT_EQ(out.value().query.at("with"), "Bob B");
    EXPECT_EQ(out.value().query.at("since"), "2026-01-01T00:00:00Z");
    EXPECT_EQ(out.value().query.at("x"), "");
}

TEST(HttpTarget, KeepsPlusInAPath) {
    EXPECT_EQ(parse_target("/a+b").value().segments.at(0), "a+b");
}

TEST(HttpTarget, RootHasNoSegments) {
    EXPECT_TRUE(parse_target("/").value().segments.empty());
    EXPECT_EQ(parse_target("/a//b").value().segments.size(), 3u);
}

TEST(HttpTarget, FirstOfEqualNamesHolds) {
    EXPECT_EQ(parse_target("/?a=1&a=2").value().query.at("a"), "1");
}

TEST(HttpTarget, RefusesOtherForms) {
    for (auto const* text : {"", "v1", "*", "http://host/v1", "?a=1"})
        EXPECT_EQ(parse_target(text).error(), errc::invalid_encoding) << text;
}

TEST(HttpTarget, RefusesBadEscapesAndControls) {
    for (auto const* text :
         {"/%", "/%4", "/%zz", "/%00", "/%0a", "/\x01", "/%ff", "/?a=%c3", "/%7f"})
        EXPECT_EQ(parse_target(text).error(), errc::invalid_encoding) << text;
}

TEST(HttpTarget, RefusesWhatIsTooLarge) {
    EXPECT_EQ(parse_target("/" + std::string(max_target_bytes, 'a')).error(), errc::too_large);
    std::string many;
    for (std::size_t i = 0; i <= max_target_parts; ++i)
        many += "/a";
    EXPECT_EQ(parse_target(many).error(), errc::too_large);
}

TEST(HttpTarget, EncodingRoundTrips) {
    std::string const text = "a b/c?d&e=f+g%h\xc3\xa4~";
    EXPECT_EQ(parse_target("/" + percent_encode(text)).value().segments.at(0), text);
    EXPECT_EQ(parse_target("/?x=" + percent_encode(text)).value().query.at("x"), text);
}

} // namespace
} // namespace tau::net
