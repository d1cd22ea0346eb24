#include "tracker/history.hpp"

#include "support/manual_clock.hpp"

#include <gtest/gtest.h>

namespace tau::tracker {
namespace {

using namespace std::chrono_literals;

struct History : testing::Test {
    tau::test::manual_clock clock;
    tracker::history kept;

    void run(std::size_t seconds, std::chrono::milliseconds step = 1s) {
        for (std::size_t i = 0; i < seconds; ++i) {
            kept.add(clock.now(), {i});
            clock.advance(step);
        }
    }
    [[nodiscard]] auto all(tracker::history::range which) const { return kept.since(which, {}); }
};

TEST_F(History, HasNoSampleAtFirst) {
    EXPECT_TRUE(all(history::range::minutes).empty());
}

TEST_F(History, KeepsEverySecondAndEveryTenth) {
    run(25);
    EXPECT_EQ(all(history::range::minutes).size(), 25u);
    auto const coarse = all(history::range::hour);
    ASSERT_EQ(coarse.size(), 3u);
    EXPECT_EQ(coarse[1].what[0], 10u);
    EXPECT_EQ(coarse[2].what[0], 20u);
    EXPECT_EQ(all(history::range::day).size(), 1u);
}

TEST_F(History, ForgetsTheOldestOnly) {
    run(1000);
    auto const fine = all(history::range::minutes);
    ASSERT_EQ(fine.size(), history::resolutions[0].size);
    EXPECT_EQ(fine.front().what[0], 1000 - fine.size());
    EXPECT_EQ(fine.back().what[0], 999u);
    for (std::size_t i = 1; i < fine.size(); ++i)
        EXPECT_EQ(fine[i].when - fine[i - 1].when, 1s);
}

TEST_F(History, AnEarlyTimerLosesNoSample) {
    run(10, 990ms);
    EXPECT_EQ(all(history::range::minutes).size(), 10u);
}

TEST_F(History, ACallTooEarlyAddsNothing) {
    run(10, 100ms);
    EXPECT_EQ(all(history::range::minutes).size(), 2u);
}

TEST_F(History, TellsWhatIsNewer) {
    run(5);
    auto const third = all(history::range::minutes)[2].when;
    EXPECT_EQ(kept.since(history::range::minutes, third).size(), 2u);
    EXPECT_TRUE(kept.since(history::range::minutes, clock.now().wall).empty());
}

TEST_F(History, KnowsItsRangesByName) {
    EXPECT_EQ(history::range_named("day"), history::range::day);
    EXPECT_FALSE(history::range_named("week"));
    EXPECT_FALSE(history::range_named(""));
}

} // namespace
} // namespace tau::tracker
