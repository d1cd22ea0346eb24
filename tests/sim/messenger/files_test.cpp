#include "sim/messenger/uploads.hpp"

#include <gtest/gtest.h>

namespace tau::test {
namespace {

using namespace std::chrono_literals;
using messenger::file_state;

struct Files : testing::Test {
    world w{9};
    person alice{w, 1, "Alice"};
    person bob{w, 2, "Bob"};

    void befriend() { ASSERT_TRUE(are_friends(w, alice, bob)); }

    result<messenger::message_id> upload(person& from, person& to, std::uint64_t size) {
        return test::upload(w, from, to, size);
    }

    bool becomes(person& who, messenger::message_id const& id, file_state wanted,
                 std::chrono::milliseconds limit = 5min) {
        auto const end = w.clock.now().mono + limit;
        while (w.clock.now().mono < end) {
            if (who.is_up() && state_of_file(who, id) == wanted)
                return true;
            w.run(100ms);
        }
        return false;
    }
};

TEST_F(Files, ComeAndAreProvenAndAreForgottenByTheirSenderInTime) {
    befriend();
    auto const id = upload(alice, bob, 5 * mib);
    ASSERT_TRUE(id) << id.error().message();
    ASSERT_TRUE(becomes(bob, id.value(), file_state::complete, 30s));
    EXPECT_TRUE(becomes(alice, id.value(), file_state::complete, 30s));
    auto const seen = alice.message(id.value())->file;
    EXPECT_EQ(seen->name, "film.mkv");
    EXPECT_EQ(seen->receiver_bytes, 5 * mib);
    auto const torrent = bob.disk.begin()->first;
    EXPECT_FALSE(alice.files().is_moving(torrent));
    EXPECT_FALSE(bob.files().is_moving(torrent));
    EXPECT_EQ(bob.count<messenger::message_arrived>(), 1U) << "the proof is not shown";
    EXPECT_EQ(alice.inbox().size(), 1U);
    w.run(7 * 24h + 1h);
    EXPECT_TRUE(becomes(alice, id.value(), file_state::removed, 2h));
    EXPECT_TRUE(alice.disk.empty());
    EXPECT_EQ(bob.disk.size(), 1U) << "the receiver's octets are the file";
}

TEST_F(Files, GoOnWhereTheyWereWhenEitherSideWasKilled) {
    befriend();
    auto const id = upload(alice, bob, 30 * mib);
    ASSERT_TRUE(id);
    ASSERT_TRUE(
        w.run_until([&] { return !bob.disk.empty() && bob.disk.begin()->second > 3 * mib; }));
    bob.kill();
    w.run(5s);
    auto const before = bob.disk.begin()->second;
    bob.start();
    ASSERT_TRUE(w.run_until([&] { return bob.disk.begin()->second > before; }));
    alice.kill();
    w.run(5s);
    alice.start();
    EXPECT_TRUE(becomes(bob, id.value(), file_state::complete));
    EXPECT_TRUE(becomes(alice, id.value(), file_state::complete));
}

TEST_F(Files, TheProofReachesASenderWhoWasAway) {
    befriend();
    auto const id = upload(alice, bob, 20 * mib);
    ASSERT_TRUE(id);
    ASSERT_TRUE(
        w.run_until([&] { return !bob.disk.empty() && bob.disk.begin()->second == 19 * mib; }));
    ASSERT_TRUE(w.run_until([&] { return bob.disk.begin()->second == 20 * mib; }));
    alice.kill();
    w.run(1min);
    EXPECT_EQ(state_of_file(bob, id.value()), file_state::complete);
    alice.start();
    EXPECT_TRUE(becomes(alice, id.value(), file_state::complete));
}

TEST_F(Files, LargeOnesWaitUntilSomebodyAsks) {
    bob.kill();
    bob.settings.auto_fetch_bytes = 2 * mib;
    bob.start();
    befriend();
    auto const id = upload(alice, bob, 3 * mib);
    ASSERT_TRUE(id);
    ASSERT_TRUE(becomes(bob, id.value(), file_state::waiting, 10s));
    w.run(1min);
    EXPECT_TRUE(bob.disk.empty());
    EXPECT_FALSE(bob.ask([&](auto done) { bob.engine().fetch_file(id.value(), done); }));
    EXPECT_TRUE(becomes(bob, id.value(), file_state::complete));
}

TEST_F(Files, OfStrangersAreNotFetchedBeforeTheyAreAccepted) {
    ASSERT_FALSE(alice.add(bob));
    auto const id = upload(alice, bob, mib);
    ASSERT_TRUE(id);
    ASSERT_TRUE(w.run_until(
        [&] { return bob.state_of(alice) == messenger::friend_state::requested; }, 30s));
    w.run(2min);
    EXPECT_TRUE(bob.disk.empty());
    EXPECT_FALSE(bob.ask([&](auto done) { bob.engine().accept_friend(alice.key(), done); }));
    EXPECT_TRUE(becomes(bob, id.value(), file_state::complete));
}

TEST_F(Files, AFullDiskIsToldAndNothingIsLost) {
    befriend();
    alice.files().disk_full = true;
    EXPECT_EQ(upload(alice, bob, mib).error(), errc::disk_full);
    alice.files().disk_full = false;
    bob.files().disk_full = true;
    auto const id = upload(alice, bob, mib);
    ASSERT_TRUE(id);
    ASSERT_TRUE(becomes(bob, id.value(), file_state::waiting, 10s));
    EXPECT_EQ(bob.message(id.value())->file->trouble, errc::disk_full);
    EXPECT_EQ(bob.ask([&](auto done) { bob.engine().fetch_file(id.value(), done); }),
              errc::disk_full);
    bob.files().disk_full = false;
    EXPECT_FALSE(bob.ask([&](auto done) { bob.engine().fetch_file(id.value(), done); }));
    EXPECT_TRUE(becomes(bob, id.value(), file_state::complete));
}

TEST_F(Files, ErasingAMessageForgetsItsFile) {
    befriend();
    auto const id = upload(alice, bob, mib);
    ASSERT_TRUE(id);
    ASSERT_TRUE(becomes(bob, id.value(), file_state::complete));
    EXPECT_FALSE(bob.ask([&](auto done) { bob.engine().erase(id.value(), done); }));
    EXPECT_TRUE(bob.disk.empty());
    bob.kill();
    bob.start();
    EXPECT_TRUE(bob.disk.empty());
}

TEST_F(Files, PartsMustFollowEachOther) {
    befriend();
    EXPECT_EQ(alice.engine().begin_upload(0).error(), errc::invalid_argument);
    EXPECT_EQ(alice.engine().begin_upload(wire::max_file_bytes + 1).error(), errc::too_large);
    auto const id = alice.engine().begin_upload(2 * mib).value();
    EXPECT_EQ(alice.ask([&](auto done) { alice.engine().write_upload(id, 5, bytes(10), done); }),
              errc::invalid_argument);
    EXPECT_EQ(alice.ask([&](auto done) { alice.engine().write_upload(id, 0, bytes(10), done); }),
              errc::not_found);
}

} // namespace
} // namespace tau::test
