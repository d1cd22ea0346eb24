#include "channel/salts.hpp"
#include "sim/messenger/world.hpp"

#include <gtest/gtest.h>

namespace tau::test {
namespace {

using namespace std::chrono_literals;
using messenger::delivery_way;
using messenger::friend_state;
using messenger::message_state;

/// Three people on one DHT, which may forget.
struct ThreePeople : testing::Test {
    explicit ThreePeople(std::uint64_t seed) : w(seed) {}

    world w;
    person alice{w, 1, "Alice"};
    person bob{w, 2, "Bob"};
    person carol{w, 3, "Carol"};

    /// What every DHT node does after two hours.
    void nodes_forget() {
        w.items.clear();
        w.immutables.clear();
    }
};

/// Alice and Bob are never online together; Carol is the friend of both.
struct MutualFriend : ThreePeople {
    MutualFriend() : ThreePeople(11) {}

    void SetUp() override {
        for (auto* one : {&alice, &bob, &carol})
            for (auto* other : {&alice, &bob, &carol})
                if (one != other) {
                    ASSERT_FALSE(one->add(*other));
                }
        ASSERT_TRUE(w.run_until([&] {
            return alice.state_of(bob) == friend_state::accepted
                   && bob.state_of(alice) == friend_state::accepted
                   && carol.state_of(alice) == friend_state::accepted
                   && carol.state_of(bob) == friend_state::accepted;
        }));
        w.run(2min);
        bob.kill();
    }
    [[nodiscard]] bool bob_has(std::string const& text) {
        for (auto const& one : bob.inbox(alice.key()))
            if (one.text == text)
                return true;
        return false;
    }
};

TEST_F(MutualFriend, BringsAMessageAndItsReceipt) {
    w.cloud_up = false; // nothing but direct exchanges
    auto const id = alice.say(bob.key(), "Through Carol").value();
    w.run(1min);
    EXPECT_LT(alice.state(id), message_state::delivered);
    alice.kill();
    w.run(1min);

    bob.start();
    ASSERT_TRUE(w.run_until([&] { return bob_has("Through Carol"); }, 3min));
    EXPECT_EQ(bob.message(id)->way, delivery_way::friends);
    EXPECT_FALSE(bob.read_all());
    w.run(2min);
    bob.kill();
    w.run(1min);

    alice.start();
    EXPECT_TRUE(w.run_until([&] { return alice.state(id) == message_state::read; }, 5min));
    EXPECT_EQ(alice.message(id)->way, delivery_way::friends);
    EXPECT_EQ(alice.engine().counts().undelivered, 0U);
}

// What goes to where a friend was must not keep from them what waits, once they have come.
TEST_F(MutualFriend, IsNotTakenForAwayByWhatWentToWhereItWas) {
    w.cloud_up = false;
    bob.move_to({bob.where.address(), static_cast<std::uint16_t>(bob.where.port() + 1)});
    auto const id = carol.say(bob.key(), "Are you there?").value();
    w.run(500ms);
    bob.start();
    w.run(300ms); // Carol has heard him, and waits for the answer of nobody
    EXPECT_LT(carol.state(id), message_state::delivered);
    EXPECT_TRUE(w.run_until([&] { return carol.state(id) >= message_state::delivered; }, 600ms));
}

TEST_F(MutualFriend, BringsAPicture) {
    w.cloud_up = false;
    bytes content(100'000);
    seeded_random random(5);
    random.fill(content);
    auto const id = alice.send(bob.key(), "photo.jpg", content).value();
    w.run(3min);
    alice.kill();
    w.run(1min);
    bob.start();
    ASSERT_TRUE(w.run_until(
        [&] {
            auto const found = bob.message(id);
            return found && found->file && found->file->fetched_bytes == content.size();
        },
        5min));
    EXPECT_EQ(bob.attachment(id).value(), content);
}

TEST_F(MutualFriend, BringsAMessageThoughNoTwoAreOnlineTogether) {
    carol.kill();
    auto const id = alice.say(bob.key(), "In turns").value();
    w.run(2min);
    alice.kill();
    carol.start(); // finds it in the DHT, by Alice's gossip
    w.run(5min);
    carol.kill();
    nodes_forget();
    w.run(8h);
    carol.start(); // puts it again, with its own gossip
    w.run(5min);
    carol.kill();
    bob.start();
    ASSERT_TRUE(w.run_until([&] { return bob_has("In turns"); }, 5min));
    w.run(5min);
    bob.kill();
    nodes_forget();
    w.run(8h);
    alice.start(); // asks for Bob's receipt, but nobody has seen it
    w.run(5min);
    EXPECT_LT(alice.state(id), message_state::delivered);
}

TEST_F(MutualFriend, MeetsADemandThatWaited) {
    carol.kill();
    (void)alice.say(bob.key(), "On demand").value();
    w.run(2min);
    alice.kill();
    carol.start();
    w.run(5min);
    carol.kill();
    // Bob learns of the message from Carol's gossip, but the item itself is lost.
    w.immutables.clear();
    bob.start();
    w.run(10min);
    EXPECT_FALSE(bob_has("On demand"));
    EXPECT_GE(bob.engine().gossip_counts().demands, 1U);
    bob.kill();
    w.run(30min);
    carol.start(); // reads Bob's demand and puts it
    w.run(10min);
    EXPECT_GE(carol.engine().gossip_counts().served_demands, 1U);
    carol.kill();
    bob.start();
    EXPECT_TRUE(w.run_until([&] { return bob_has("On demand"); }, 10min));
}

TEST_F(MutualFriend, LetsGoOfWhatArrived) {
    auto const id = alice.say(bob.key(), "Soon there").value();
    w.run(1min);
    EXPECT_GE(carol.engine().gossip_counts().held_items, 1U);
    bob.start();
    ASSERT_TRUE(w.run_until([&] { return alice.state(id) >= message_state::delivered; }, 5min));
    w.run(2min);
    EXPECT_TRUE(carol.engine().gossip_offers(bob.key()).empty());
}

TEST_F(MutualFriend, SurvivesAKillOfTheHolder) {
    w.cloud_up = false;
    (void)alice.say(bob.key(), "Kept on disk").value();
    w.run(1min);
    alice.kill();
    carol.kill();
    carol.start();
    w.run(1min);
    bob.start();
    EXPECT_TRUE(w.run_until([&] { return bob_has("Kept on disk"); }, 3min));
}

/// Alice and Bob have no friend in common: Carol knows Alice alone.
struct FriendOfTheSender : ThreePeople {
    FriendOfTheSender() : ThreePeople(12) {}

    void SetUp() override {
        for (auto* other : {&bob, &carol}) {
            ASSERT_FALSE(alice.add(*other));
            ASSERT_FALSE(other->add(alice));
        }
        ASSERT_TRUE(w.run_until([&] {
            return alice.state_of(bob) == friend_state::accepted
                   && bob.state_of(alice) == friend_state::accepted
                   && carol.state_of(alice) == friend_state::accepted;
        }));
        w.run(2min);
        bob.kill();
    }
    [[nodiscard]] std::size_t bob_has() { return bob.inbox(alice.key()).size(); }
    /// Carol is there for some minutes, when all that Alice put is gone.
    void carol_comes_back() {
        w.run(3h);
        nodes_forget();
        carol.start();
        w.run(5min);
        carol.kill();
    }
};

TEST_F(FriendOfTheSender, PutsItsVectorSoThatTheReceiverLearnsOfItsMail) {
    ASSERT_TRUE(alice.say(bob.key(), "By nobody in common"));
    w.run(5min); // Carol is online with Alice, and hears of it directly
    alice.kill();
    w.run(2min);
    carol.kill();
    carol_comes_back();
    bob.start();
    EXPECT_TRUE(w.run_until([&] { return bob_has() == 1; }, 5min));
}

TEST_F(FriendOfTheSender, PutsPagesToo) {
    person dave{w, 4, "Dave"}, erin{w, 5, "Erin"};
    for (auto* other : {&dave, &erin}) {
        ASSERT_FALSE(alice.add(*other));
        other->kill();
    }
    std::size_t const sent = 20;
    for (auto const* to : {&bob, &dave, &erin}) { // together more than a vector names
        for (std::size_t i = 0; i < sent; ++i)
            ASSERT_TRUE(alice.say(to->key(), "Number " + std::to_string(i)));
        w.run(2min);
    }
    w.run(70min); // a vector that did not name all is read again with Carol's next renewal
    alice.kill();
    w.run(2min);
    carol.kill();
    carol_comes_back();
    bob.start();
    EXPECT_TRUE(w.run_until([&] { return bob_has() == sent; }, 15min)) << bob_has();
}

TEST_F(FriendOfTheSender, PutsAVectorAtMostOnceAnHour) {
    ASSERT_TRUE(alice.say(bob.key(), "Once"));
    w.run(5min);
    alice.kill();
    w.run(2min);
    carol.kill();
    carol_comes_back();
    nodes_forget();
    auto const name = wire::target_of({alice.key(), channel::gossip_salt()});
    carol.start();
    w.run(20min); // the put of a few minutes ago counts
    EXPECT_FALSE(w.items.contains(name));
    carol.kill();
    w.run(1h);
    carol.start();
    w.run(5min);
    EXPECT_TRUE(w.items.contains(name));
}

} // namespace
} // namespace tau::test
