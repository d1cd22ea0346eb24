#include "sim/messenger/world.hpp"

#include <gtest/gtest.h>

namespace tau::test {
namespace {

using namespace std::chrono_literals;
using messenger::friend_state;
using messenger::message_state;

struct Conversation : testing::Test {
    world w{7};
    person alice{w, 1, "Alice"};
    person bob{w, 2, "Bob"};

    void befriend() { ASSERT_TRUE(are_friends(w, alice, bob)); }
    bool reaches(person& who, messenger::message_id const& id, message_state state,
                 std::chrono::milliseconds limit = 10min) {
        auto const end = w.clock.now().mono + limit;
        while (w.clock.now().mono < end) {
            if (who.state(id) >= state)
                return true;
            w.run(20ms);
        }
        return false;
    }
};

TEST_F(Conversation, GoesThroughAllStates) {
    befriend();
    auto const id = alice.say(bob.key(), "Hello Bob");
    ASSERT_TRUE(id);
    auto const composed = w.clock.now().mono;
    ASSERT_TRUE(w.run_until([&] { return bob.message(id.value()).has_value(); }, 1s));
    EXPECT_LE(w.clock.now().mono - composed, 20ms); // one hop and one commit
    EXPECT_EQ(bob.message(id.value())->text, "Hello Bob");
    EXPECT_EQ(bob.message(id.value())->from, alice.key());
    EXPECT_TRUE(reaches(alice, id.value(), message_state::delivered, 1s));
    EXPECT_EQ(alice.message(id.value())->way, messenger::delivery_way::direct);
    EXPECT_FALSE(bob.read_all());
    EXPECT_TRUE(reaches(alice, id.value(), message_state::read, 1s));
    EXPECT_EQ(bob.count<messenger::message_arrived>(), 1U);
    EXPECT_EQ(alice.engine().counts().undelivered, 0U);
}

TEST_F(Conversation, StrangersGoToRequestsUntilAccepted) {
    ASSERT_FALSE(alice.add(bob));
    auto const id = alice.say(bob.key(), "It is me");
    ASSERT_TRUE(id);
    ASSERT_TRUE(w.run_until([&] { return bob.state_of(alice) == friend_state::requested; }, 5s));
    w.run(10s);
    EXPECT_TRUE(bob.inbox().empty());
    EXPECT_EQ(bob.inbox(alice.key()).size(), 1U);
    EXPECT_EQ(bob.engine().friend_of(alice.key())->name, "Alice");
    EXPECT_TRUE(alice.message(id.value())->waiting_first_contact);
    EXPECT_LT(alice.state(id.value()), message_state::delivered);
    EXPECT_EQ(bob.count<messenger::request_arrived>(), 1U);

    EXPECT_FALSE(bob.ask([&](auto done) { bob.engine().accept_friend(alice.key(), done); }));
    EXPECT_TRUE(reaches(alice, id.value(), message_state::delivered, 1min));
    EXPECT_EQ(alice.state_of(bob), friend_state::accepted);
    EXPECT_EQ(bob.inbox().size(), 1U);
    EXPECT_EQ(bob.count<messenger::message_arrived>(), 1U);
    ASSERT_TRUE(bob.say(alice.key(), "Welcome"));
    w.run(5s);
    EXPECT_EQ(alice.inbox().size(), 2U);
}

TEST_F(Conversation, BlockedKeysAreDroppedSilently) {
    EXPECT_FALSE(bob.ask([&](auto done) { bob.engine().block_friend(alice.key(), done); }));
    ASSERT_FALSE(alice.add(bob));
    auto const id = alice.say(bob.key(), "Spam");
    w.run(1min);
    EXPECT_EQ(bob.state_of(alice), friend_state::blocked);
    EXPECT_TRUE(bob.inbox(alice.key()).empty());
    EXPECT_LT(alice.state(id.value()), message_state::delivered);
}

TEST_F(Conversation, TravelsThroughTheDhtWhenTheSenderIsGone) {
    ASSERT_FALSE(alice.add(bob, false));
    ASSERT_FALSE(bob.add(alice, false));
    bob.kill();
    auto const id = alice.say(bob.key(), "Read this later");
    ASSERT_TRUE(reaches(alice, id.value(), message_state::published, 1min));
    alice.kill();
    w.run(2h);
    bob.start();
    ASSERT_TRUE(w.run_until([&] { return bob.inbox().size() == 1; }, 2min));
    EXPECT_EQ(bob.inbox()[0].way, messenger::delivery_way::dht);
    w.run(1min);
    bob.kill();
    alice.start();
    EXPECT_TRUE(reaches(alice, id.value(), message_state::delivered, 30min));
}

TEST_F(Conversation, KeepsTheOrderThoughClocksDiffer) {
    person carol{w, 3, "Carol", 1h};
    ASSERT_FALSE(alice.add(carol));
    ASSERT_FALSE(carol.add(alice));
    w.run(5s);
    for (int i = 0; i < 6; ++i) {
        auto& from = i % 2 == 0 ? carol : alice;
        auto& to = i % 2 == 0 ? alice : carol;
        ASSERT_TRUE(from.say(to.key(), std::to_string(i)));
        w.run(3s);
    }
    for (auto* who : {&alice, &carol}) {
        auto const all = who->inbox();
        ASSERT_EQ(all.size(), 6U);
        for (int i = 0; i < 6; ++i)
            EXPECT_EQ(all[static_cast<std::size_t>(i)].text, std::to_string(i));
    }
}

TEST_F(Conversation, ReadReceiptsCanBeSwitchedOff) {
    befriend();
    EXPECT_FALSE(bob.ask(
        [&](auto done) { bob.engine().set_read_receipts(messenger::read_receipts::off, done); }));
    auto const id = alice.say(bob.key(), "Seen?");
    w.run(5s);
    EXPECT_FALSE(bob.read_all());
    ASSERT_TRUE(bob.say(alice.key(), "Maybe"));
    w.run(1min);
    EXPECT_EQ(alice.state(id.value()), message_state::delivered);
    EXPECT_EQ(alice.inbox().size(), 2U);
}

TEST_F(Conversation, RemovedFriendsLearnNothingMore) {
    person carol{w, 3, "Carol"};
    befriend();
    ASSERT_FALSE(alice.add(carol));
    ASSERT_FALSE(carol.add(alice));
    w.run(10s);
    auto const before = alice.engine().own_contact().contact_key;
    EXPECT_FALSE(alice.ask([&](auto done) { alice.engine().remove_friend(bob.key(), done); }));
    w.run(10s);
    EXPECT_NE(alice.engine().own_contact().contact_key, before);
    EXPECT_FALSE(alice.state_of(bob).has_value());
    EXPECT_EQ(alice.say(bob.key(), "?").error(), error_code(errc::not_a_friend));
    // Carol has the new key and finds Alice where she went.
    alice.move_to({boost::asio::ip::address_v4(0x0b000001U), 7000});
    alice.engine().on_own_endpoints({alice.where});
    w.run(10s);
    auto const id = carol.say(alice.key(), "Still there?");
    EXPECT_TRUE(reaches(carol, id.value(), message_state::delivered, 5min));
}

TEST_F(Conversation, ErasedMessagesStayAway) {
    befriend();
    auto const id = alice.say(bob.key(), "Oops");
    ASSERT_TRUE(w.run_until([&] { return bob.inbox().size() == 1; }, 5s));
    EXPECT_FALSE(bob.ask([&](auto done) { bob.engine().erase(id.value(), done); }));
    bob.kill();
    bob.start();
    ASSERT_TRUE(alice.say(bob.key(), "Next"));
    w.run(1min);
    EXPECT_EQ(bob.inbox().size(), 1U);
    EXPECT_EQ(bob.ask([&](auto done) { bob.engine().erase(id.value(), done); }),
              error_code(errc::not_found));
}

TEST_F(Conversation, RefusesWhatCannotBeSent) {
    befriend();
    EXPECT_EQ(alice.say(bob.key(), "").error(), error_code(errc::invalid_argument));
    EXPECT_EQ(alice.say(bob.key(), "\xff").error(), error_code(errc::invalid_encoding));
    EXPECT_EQ(alice.say(bob.key(), std::string(65537, 'x')).error(), error_code(errc::too_large));
    EXPECT_EQ(alice.say(alice.key(), "me").error(), error_code(errc::not_a_friend));
    EXPECT_EQ(alice.send(bob.key(), "big", bytes(256 * 1024 + 1)).error(),
              error_code(errc::too_large));
    EXPECT_EQ(alice.add(alice), error_code(errc::invalid_argument));
}

TEST_F(Conversation, FindsAFriendAtANewEndpoint) {
    befriend();
    bob.kill();
    auto const id = alice.say(bob.key(), "Where are you?");
    w.run(5min);
    bob.move_to({boost::asio::ip::address_v4(0x0b000001U), 7000});
    bob.start();
    EXPECT_TRUE(reaches(alice, id.value(), message_state::delivered, 1min));
}

TEST_F(Conversation, FindsAFriendWhenBothAreBackAtNewEndpoints) {
    befriend();
    alice.kill();
    bob.kill();
    // Every node has restarted: the DHT is empty, and at first knows nobody.
    w.items.clear();
    w.immutables.clear();
    w.cloud_up = false;
    alice.move_to({boost::asio::ip::address_v4(0x0b000001U), 7000});
    bob.move_to({boost::asio::ip::address_v4(0x0b000002U), 7001});
    alice.start();
    bob.start();
    auto const id = alice.say(bob.key(), "Both elsewhere");
    w.run(3s);
    w.cloud_up = true;
    EXPECT_TRUE(reaches(alice, id.value(), message_state::delivered, 20s));
}

TEST_F(Conversation, OtherDeviceIsReported) {
    befriend();
    auto const salt = wire::salt::from(identity::device_channel).value();
    wire::mutable_item item{{alice.key(), salt}, 0, {}, {}};
    item.seq =
        std::chrono::duration_cast<std::chrono::milliseconds>(w.clock.now().wall.time_since_epoch())
            .count()
        + 1'000'000;
    identity::device_id other{};
    item.value = identity::encode({other, w.clock.now().wall}, alice.keys(), w.random);
    item.sig = alice.keys().sign(wire::signed_octets(salt, item.seq, item.value));
    w.items[wire::target_of(item.address)] = item;
    w.run(1h);
    EXPECT_GE(alice.count<messenger::other_device_seen>(), 1U);
    EXPECT_EQ(bob.count<messenger::other_device_seen>(), 0U);
}

struct ClockSkew : testing::TestWithParam<std::chrono::milliseconds> {};

TEST_P(ClockSkew, AFriendIsReadAndReadsThroughTheDhtAlone) {
    world w{21};
    person alice{w, 1, "Alice"};
    person carol{w, 3, "Carol", GetParam()};
    ASSERT_TRUE(are_friends(w, alice, carol));
    w.run(5s);
    w.places.clear(); // no datagram reaches anybody any more
    for (int i = 0; i < 6; ++i) {
        auto& from = i % 2 == 0 ? carol : alice;
        auto& to = i % 2 == 0 ? alice : carol;
        auto const id = from.say(to.key(), std::to_string(i));
        ASSERT_TRUE(id);
        auto const begun = w.clock.now().mono;
        ASSERT_TRUE(w.run_until([&] { return to.message(id.value()).has_value(); }, 5min)) << i;
        EXPECT_EQ(to.message(id.value())->way, messenger::delivery_way::dht);
        EXPECT_FALSE(to.read_all());
        ASSERT_TRUE(
            w.run_until([&] { return from.state(id.value()) == message_state::read; }, 5min))
            << i;
        auto const took = w.clock.now().mono - begun;
        RecordProperty(
            "read_after_s_" + std::to_string(i),
            static_cast<int>(std::chrono::duration_cast<std::chrono::seconds>(took).count()));
        w.run(10min); // into other slots
    }
}

INSTANTIATE_TEST_SUITE_P(Hours, ClockSkew, testing::Values(0h, 1h, -1h, 24h), [](auto const& skew) {
    auto const hours = std::chrono::duration_cast<std::chrono::hours>(skew.param).count();
    return (hours < 0 ? "Behind" : "Ahead") + std::to_string(std::abs(hours));
});

} // namespace
} // namespace tau::test
