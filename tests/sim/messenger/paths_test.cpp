#include "sim/messenger/fake_paths.hpp"
#include "sim/messenger/uploads.hpp"
#include "sim/messenger/world.hpp"

#include "messenger/ferry_pace.hpp"
#include "wire/packet.hpp"

#include <gtest/gtest.h>

namespace tau::test {
namespace {

using namespace std::chrono_literals;
using messenger::file_state;

/// Alice and Bob are friends, and from then on only a path leads from one to the other.
struct OverPaths : testing::Test {
    world w{11};
    person alice{w, 1, "Alice"};
    person bob{w, 2, "Bob"};
    std::optional<fake_paths> from_alice;
    std::optional<fake_paths> from_bob;

    void SetUp() override {
        ASSERT_TRUE(are_friends(w, alice, bob));
        from_alice.emplace(w, alice);
        from_bob.emplace(w, bob);
        from_alice->meet(*from_bob);
        from_bob->meet(*from_alice);
        w.loss_permille = 1000; // no datagram arrives
        alice.files().fenced = true;
        bob.files().fenced = true;
    }
    bool is_complete(person& who, messenger::message_id const& id) {
        return state_of_file(who, id) == file_state::complete;
    }
    bool completes(messenger::message_id const& id, std::chrono::milliseconds limit) {
        auto const end = w.clock.now().mono + limit;
        while (w.clock.now().mono < end) {
            if (is_complete(bob, id) && is_complete(alice, id))
                return true;
            w.run(100ms);
        }
        return false;
    }
};

TEST_F(OverPaths, APictureComesItemByItem) {
    bytes const content(200'000, 9);
    auto const id = alice.send(bob.key(), "picture.png", content);
    ASSERT_TRUE(id);
    ASSERT_TRUE(w.run_until([&] { return bob.message(id.value()).has_value(); }, 30s));
    auto const got = bob.attachment(id.value());
    ASSERT_TRUE(got) << got.error().message();
    EXPECT_EQ(got.value(), content);
}

TEST_F(OverPaths, AFileComesBlockByBlockWithinTheWindow) {
    auto const id = upload(w, alice, bob, 20 * mib);
    ASSERT_TRUE(id);
    EXPECT_TRUE(completes(id.value(), 5min));
    EXPECT_LE(from_alice->most_on_the_way, messenger::ferry_pace::max_window + 8);
    EXPECT_EQ(from_bob->refused, 0U);
}

TEST_F(OverPaths, WhatIsLostIsAskedForAgain) {
    from_alice->loss_percent = 20;
    from_bob->loss_percent = 20;
    auto const id = upload(w, alice, bob, 3 * mib);
    ASSERT_TRUE(id);
    EXPECT_TRUE(completes(id.value(), 30min));
}

// What files have on a narrow way must not hold up what somebody says meanwhile.
TEST_F(OverPaths, MessagesAreNotHeldUpByAFileOnANarrowWay) {
    from_alice->bytes_per_s = 250'000;
    auto const id = upload(w, alice, bob, 8 * mib);
    ASSERT_TRUE(id);
    ASSERT_TRUE(w.run_until([&] { return from_alice->on_the_way > 2; }, 30s));
    w.run(10s);
    for (int i = 0; i < 5; ++i) {
        auto const began = w.clock.now().mono;
        auto const text = alice.say(bob.key(), "still there?");
        ASSERT_TRUE(text);
        ASSERT_TRUE(w.run_until([&] { return bob.message(text.value()).has_value(); }, 30s));
        EXPECT_LE(w.clock.now().mono - began, 700ms);
        w.run(1s);
    }
    EXPECT_TRUE(completes(id.value(), 60s)) << "8 MiB at 250 kB/s take 34 s";
}

TEST_F(OverPaths, AFileGoesOnWhenTheWayIsBack) {
    auto const id = upload(w, alice, bob, 20 * mib);
    ASSERT_TRUE(id);
    ASSERT_TRUE(w.run_until([&] { return from_alice->on_the_way > 8; }, 30s));
    from_alice->is_cut = from_bob->is_cut = true;
    w.run(5min);
    EXPECT_FALSE(is_complete(bob, id.value()));
    from_alice->is_cut = from_bob->is_cut = false;
    EXPECT_TRUE(completes(id.value(), 60s));
}

// Links are told to friends alone, and read when something waits for a way.
TEST_F(OverPaths, FriendsLearnOfEachOthersLinks) {
    w.loss_permille = 0;
    wallet_address const hop{{7}};
    bob.engine().on_own_links({hop});
    w.run(10s);
    bob.kill(); // no endpoint of his answers
    from_alice->loss_percent = 100;
    auto const text = alice.say(bob.key(), "which way?");
    ASSERT_TRUE(text);
    auto const& told = from_alice->told_links;
    ASSERT_TRUE(w.run_until([&] { return told.contains(bob.keys().wallet()); }, 60s));
    EXPECT_EQ(told.at(bob.keys().wallet()), std::vector{hop});
}

TEST_F(OverPaths, TheSenderSeesHowFarItIs) {
    auto const id = upload(w, alice, bob, 20 * mib);
    ASSERT_TRUE(id);
    std::uint64_t seen = 0;
    ASSERT_TRUE(w.run_until(
        [&] {
            for (auto const& event : alice.events)
                if (auto const* p = std::get_if<messenger::attachment_progress>(&event))
                    if (p->is_ours && p->fetched_bytes > 0 && p->fetched_bytes < p->size_bytes)
                        seen = p->fetched_bytes;
            return seen > 5 * mib;
        },
        5min));
}

// Hops need not carry what came by datagram, and what its sender took back.
TEST_F(OverPaths, WhatArrivedOrWasErasedIsReleased) {
    from_alice->loss_percent = 100;
    auto const text = alice.say(bob.key(), "by either way");
    auto const secret = alice.say(bob.key(), "better not");
    ASSERT_TRUE(text && secret);
    ASSERT_TRUE(w.run_until([&] { return from_alice->on_the_way > 0; }, 10s));
    w.run(2s);
    EXPECT_TRUE(from_alice->released.empty());
    ASSERT_FALSE(alice.ask([&](auto done) { alice.engine().erase(secret.value(), done); }));
    EXPECT_TRUE(from_alice->released.contains(secret.value()));
    EXPECT_FALSE(from_alice->released.contains(text.value()));
    w.loss_permille = 0;
    ASSERT_TRUE(w.run_until([&] { return bob.message(text.value()).has_value(); }, 60s));
    EXPECT_TRUE(w.run_until([&] { return from_alice->released.contains(text.value()); }, 10s));
}

TEST_F(OverPaths, NobodyElseGetsWhatIsAFriends) {
    auto const id = upload(w, alice, bob, mib);
    ASSERT_TRUE(id);
    ASSERT_TRUE(completes(id.value(), 5min));
    auto const before = from_alice->refused;
    // Octets that are no packet of the two are refused, whatever they say.
    bytes forged(200, 3);
    forged[0] = wire::packet_version;
    alice.engine().on_carried(forged, bob.keys().wallet(), messenger::delivery_way::path);
    EXPECT_EQ(from_alice->refused, before + 1);
}

} // namespace
} // namespace tau::test
