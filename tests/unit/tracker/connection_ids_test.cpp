#include "tracker/connection_ids.hpp"

#include <gtest/gtest.h>

namespace tau::tracker {
namespace {

using namespace std::chrono_literals;

TEST(ConnectionIds, HoldForOneAddressForOneToTwoMinutes) {
    connection_ids const ids({1, 2, 3});
    bytes const alice{10, 0, 0, 1};
    bytes const bob{10, 0, 0, 2};
    for (auto const offset : {0s, 1s, 59s}) {
        time_point const start{1h + offset};
        auto const id = ids.issue(alice, start);
        EXPECT_TRUE(ids.is_valid(id, alice, start));
        EXPECT_TRUE(ids.is_valid(id, alice, start + 60s));
        EXPECT_FALSE(ids.is_valid(id, alice, start + 120s));
        EXPECT_FALSE(ids.is_valid(id, bob, start));
        EXPECT_FALSE(ids.is_valid(id ^ 2, alice, start));
        EXPECT_FALSE(ids.is_valid(id ^ 1, alice, start));
    }
}

TEST(ConnectionIds, DependOnTheKey) {
    bytes const alice{10, 0, 0, 1};
    time_point const now{1h};
    auto const id = connection_ids({1}).issue(alice, now);
    EXPECT_FALSE(connection_ids({2}).is_valid(id, alice, now));
}

} // namespace
} // namespace tau::tracker
