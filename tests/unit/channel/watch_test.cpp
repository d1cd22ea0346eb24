#include "channel/watch.hpp"

#include "channel/salts.hpp"
#include "support/manual_clock.hpp"

#include <gtest/gtest.h>

namespace tau::channel {
namespace {

using namespace std::chrono_literals;

constexpr watch_settings exact{1s, 60s, 2.0, 0.0};

struct ChannelWatch : testing::Test {
    test::manual_clock clock;
    seeded_random random{1};
    wire::item_address const where{random.make<public_key>(), gossip_salt()};
    channel_watch watch{fixed_address(where), random, exact};

    wire::mutable_item item(std::int64_t seq) const { return {where, seq, to_bytes("1:x"), {}}; }

    /// Polls at wake_at() and lets the poll end; how long it waited for it.
    std::chrono::milliseconds empty_poll() {
        auto const before = clock.now().mono;
        sleep_until_due();
        auto const asked = watch.on_time(clock.now());
        EXPECT_EQ(asked.size(), 1U);
        watch.on_done();
        return std::chrono::duration_cast<std::chrono::milliseconds>(clock.now().mono - before);
    }
    void sleep_until_due() {
        auto const wait = watch.wake_at().value() - clock.now().mono;
        if (watch.wake_at().value() > clock.now().mono)
            clock.advance(std::chrono::ceil<std::chrono::milliseconds>(wait));
    }
};

TEST_F(ChannelWatch, AsksAtOnceAndNamesWhatItKnows) {
    EXPECT_EQ(watch.wake_at(), time_point{});
    auto const asked = watch.on_time(clock.now());
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].where, where);
    EXPECT_EQ(asked[0].known_seq, -1);
    EXPECT_TRUE(watch.on_item(item(7)));
    watch.on_done();
    clock.advance(1s);
    EXPECT_EQ(watch.on_time(clock.now()).at(0).known_seq, 7);
}

TEST_F(ChannelWatch, TellsEachSeqOnceAndInOrder) {
    (void)watch.on_time(clock.now());
    EXPECT_TRUE(watch.on_item(item(3)));
    EXPECT_FALSE(watch.on_item(item(3)));
    EXPECT_FALSE(watch.on_item(item(2)));
    EXPECT_TRUE(watch.on_item(item(5)));
    EXPECT_EQ(watch.known_seq(), 5);
}

TEST_F(ChannelWatch, RemembersWhatAnEarlierRunWasTold) {
    channel_watch resumed(fixed_address(where), random, exact, 9);
    EXPECT_FALSE(resumed.on_item(item(9)));
    EXPECT_TRUE(resumed.on_item(item(10)));
}

TEST_F(ChannelWatch, BacksOffToTheCapWhenNothingChanges) {
    EXPECT_EQ(empty_poll(), 0ms);
    std::vector<std::chrono::milliseconds> pauses;
    for (int i = 0; i < 9; ++i)
        pauses.push_back(empty_poll());
    EXPECT_EQ(pauses,
              (std::vector<std::chrono::milliseconds>{1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s, 60s}));
}

TEST_F(ChannelWatch, SpeedsUpAfterAChange) {
    for (int i = 0; i < 8; ++i)
        empty_poll();
    sleep_until_due();
    (void)watch.on_time(clock.now());
    EXPECT_TRUE(watch.on_item(item(1)));
    watch.on_done();
    EXPECT_EQ(empty_poll(), 1s);
    EXPECT_EQ(empty_poll(), 1s);
    EXPECT_EQ(empty_poll(), 2s);
}

TEST_F(ChannelWatch, WaitsForThePollUnderWay) {
    (void)watch.on_time(clock.now());
    EXPECT_EQ(watch.wake_at(), std::nullopt);
    clock.advance(1h);
    EXPECT_TRUE(watch.on_time(clock.now()).empty());
    watch.on_done();
    EXPECT_EQ(watch.on_time(clock.now()).size(), 1U);
}

TEST_F(ChannelWatch, AsksNothingBeforeItIsTime) {
    empty_poll();
    clock.advance(999ms);
    EXPECT_TRUE(watch.on_time(clock.now()).empty());
    clock.advance(1ms);
    EXPECT_EQ(watch.on_time(clock.now()).size(), 1U);
}

TEST_F(ChannelWatch, TakesNewsFromElsewhereWithoutAskingAgainAtOnce) {
    for (int i = 0; i < 8; ++i)
        empty_poll();
    clock.advance(5s);
    EXPECT_TRUE(watch.on_item(item(4), clock.now()));
    EXPECT_EQ(watch.wake_at(), clock.now().mono + 1s);
}

TEST_F(ChannelWatch, HurriesWhenAskedTo) {
    for (int i = 0; i < 8; ++i)
        empty_poll();
    watch.hurry(clock.now());
    EXPECT_EQ(empty_poll(), 0ms);
    EXPECT_EQ(empty_poll(), 1s);
}

TEST_F(ChannelWatch, JitterStaysWithinItsPart) {
    channel_watch jittery(fixed_address(where), random, {10s, 10s, 2.0, 0.2});
    bool varied = false;
    time_point last{};
    for (int i = 0; i < 200; ++i) {
        auto const at = i == 0 ? clock.now().mono : jittery.wake_at().value();
        if (i > 0) {
            EXPECT_GE(at - last, 8s);
            EXPECT_LE(at - last, 12s);
            varied = varied || at - last != 10s;
        }
        last = at;
        EXPECT_EQ(jittery.on_time({at, clock.now().wall}).size(), 1U);
        jittery.on_done();
    }
    EXPECT_TRUE(varied);
}

TEST_F(ChannelWatch, ReadsAllSlotsAndSharesOneSeq) {
    auto const source = [this](unix_ms now) {
        std::vector<wire::item_address> out;
        for (auto const slot : slots_to_read(now))
            out.push_back({where.key, gossip_salt(slot)});
        return out;
    };
    channel_watch slotted(source, random, exact);
    auto const asked = slotted.on_time(clock.now());
    ASSERT_EQ(asked.size(), 2U);
    EXPECT_TRUE(slotted.on_item({asked[0].where, 20, {}, {}}));
    EXPECT_FALSE(slotted.on_item({asked[1].where, 10, {}, {}})); // the slot before
    slotted.on_done();
    EXPECT_EQ(slotted.wake_at(), std::nullopt);
    slotted.on_done();
    EXPECT_TRUE(slotted.wake_at());
    slotted.on_done(); // once too often
    EXPECT_TRUE(slotted.wake_at());
}

} // namespace
} // namespace tau::channel
