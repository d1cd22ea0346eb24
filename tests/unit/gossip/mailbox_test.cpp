#include "gossip_fixture.hpp"

namespace tau::gossip {
namespace {

using namespace std::chrono_literals;

struct Mailbox : testing::Test {
    config settings;
    mailbox box{settings};
    unix_ms now{1h};
    int count = 0;

    Mailbox() {
        settings.held_bytes_per_sender = 5'000;
        settings.held_bytes_per_receiver = 8'000;
        settings.held_bytes_total = 12'000;
    }
    target hold(std::string_view from, std::string_view to, std::size_t size = 1'000) {
        held_item item{
            hash_named("i" + std::to_string(++count)), key_named(from), key_named(to), {}};
        item.parent = item.what;
        item.size = size;
        item.received = now += 1s;
        item.minute = count;
        gone = box.add(item);
        return item.what;
    }
    std::vector<target> gone;
};

TEST_F(Mailbox, PushesOutTheOldestOfWhoeverIsOverAQuota) {
    auto const first = hold("a", "b");
    auto const other = hold("c", "b");
    for (int i = 0; i < 4; ++i)
        (void)hold("a", "b");
    EXPECT_TRUE(gone.empty());
    EXPECT_FALSE(box.would_take(key_named("a")));
    (void)hold("a", "d");
    EXPECT_EQ(gone, std::vector{first}); // the sender's quota, whoever the receiver
    EXPECT_TRUE(box.has(other));
    for (int i = 0; i < 3; ++i)
        (void)hold("c", "b");
    (void)hold("e", "b");
    EXPECT_EQ(gone.size(), 1U); // the receiver's
    EXPECT_LE(box.bytes(), settings.held_bytes_total);
}

TEST_F(Mailbox, KeepsWithinTheTotalAndTakesFromTheGreediest) {
    for (char c = 'a'; c < 'h'; ++c)
        (void)hold(std::string(1, c), std::string(1, static_cast<char>(c + 8)));
    for (int i = 0; i < 4; ++i)
        (void)hold("z", "y");
    EXPECT_EQ(box.bytes(), 11'000U);
    (void)hold("x", "w", 2'000);
    EXPECT_EQ(gone.size(), 1U);
    EXPECT_EQ(box.bytes_of_sender(key_named("z")), 3'000U);
    EXPECT_EQ(box.bytes_of_sender(key_named("a")), 1'000U);
}

TEST_F(Mailbox, SettledItemsGoFirstAndAreNotOffered) {
    auto const first = hold("a", "b");
    auto const second = hold("a", "b");
    auto const third = hold("a", "b");
    EXPECT_TRUE(box.settle(key_named("b"), second));
    EXPECT_FALSE(box.settle(key_named("b"), hash_named("unknown")));
    EXPECT_FALSE(box.settle(key_named("x"), third));
    ASSERT_EQ(box.for_receiver(key_named("b")).size(), 1U);
    EXPECT_EQ(box.for_receiver(key_named("b"))[0]->what, third);
    EXPECT_TRUE(box.has(first)); // for a demand
    EXPECT_EQ(box.groups().size(), 1U);
}

TEST_F(Mailbox, KeepsTheNewestReceiptOfAPair) {
    auto const add = [&](std::string_view name, std::int64_t minute) {
        held_item item{hash_named(name), key_named("a"), key_named("b"), hash_named(name)};
        item.type = wire::gossip_type::receipt;
        item.size = 500;
        item.minute = minute;
        item.received = now += 1s;
        EXPECT_TRUE(box.add(item).empty());
    };
    EXPECT_FALSE(box.waits());
    add("old", 1);
    add("new", 2);
    EXPECT_TRUE(box.waits());
    ASSERT_EQ(box.groups().size(), 1U);
    EXPECT_EQ(box.groups()[0][0].hash, hash_named("new"));
    box.settle_item(hash_named("new"));
    EXPECT_FALSE(box.waits());
}

TEST_F(Mailbox, NamesFirstWhatNothingOfThePairFollows) {
    auto const first = hold("a", "b");
    auto const second = hold("a", "b");
    auto const other = hold("c", "b");
    auto const third = hold("a", "b");
    auto const groups = box.groups();
    ASSERT_EQ(groups.size(), 4U);
    EXPECT_EQ(groups[0][0].hash, third);
    EXPECT_EQ(groups[1][0].hash, other);
    EXPECT_EQ(groups[2][0].hash, second);
    EXPECT_EQ(groups[3][0].hash, first);
}

TEST_F(Mailbox, ForgetsWithTimeAndWithFriends) {
    auto const old = hold("a", "b");
    now += settings.held_lifetime;
    auto const young = hold("c", "b");
    EXPECT_EQ(box.expire(now), std::vector{old});
    EXPECT_EQ(box.forget(key_named("b")), std::vector{young});
    EXPECT_EQ(box.size(), 0U);
    EXPECT_EQ(box.bytes(), 0U);
}

} // namespace
} // namespace tau::gossip
