// What goes wrong between two people: losses, crashes and gaps at the worst moment.
#include "sim/messenger/world.hpp"

#include "messenger/seal.hpp"

#include <gtest/gtest.h>

namespace tau::test {
namespace {

using namespace std::chrono_literals;
using messenger::friend_state;
using messenger::message_id;
using messenger::message_state;

struct Adversity : testing::Test {
    world w{23};
    person alice{w, 1, "Alice"};
    person bob{w, 2, "Bob"};

    void befriend() {
        ASSERT_TRUE(are_friends(w, alice, bob));
        w.run(10s);
    }

    bool reaches(message_id const& id, message_state state) {
        return w.run_until([&] { return alice.message(id)->state >= state; }, 40min);
    }

    // Alice sends while Bob is away; the values that went to the DHT for it.
    std::vector<target> published(std::function<result<message_id>()> const& send,
                                  std::vector<message_id>& sent) {
        std::set<target> before;
        for (auto const& [where, value] : w.immutables)
            before.insert(where);
        auto const id = send();
        EXPECT_TRUE(id);
        sent.push_back(id.value());
        EXPECT_TRUE(reaches(id.value(), message_state::published));
        std::vector<target> out;
        for (auto const& [where, value] : w.immutables)
            if (!before.contains(where))
                out.push_back(where);
        return out;
    }

    std::vector<target> say(std::string const& text, std::vector<message_id>& sent) {
        return published([&] { return alice.say(bob.key(), text); }, sent);
    }

    bool has(message_id const& id) { return bob.message(id).has_value(); }
};

TEST_F(Adversity, AMessageThatWasLostIsNotAcknowledgedByReadingTheNext) {
    befriend();
    bob.kill();
    std::vector<message_id> sent;
    auto const lost = say("lost on the way", sent);
    (void)say("arrives", sent);
    alice.kill();
    for (auto const& where : lost)
        w.immutables.erase(where);
    bob.start();
    ASSERT_TRUE(w.run_until([&] { return has(sent[1]); }, 10min));
    ASSERT_FALSE(bob.read_all());
    w.run(1min);
    bob.kill();

    alice.start();
    ASSERT_TRUE(reaches(sent[1], message_state::read));
    EXPECT_LT(alice.state(sent[0]), message_state::delivered);
    bob.start();
    EXPECT_TRUE(w.run_until([&] { return has(sent[0]); }, 40min));
    EXPECT_TRUE(reaches(sent[0], message_state::delivered));
    w.run(1min);
    EXPECT_EQ(alice.state(sent[0]), message_state::delivered); // Bob has not seen it yet
    ASSERT_FALSE(bob.read_all());
    EXPECT_TRUE(reaches(sent[0], message_state::read));
}

TEST_F(Adversity, WhatArrivedBeyondAGapThatStaysIsAcknowledged) {
    befriend();
    bob.kill();
    std::vector<message_id> sent;
    auto const lost = say("erased before it arrived", sent);
    for (int i = 0; i < 14; ++i)
        (void)say(std::to_string(i), sent);
    alice.kill();
    for (auto const& where : lost)
        w.immutables.erase(where);
    bob.start();
    ASSERT_TRUE(w.run_until([&] { return bob.inbox().size() == 14; }, 20min));
    bob.kill();
    alice.start();
    ASSERT_FALSE(alice.ask([&](auto done) { alice.engine().erase(sent[0], done); }));
    bob.start();
    for (std::size_t i = 1; i < sent.size(); ++i)
        EXPECT_TRUE(reaches(sent[i], message_state::delivered)) << i;
}

TEST_F(Adversity, ACrashRightAfterAddingAFriendDoesNotPreventContact) {
    ASSERT_FALSE(alice.add(bob));
    alice.kill();
    alice.start();
    EXPECT_TRUE(w.run_until([&] { return bob.state_of(alice) == friend_state::requested; }, 1min));
}

TEST_F(Adversity, ARestoredNodeWaitsForTheDhtBeforeItPublishes) {
    befriend();
    bytes backup;
    alice.engine().export_backup([&](result<bytes> data) { backup = std::move(data).value(); });
    ASSERT_TRUE(w.run_until([&] { return !backup.empty(); }));
    bob.kill();
    std::vector<message_id> sent;
    (void)say("after the backup", sent);
    w.run(1min);
    alice.kill();

    person restored{w, 1, "Alice"};
    ASSERT_FALSE(restored.ask([&](auto done) { restored.engine().import_backup(backup, done); }));
    restored.kill();
    w.cloud_up = false; // no node is known at first
    w.later(3s, [this] { w.cloud_up = true; });
    restored.start();
    ASSERT_TRUE(restored.say(bob.key(), "restored"));
    bob.start();
    EXPECT_TRUE(w.run_until([&] { return bob.inbox().size() == 2; }, 40min));
}

TEST_F(Adversity, AttachmentsThatNobodyHasDoNotHoldUpTheNext) {
    befriend();
    bob.kill();
    std::vector<message_id> sent;
    messenger::pair_sealer const opener(bob.keys(), w.random);
    for (std::uint8_t i = 0; i < 9; ++i) {
        auto const send = [&] { return alice.send(bob.key(), "f", bytes(2000, i)); };
        auto const values = published(send, sent);
        for (auto const& where : values)
            if (i > 0 && !opener.open(w.immutables.at(where)))
                w.immutables.erase(where); // the message arrives, its content does not
    }
    alice.kill();
    bob.start();
    ASSERT_TRUE(w.run_until([&] { return bob.inbox().size() == 9; }, 10min));
    w.run(5min);
    // The oldest is fetched last.
    EXPECT_EQ(bob.message(sent[0])->file->fetched_bytes, 2000U);
}

} // namespace
} // namespace tau::test
