#include "core/rate_limiter.hpp"

#include "support/manual_clock.hpp"

#include <gtest/gtest.h>

namespace tau {
namespace {

using namespace std::chrono_literals;

struct RateLimiter : testing::Test {
    test::manual_clock clock;
    rate_limiter<int> limiter{2, 4, 2}; // 2 a second, 4 at once, 2 keys
    bool allow(int key, double amount = 1) { return limiter.allow(key, clock.now().mono, amount); }
};

TEST_F(RateLimiter, AllowsTheBurstAndThenTheRate) {
    for (int i = 0; i < 4; ++i)
        EXPECT_TRUE(allow(1));
    EXPECT_FALSE(allow(1));
    EXPECT_EQ(limiter.wait_for(1, clock.now().mono), 500ms);
    clock.advance(500ms);
    EXPECT_TRUE(allow(1));
    EXPECT_FALSE(allow(1));
}

TEST_F(RateLimiter, NeverHoldsMoreThanTheBurst) {
    clock.advance(1h);
    EXPECT_FALSE(allow(1, 5));
    EXPECT_EQ(limiter.wait_for(1, clock.now().mono, 5), duration::max());
    EXPECT_TRUE(allow(1, 4));
}

TEST_F(RateLimiter, KeepsKeysApart) {
    EXPECT_TRUE(allow(1, 4));
    EXPECT_TRUE(allow(2, 4));
}

TEST_F(RateLimiter, ForgetsTheKeyUsedLeastRecentlyWhenFull) {
    EXPECT_TRUE(allow(1, 4));
    EXPECT_TRUE(allow(2, 4));
    EXPECT_FALSE(allow(1));
    EXPECT_TRUE(allow(3, 4)); // 2 makes room
    EXPECT_EQ(limiter.size(), 2u);
    EXPECT_FALSE(allow(1));
    EXPECT_TRUE(allow(2, 4));
}

} // namespace
} // namespace tau
