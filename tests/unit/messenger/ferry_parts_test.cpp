#include "messenger/ferry_pace.hpp"
#include "messenger/outbound_book.hpp"

#include "core/random.hpp"

#include <gtest/gtest.h>

namespace tau::messenger {
namespace {

using namespace std::chrono_literals;

struct FerryPace : testing::Test {
    ferry_pace pace;
    time_point now{1h};

    void blocks(int count, duration took) {
        for (int i = 0; i < count; ++i)
            pace.on_block(took, now += 20ms);
    }
};

TEST_F(FerryPace, GrowsToItsLimitWhileNothingWaits) {
    EXPECT_EQ(pace.window(), ferry_pace::first_window);
    blocks(100, 50ms);
    EXPECT_EQ(pace.window(), ferry_pace::max_window);
}

TEST_F(FerryPace, ShrinksWhenBlocksWaitAndNeverToNothing) {
    blocks(100, 50ms);
    pace.on_block(400ms, now += 20ms);
    EXPECT_LT(pace.window(), ferry_pace::max_window);
    blocks(1000, 900ms);
    EXPECT_EQ(pace.window(), ferry_pace::min_window);
}

TEST_F(FerryPace, ShrinksOnceForWhatWasAskedForTogether) {
    blocks(100, 300ms);
    for (int i = 0; i < 10; ++i)
        pace.on_block(600ms, now += 1ms);
    EXPECT_GE(pace.window(), ferry_pace::max_window / 2);
}

TEST_F(FerryPace, ForgetsAWayThatWasFaster) {
    blocks(20, 10ms);
    for (int i = 0; i < 2000; ++i)
        pace.on_block(500ms, now += 200ms);
    EXPECT_EQ(pace.window(), ferry_pace::max_window);
}

TEST_F(FerryPace, HalvesWhenBlocksAreLost) {
    blocks(100, 50ms);
    pace.on_lost(now += 10s);
    EXPECT_EQ(pace.window(), ferry_pace::max_window / 2);
}

struct OutboundBook : testing::Test {
    outbound_book book;
    seeded_random random{3};
    time_point const now{1h};
    public_key const bob = random.make<public_key>();
    public_key const carol = random.make<public_key>();

    std::size_t fill(public_key const& to, std::size_t count) {
        std::size_t taken = 0;
        for (std::size_t i = 0; i < count; ++i)
            taken += book.begin(to, {{}, i}, now) ? 1U : 0U;
        return taken;
    }
};

TEST_F(OutboundBook, TakesNothingTwiceForOneFriend) {
    EXPECT_TRUE(book.begin(bob, {{}, 1}, now));
    EXPECT_FALSE(book.begin(bob, {{}, 1}, now));
    EXPECT_TRUE(book.begin(carol, {{}, 1}, now));
    EXPECT_TRUE(book.begin(bob, {{1}, 1}, now));
}

TEST_F(OutboundBook, IsBoundedForEachAndForAll) {
    EXPECT_EQ(fill(bob, 1000), outbound_book::max_of_friend);
    std::size_t others = 0;
    for (int i = 0; i < 20; ++i)
        others += fill(random.make<public_key>(), 1000);
    EXPECT_EQ(others + outbound_book::max_of_friend, outbound_book::max_of_all);
    EXPECT_EQ(book.size(), outbound_book::max_of_all);
    EXPECT_FALSE(book.begin(carol, {}, now));
    EXPECT_TRUE(book.begin(carol, {}, now + outbound_book::life)) << "all of it is lost by now";
    EXPECT_EQ(book.size(), 1U);
}

TEST_F(OutboundBook, OnlyWhoGotItAcknowledgesIt) {
    auto const id = random.make<message_id>();
    ASSERT_TRUE(book.begin(bob, {{}, 7}, now));
    book.on_sent(bob, {{}, 7}, id);
    book.on_acknowledged(carol, std::vector{id});
    EXPECT_EQ(book.size(), 1U);
    book.on_acknowledged(bob, std::vector{random.make<message_id>(), id});
    EXPECT_EQ(book.size(), 0U);
    EXPECT_TRUE(book.begin(bob, {{}, 7}, now));
}

TEST_F(OutboundBook, DropsWhatDidNotGoOut) {
    ASSERT_TRUE(book.begin(bob, {{}, 7}, now));
    book.drop(bob, {{}, 7});
    book.drop(bob, {{}, 8});
    EXPECT_EQ(book.size(), 0U);
    book.on_sent(bob, {{}, 7}, random.make<message_id>()); // too late: nothing happens
    EXPECT_EQ(book.size(), 0U);
}

} // namespace
} // namespace tau::messenger
