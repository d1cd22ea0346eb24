#include "channel/time_slot.hpp"

#include <gtest/gtest.h>

namespace tau::channel {
namespace {

using namespace std::chrono_literals;

unix_ms at(std::chrono::milliseconds since_1970) {
    return unix_ms{since_1970};
}

TEST(TimeSlot, CountsWholeWindowsSince1970) {
    EXPECT_EQ(slot_of(at(0ms)), 0U);
    EXPECT_EQ(slot_of(at(599'999ms)), 0U);
    EXPECT_EQ(slot_of(at(600'000ms)), 1U);
    EXPECT_EQ(slot_of(at(1'700'000'000s)), 2'833'333U);
    EXPECT_EQ(slot_of(at(1'700'000'000s), 5s), 340'000'000U);
}

TEST(TimeSlot, GivesZeroForTimesAndLengthsThatMakeNoSense) {
    EXPECT_EQ(slot_of(at(-1ms)), 0U);
    EXPECT_EQ(slot_of(at(1h), 0s), 0U);
    EXPECT_EQ(slot_of(at(1h), -5s), 0U);
    EXPECT_EQ(next_slot(at(1h), 0s), at(1h));
}

TEST(TimeSlot, ReadsThisSlotAndTheOneBefore) {
    EXPECT_EQ(slots_to_read(at(600s * 7 + 1s)), (std::vector<slot_number>{7, 6}));
    EXPECT_EQ(slots_to_read(at(600s * 8 - 5s - 1ms)), (std::vector<slot_number>{7, 6}));
}

TEST(TimeSlot, ReadsTheNextSlotWithinFiveSecondsOfTheEdge) {
    EXPECT_EQ(slots_to_read(at(600s * 8 - 5s)), (std::vector<slot_number>{7, 6, 8}));
    EXPECT_EQ(slots_to_read(at(600s * 8 - 1ms)), (std::vector<slot_number>{7, 6, 8}));
    EXPECT_EQ(slots_to_read(at(600s * 8)), (std::vector<slot_number>{8, 7}));
}

TEST(TimeSlot, HasNothingBeforeTheFirstSlot) {
    EXPECT_EQ(slots_to_read(at(1s)), (std::vector<slot_number>{0}));
}

TEST(TimeSlot, TellsWhenTheNextBegins) {
    EXPECT_EQ(next_slot(at(600s * 7)), at(600s * 8));
    EXPECT_EQ(next_slot(at(600s * 8 - 1ms)), at(600s * 8));
}

} // namespace
} // namespace tau::channel
