// What a front-end does with what the shared log says.
#include "unit/tracker/tracker_fixture.hpp"

#include <gtest/gtest.h>

namespace tau::tracker {
namespace {

using namespace std::chrono_literals;
using test::client;
using wire::wallet_action;

struct SwarmMerge : testing::Test {
    swarm_store swarms;
    swarm_merge told;

    void SetUp() override {
        told.hash.octets.fill(1);
        told.peer = peer_address::of(boost::asio::ip::make_address("10.0.0.1"), 80);
    }
};

TEST_F(SwarmMerge, ListsAndForgetsAPeer) {
    swarms.merge(told, 1000);
    told.is_seeder = true;
    swarms.merge(told, 1000);
    EXPECT_EQ(swarms.scrape(told.hash).complete, 1U);
    EXPECT_EQ(swarms.scrape(told.hash).incomplete, 0U);
    told.is_stopped = true;
    swarms.merge(told, 1000);
    swarms.merge(told, 1000);
    EXPECT_EQ(swarms.peer_count(), 0U);
    EXPECT_EQ(swarms.swarm_count(), 0U) << "an empty swarm is not kept";
}

TEST_F(SwarmMerge, KeepsThePeersAge) {
    told.age_s = 590;
    swarms.merge(told, 1000);
    while (!swarms.expire_some(1000, 10)) {
    }
    EXPECT_EQ(swarms.peer_count(), 1U);
    while (!swarms.expire_some(1020, 10)) {
    }
    EXPECT_EQ(swarms.peer_count(), 0U);
    told.age_s = 2000;
    swarms.merge(told, 1000);
    EXPECT_EQ(swarms.peer_count(), 0U) << "older than this machine is up";
}

TEST_F(SwarmMerge, CountsDownloads) {
    told.is_completed = true;
    swarms.merge(told, 1000);
    swarms.merge(told, 1000);
    EXPECT_EQ(swarms.scrape(told.hash).downloaded, 2U);
    told.is_completed = false;
    told.downloaded = 5;
    swarms.merge(told, 1000);
    swarms.merge(told, 1000);
    EXPECT_EQ(swarms.scrape(told.hash).downloaded, 5U);
}

/// Two registries that follow one log.
struct WalletMerge : testing::Test {
    tau::test::manual_clock clock;
    wallet_registry here, there;
    client a{'a'}, b{'b'}, c{'c'};
    std::int64_t time = clock.now().wall.time_since_epoch().count();
    using change = wire::replica::device_change;

    change apply(wallet_registry& at, client const& who, wallet_action action, info_hash const& to,
                 std::int64_t when, char device = 0) {
        auto r = who.request(to, action, when);
        r.id.octets[0] = static_cast<std::uint8_t>(r.id.octets[0] + device);
        EXPECT_FALSE(at.apply(r, who.address(), clock.now()));
        return at.replica_of(r).value();
    }
    void log(change const& entry) {
        EXPECT_FALSE(here.merge(entry, 0, clock.now()));
        EXPECT_FALSE(there.merge(entry, 0, clock.now()));
    }
    [[nodiscard]] bool claims(wallet_registry const& at, client const& from, client const& to) {
        return at.edges().has_claim(from.wallet(), to.wallet());
    }
};

TEST_F(WalletMerge, PresenceAndClaimsReachTheOther) {
    log(apply(here, a, wallet_action::link, b.as_hash(), time));
    EXPECT_TRUE(there.is_online(a.wallet()));
    EXPECT_TRUE(claims(there, a, b));
    auto stop = a.request(a.as_hash(), wallet_action::unspecified, time + 1);
    stop.event = wire::announce_event::stopped;
    EXPECT_FALSE(there.apply(stop, a.address(), clock.now()));
    auto const ended = there.replica_of(stop).value();
    EXPECT_TRUE(ended.ends_wallet);
    log(ended);
    EXPECT_FALSE(here.is_online(a.wallet()));
    EXPECT_FALSE(claims(here, a, b));
}

TEST_F(WalletMerge, ARequestThatOneAcceptedIsAReplayAtTheOther) {
    auto const r = a.request(b.as_hash(), wallet_action::link, time);
    EXPECT_FALSE(here.apply(r, a.address(), clock.now()));
    log(here.replica_of(r).value());
    EXPECT_EQ(there.check(r, clock.now()), errc::replayed);
}

TEST_F(WalletMerge, OfOneRequestUsedTwiceTheFirstInTheLogHolds) {
    auto const r = a.request(a.as_hash(), wallet_action::topic, time);
    EXPECT_FALSE(here.apply(r, a.address(), clock.now()));
    EXPECT_FALSE(there.apply(r, b.address(), clock.now())); // copied on the way
    auto const genuine = here.replica_of(r).value();
    auto const copied = there.replica_of(r).value();
    log(genuine);
    log(copied);
    for (auto const* at : {&here, &there})
        EXPECT_EQ(at->devices_of(a.wallet(), clock.now()).at(0).where, a.where());
}

TEST_F(WalletMerge, WhatTwoDevicesSaidAtOnceEndsTheSameEverywhere) {
    log(apply(here, a, wallet_action::topic, c.as_hash(), time, 0));
    log(apply(here, a, wallet_action::topic, c.as_hash(), time, 1));
    auto const link = apply(here, a, wallet_action::link, b.as_hash(), time + 5, 0);
    auto const unlink = apply(there, a, wallet_action::unlink, b.as_hash(), time + 4, 1);
    log(link);
    log(unlink);
    EXPECT_FALSE(claims(here, a, b));
    EXPECT_FALSE(claims(there, a, b));
    log(apply(there, a, wallet_action::unlink, c.as_hash(), time + 6, 1));
    log(apply(here, a, wallet_action::link, c.as_hash(), time + 7, 0));
    EXPECT_TRUE(claims(here, a, c));
    EXPECT_TRUE(claims(there, a, c));
}

TEST_F(WalletMerge, AnOlderRequestChangesClaimsButNoPresence) {
    auto const early = apply(here, a, wallet_action::link, b.as_hash(), time);
    auto stop = a.request(a.as_hash(), wallet_action::unspecified, time + 1);
    stop.event = wire::announce_event::stopped;
    EXPECT_FALSE(there.apply(stop, a.address(), clock.now()));
    log(there.replica_of(stop).value());
    log(early);
    EXPECT_FALSE(here.is_online(a.wallet()));
    EXPECT_FALSE(there.is_online(a.wallet()));
    EXPECT_FALSE(claims(there, a, b));
}

TEST_F(WalletMerge, StoppedForAnotherTopicEndsNoPresenceElsewhere) {
    info_hash topic, other;
    topic.octets.fill(1);
    other.octets.fill(2);
    log(apply(here, a, wallet_action::topic, topic, time));
    auto stop = a.request(other, wallet_action::topic, time + 1);
    stop.event = wire::announce_event::stopped;
    EXPECT_FALSE(there.apply(stop, a.address(), clock.now()));
    log(there.replica_of(stop).value());
    EXPECT_TRUE(here.is_online(a.wallet()));
    EXPECT_TRUE(there.is_online(a.wallet()));
}

TEST_F(WalletMerge, ClaimsBeyondTheLimitAreNotPassedOn) {
    wallet_limits limits;
    limits.edges.max_claims = 1;
    wallet_registry small(limits);
    auto r = a.request(b.as_hash(), wallet_action::link, time);
    r.wallet->changes = {{c.wallet(), true}};
    EXPECT_EQ(small.apply(r, a.address(), clock.now()), errc::too_large);
    auto const told = small.replica_of(r).value();
    ASSERT_EQ(told.changes.size(), 1U);
    EXPECT_EQ(told.changes[0].wallet, b.wallet());
}

TEST_F(WalletMerge, ReplacedClaimsAreTheseAndNoOthers) {
    log(apply(here, a, wallet_action::link, b.as_hash(), time));
    here.replace_claims(a.wallet(), std::vector{c.wallet()}, clock.now());
    EXPECT_FALSE(claims(here, a, b));
    EXPECT_TRUE(claims(here, a, c));
    here.replace_claims(c.wallet(), std::vector{a.wallet()}, clock.now());
    EXPECT_FALSE(claims(here, c, a)) << "who is offline has no claims";
}

TEST_F(WalletMerge, AnOldPresenceEndsInItsTime) {
    auto const entry = apply(here, a, wallet_action::topic, c.as_hash(), time);
    EXPECT_FALSE(there.merge(entry, 500, clock.now()));
    clock.advance(101s);
    (void)there.expire_some(clock.now(), 10);
    EXPECT_FALSE(there.is_online(a.wallet()));
}

} // namespace
} // namespace tau::tracker
