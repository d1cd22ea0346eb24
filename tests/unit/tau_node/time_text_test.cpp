#include "tau_node/time_text.hpp"

#include <gtest/gtest.h>

namespace tau::node {
namespace {

using namespace std::chrono;

constexpr unix_ms at(std::int64_t ms) {
    return unix_ms(milliseconds(ms));
}

TEST(Rfc3339, WritesUtcWithMilliseconds) {
    EXPECT_EQ(to_rfc3339(at(0)), "1970-01-01T00:00:00.000Z");
    EXPECT_EQ(to_rfc3339(at(1'700'000'000'123)), "2023-11-14T22:13:20.123Z");
    EXPECT_EQ(to_rfc3339(at(-1)), "1969-12-31T23:59:59.999Z");
}

TEST(Rfc3339, RoundTrips) {
    for (std::int64_t ms : {0LL, 1LL, 951'782'399'999LL, 4'102'444'800'000LL})
        EXPECT_EQ(parse_rfc3339(to_rfc3339(at(ms))).value(), at(ms));
}

TEST(Rfc3339, ReadsTheStandardsExamples) {
    EXPECT_EQ(to_rfc3339(parse_rfc3339("1985-04-12T23:20:50.52Z").value()),
              "1985-04-12T23:20:50.520Z");
    EXPECT_EQ(to_rfc3339(parse_rfc3339("1996-12-19T16:39:57-08:00").value()),
              "1996-12-20T00:39:57.000Z");
    EXPECT_EQ(to_rfc3339(parse_rfc3339("1937-01-01T12:00:27.87+00:20").value()),
              "1937-01-01T11:40:27.870Z");
}

TEST(Rfc3339, RefusesEverythingElse) {
    for (auto const* text :
         {"", "2023", "2023-11-14", "2023-11-14T22:13:20", "2023-13-14T22:13:20Z",
          "2023-02-29T00:00:00Z", "2023-11-14T24:00:00Z", "2023-11-14T22:60:00Z",
          "2023-11-14T22:13:20.Z", "2023-11-14T22:13:20Zx", "2023-11-14T22:13:20+1:00",
          "2023-11-14T22:13:20+24:00", "-023-11-14T22:13:20Z", "2023-11-14T22:13:2 Z"})
        EXPECT_EQ(parse_rfc3339(text).error(), errc::invalid_encoding) << text;
}

TEST(Since, TakesAgesDatesAndTimes) {
    auto const now = at(1'700'000'000'000);
    EXPECT_EQ(parse_since("90s", now).value(), now - seconds(90));
    EXPECT_EQ(parse_since("10m", now).value(), now - minutes(10));
    EXPECT_EQ(parse_since("2h", now).value(), now - hours(2));
    EXPECT_EQ(parse_since("3d", now).value(), now - hours(72));
    EXPECT_EQ(to_rfc3339(parse_since("2023-01-02", now).value()), "2023-01-02T00:00:00.000Z");
    for (auto const* text : {"", "s", "-5m", "5", "5w", "yesterday", "99999999999d", "2023-1-2"})
        EXPECT_EQ(parse_since(text, now).error(), errc::invalid_encoding) << text;
}

TEST(Span, HasAFittingUnit) {
    EXPECT_EQ(to_span(microseconds(800)), "0.80 ms");
    EXPECT_EQ(to_span(milliseconds(12)), "12 ms");
    EXPECT_EQ(to_span(milliseconds(1250)), "1.25 s");
    EXPECT_EQ(to_span(minutes(3)), "3 min");
}

} // namespace
} // namespace tau::node
