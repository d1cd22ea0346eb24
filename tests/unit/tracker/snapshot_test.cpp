#include "tau_tracker/snapshot.hpp"

#include "identity/binding.hpp"
#include "support/temp_folder.hpp"
#include "support/test_keys.hpp"
#include "unit/tracker/tracker_fixture.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace tau::tracker_tool {
namespace {

using namespace std::chrono_literals;
using tracker::refusal;
using tracker::test::client;
using tracker::test::tracker_under_test;
using wire::announce_event;
using wire::wallet_action;

info_hash topic() {
    info_hash out;
    out.octets.fill(0x77);
    return out;
}

struct Snapshot : testing::Test {
    tracker_under_test before;
    tracker_under_test after;
    client a{'a'};
    tau::test::temp_folder folder;
    std::filesystem::path const file = folder / "snapshot";

    void restart() {
        ASSERT_TRUE(write_snapshot(file, before.store, before.clock.now()));
        ASSERT_TRUE(read_snapshot(file, after.store, after.clock.now()));
    }
    bytes written() {
        EXPECT_TRUE(write_snapshot(file, before.store, before.clock.now()));
        std::ifstream in(file, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
};

TEST_F(Snapshot, KeepsSwarmsWithEveryKindOfPeer) {
    client seeder{'s'}, partial{'p'};
    EXPECT_EQ(before.send(a.plain(topic()), a), refusal::none);
    auto r = seeder.plain(topic());
    r.left = 0;
    EXPECT_EQ(before.send(r, seeder), refusal::none);
    r = partial.plain(topic());
    r.event = announce_event::paused;
    EXPECT_EQ(before.send(r, partial), refusal::none);
    restart();
    EXPECT_EQ(after.store.scrape(topic()), (wire::swarm_counts{1, 2, 0, 1}));
}

TEST_F(Snapshot, KeepsPresenceWithItsTopicAndTheLastSignedTime) {
    auto r = a.request(topic(), wallet_action::topic, before.next_time());
    a.sign(r, before.name);
    EXPECT_EQ(before.send(r, a), refusal::none);
    restart();
    EXPECT_TRUE(after.store.is_online(a.wallet()));
    EXPECT_EQ(after.send(r, a), refusal::replay);
    after.ticket = before.ticket;
    info_hash other;
    EXPECT_EQ(after.say(a, other, wallet_action::topic, announce_event::stopped), refusal::none);
    EXPECT_TRUE(after.store.is_online(a.wallet())) << "presence belongs to the first topic";
    EXPECT_EQ(after.say(a, topic(), wallet_action::topic, announce_event::stopped), refusal::none);
    EXPECT_FALSE(after.store.is_online(a.wallet()));
}

TEST_F(Snapshot, KeepsLinksAndTheKeysOfHops) {
    auto const keys = tau::test::keys_of(1);
    client owner{'o'}; // only its address is used
    info_hash const target{keys->wallet().octets};
    EXPECT_EQ(before.say(a, target, wallet_action::link), refusal::none);
    auto r = owner.request(a.as_hash(), wallet_action::link, before.next_time());
    r.wallet->wallet = keys->wallet();
    r.wallet->tracker = before.name;
    auto const record = identity::make_binding(*keys, before.clock.now().wall);
    r.wallet->key = record.key;
    r.wallet->binding = identity::encode(record);
    r.wallet->sign = keys->personal_sign(as_bytes(wire::tracker_statement(r, before.name)));
    EXPECT_EQ(before.send(r, owner), refusal::none);
    restart();
    after.ticket = before.ticket;
    EXPECT_EQ(after.say(a, target, wallet_action::route), refusal::none);
    ASSERT_EQ(after.answer.route->paths.size(), 1U);
    EXPECT_EQ(after.answer.route->paths[0][0].key, keys->key());
}

TEST_F(Snapshot, LeavesOutWhatGrewTooOld) {
    EXPECT_EQ(before.send(a.plain(topic()), a), refusal::none);
    auto const octets = written();
    after.clock.advance(std::chrono::seconds(after.store.peer_lifetime_s() + 4));
    ASSERT_TRUE(restore_snapshot(octets, after.store, after.clock.now()));
    EXPECT_EQ(after.store.count().peers, 0U);
}

TEST_F(Snapshot, RefusesWhatIsNotWhole) {
    EXPECT_EQ(read_snapshot(file, after.store, after.clock.now()).error(), errc::not_found);
    EXPECT_EQ(before.say(a, topic(), wallet_action::topic), refusal::none);
    auto octets = written();
    for (std::size_t n = 0; n < octets.size(); ++n)
        EXPECT_FALSE(restore_snapshot(byte_view(octets).first(n), after.store, after.clock.now()));
    octets[40] ^= 1;
    EXPECT_EQ(restore_snapshot(octets, after.store, after.clock.now()).error(),
              errc::invalid_checksum);
    octets[7] ^= 1;
    EXPECT_EQ(restore_snapshot(octets, after.store, after.clock.now()).error(),
              errc::unsupported_version);
    EXPECT_EQ(after.store.count().peers, 0U);
}

} // namespace
} // namespace tau::tracker_tool
