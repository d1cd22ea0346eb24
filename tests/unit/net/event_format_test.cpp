#include "net/event_format.hpp"

#include <gtest/gtest.h>

namespace tau::net {
namespace {

std::vector<server_event> parse(std::string_view text, std::size_t piece = 1000) {
    event_parser parser;
    std::vector<server_event> out;
    for (std::size_t i = 0; i < text.size(); i += piece) {
        auto events = parser.feed(text.substr(i, piece));
        EXPECT_TRUE(events);
        for (auto& event : events.value())
            out.push_back(std::move(event));
    }
    return out;
}

TEST(EventFormat, RoundTripsInPiecesOfAnySize) {
    auto const text = format_event({"message", "{\"a\":1}", "7"}) + ":\n\n"
                      + format_event({"", "line one\nline two\n", ""});
    for (std::size_t piece = 1; piece < 12; ++piece) {
        auto const out = parse(text, piece);
        ASSERT_EQ(out.size(), 2u);
        EXPECT_EQ(out[0].name, "message");
        EXPECT_EQ(out[0].data, "{\"a\":1}");
        EXPECT_EQ(out[0].id, "7");
        EXPECT_EQ(out[1].data, "line one\nline two\n");
    }
}

TEST(EventFormat, AnEventCannotSmuggleAnother) {
    auto const out = parse(format_event({"a\ndata: x\n\nevent: b", "1\r\rdata: 2", "3\nevent: c"}));
    ASSERT_EQ(out.size(), 1u);
    EXPECT_EQ(out[0].name, "a");
    EXPECT_EQ(out[0].data, "1\n\ndata: 2");
    EXPECT_EQ(out[0].id, "3");
}

TEST(EventFormat, ReadsTheStandardsExamples) {
    auto const out = parse("data: YHOO\ndata: +2\ndata: 10\n\n");
    ASSERT_EQ(out.size(), 1u);
    EXPECT_EQ(out[0].data, "YHOO\n+2\n10");
    auto const two = parse("data\n\ndata\ndata\n\ndata:");
    ASSERT_EQ(two.size(), 2u); // the last one is not ended
    EXPECT_EQ(two[1].data, "\n");
    EXPECT_EQ(parse("data:test\r\n\r\ndata:  test\r\r").at(1).data, " test");
}

TEST(EventFormat, EventsWithoutDataAreNone) {
    EXPECT_TRUE(parse("event: x\nid: 1\n\n: comment\n\nretry: 5\n\nunknown\n\n").empty());
}

TEST(EventFormat, GivesUpOnAnEndlessEvent) {
    event_parser parser;
    std::string const line(100'000, 'x');
    bool failed = false;
    for (int i = 0; i < 12 && !failed; ++i)
        failed = !parser.feed("data: " + line + "\n");
    EXPECT_TRUE(failed);
    EXPECT_FALSE(parser.feed("\n\ndata: 1\n\n"));
}

} // namespace
} // namespace tau::net
