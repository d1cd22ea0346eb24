#include "unit/tracker/tracker_fixture.hpp"

#include <gtest/gtest.h>

namespace tau::tracker {
namespace {

using namespace std::chrono_literals;
using test::client;
using test::tracker_under_test;
using wire::announce_event;
using wire::wallet_action;
using wallets = std::vector<std::vector<wallet_address>>;

info_hash topic() {
    info_hash out;
    out.octets.fill(0x77);
    return out;
}

/// The network of the source document: A-B, A-C, B-D, C-D, D-E, all on one topic.
struct SourceNetworkTracker : testing::Test {
    client a{'a'}, b{'b'}, c{'c'}, d{'d'}, e{'e'};
    tracker_under_test tracker;

    void SetUp() override {
        for (auto const* who : {&a, &b, &c, &d, &e})
            ASSERT_EQ(tracker.say(*who, topic(), wallet_action::topic, announce_event::started),
                      refusal::none);
        tracker.connect(a, b);
        tracker.connect(a, c);
        tracker.connect(b, d);
        tracker.connect(c, d);
        tracker.connect(d, e);
    }
};

TEST_F(SourceNetworkTracker, ThePeersOfATopicLearnOfEachOther) {
    EXPECT_EQ(tracker.say(a, topic(), wallet_action::topic), refusal::none);
    EXPECT_EQ(tracker.peers().size(), 4U);
}

TEST_F(SourceNetworkTracker, AIsToldBothPathsToE) {
    EXPECT_EQ(tracker.say(a, e.as_hash(), wallet_action::route), refusal::none);
    auto found = tracker.paths();
    std::sort(found.begin(), found.end(),
              [&](auto const& x, auto const&) { return x.front() == b.wallet(); });
    EXPECT_EQ(found, (wallets{{b.wallet(), d.wallet(), e.wallet()},
                              {c.wallet(), d.wallet(), e.wallet()}}));
    EXPECT_EQ(tracker.answer.route->liveness, 900);
    auto const first_hops = tracker.peers();
    EXPECT_EQ((std::set<endpoint>{first_hops.begin(), first_hops.end()}),
              (std::set<endpoint>{b.where(), c.where()}));
}

TEST_F(SourceNetworkTracker, BAsksForEAndGetsD) {
    EXPECT_EQ(tracker.say(b, e.as_hash(), wallet_action::route), refusal::none);
    ASSERT_FALSE(tracker.paths().empty());
    EXPECT_EQ(tracker.paths().front(), (std::vector<wallet_address>{d.wallet(), e.wallet()}));
}

TEST_F(SourceNetworkTracker, ASignedAnnounceWithoutActionIsARouteQueryAndNoLink) {
    auto const links = tracker.store.count().links;
    EXPECT_EQ(tracker.say(a, e.as_hash(), wallet_action::unspecified), refusal::none);
    EXPECT_EQ(tracker.paths().size(), 2U);
    EXPECT_EQ(tracker.store.count().links, links);
    // B, who asks for the same, finds A in the swarm of E first, then D.
    EXPECT_EQ(tracker.say(b, e.as_hash(), wallet_action::unspecified), refusal::none);
    ASSERT_GE(tracker.peers().size(), 2U);
    EXPECT_EQ(tracker.peers()[0], a.where());
    EXPECT_EQ(tracker.peers()[1], d.where());
}

TEST_F(SourceNetworkTracker, StoppedTakesAHopOutAtOnce) {
    EXPECT_EQ(tracker.say(b, topic(), wallet_action::topic, announce_event::stopped),
              refusal::none);
    EXPECT_EQ(tracker.say(a, e.as_hash(), wallet_action::route), refusal::none);
    EXPECT_EQ(tracker.paths(), (wallets{{c.wallet(), d.wallet(), e.wallet()}}));
}

TEST_F(SourceNetworkTracker, SilenceTakesAHopOutAfterTwoAndAHalfIntervals) {
    tracker.clock.advance(500s);
    for (auto const* who : {&a, &c, &d, &e})
        (void)tracker.say(*who, topic(), wallet_action::topic);
    tracker.clock.advance(101s);
    tracker.expire();
    EXPECT_EQ(tracker.say(a, e.as_hash(), wallet_action::route), refusal::none);
    EXPECT_EQ(tracker.paths(), (wallets{{c.wallet(), d.wallet(), e.wallet()}}));
}

TEST_F(SourceNetworkTracker, StoppedForAnotherTopicLeavesThePresence) {
    auto other = topic();
    other.octets[0] = 1;
    (void)tracker.say(b, other, wallet_action::topic, announce_event::started);
    (void)tracker.say(b, other, wallet_action::topic, announce_event::stopped);
    EXPECT_TRUE(tracker.store.is_online(b.wallet()));
    (void)tracker.say(b, b.as_hash(), wallet_action::unspecified, announce_event::stopped);
    EXPECT_FALSE(tracker.store.is_online(b.wallet()));
}

TEST_F(SourceNetworkTracker, AnUnlinkedHopIsAvoided) {
    EXPECT_EQ(tracker.say(d, b.as_hash(), wallet_action::unlink), refusal::none);
    EXPECT_EQ(tracker.say(a, e.as_hash(), wallet_action::route), refusal::none);
    EXPECT_EQ(tracker.paths(), (wallets{{c.wallet(), d.wallet(), e.wallet()}}));
}

TEST_F(SourceNetworkTracker, OneSignatureCarriesManyChanges) {
    auto r = d.request(b.as_hash(), wallet_action::unlink, tracker.next_time());
    r.wallet->changes = {{c.wallet(), false}, {a.wallet(), true}};
    d.sign(r, tracker.name);
    EXPECT_EQ(tracker.send(r, d), refusal::none);
    EXPECT_EQ(tracker.store.count().links, 3U);
    EXPECT_EQ(tracker.say(a, d.as_hash(), wallet_action::link), refusal::none);
    EXPECT_EQ(tracker.store.count().links, 4U);
}

TEST_F(SourceNetworkTracker, StrangersAreToldNobodysNeighbours) {
    client const stranger{'z'};
    EXPECT_EQ(tracker.send(stranger.plain(e.as_hash()), stranger), refusal::none);
    EXPECT_TRUE(tracker.peers().empty());
    EXPECT_FALSE(tracker.answer.route);
}

TEST_F(SourceNetworkTracker, APeerIdThatIsAWalletIsAHintOnlyWithPublicRoutes) {
    auto hinted = a.plain(e.as_hash());
    hinted.id.octets = a.wallet().octets;
    EXPECT_EQ(tracker.send(hinted, a), refusal::none);
    EXPECT_TRUE(tracker.peers().empty());
    policy open;
    open.public_routes = true;
    tracker.service.set_policy(std::make_shared<policy const>(open));
    EXPECT_EQ(tracker.send(hinted, a), refusal::none);
    EXPECT_EQ(tracker.peers().size(), 2U);
    EXPECT_FALSE(tracker.answer.route);
}

struct SignedAnnounce : testing::Test {
    client a{'a'}, b{'b'};
    tracker_under_test tracker;

    wire::announce_request signed_topic() {
        auto r = a.request(topic(), wallet_action::topic, tracker.next_time());
        a.sign(r, tracker.name);
        return r;
    }
};

TEST_F(SignedAnnounce, IsRefusedWhenAnythingSignedWasChanged) {
    auto const good = signed_topic();
    auto forged = good;
    forged.hash.octets[0] ^= 1;
    EXPECT_EQ(tracker.send(forged, a), refusal::signature);
    forged = good;
    forged.wallet->action = wallet_action::link;
    EXPECT_EQ(tracker.send(forged, a), refusal::signature);
    forged = good;
    forged.wallet->wallet = b.wallet();
    EXPECT_EQ(tracker.send(forged, a), refusal::signature);
    EXPECT_FALSE(tracker.store.is_online(a.wallet()));
    EXPECT_EQ(tracker.send(good, a), refusal::none);
    EXPECT_TRUE(tracker.store.is_online(a.wallet()));
}

TEST_F(SignedAnnounce, CannotBeReplayed) {
    auto const r = signed_topic();
    EXPECT_EQ(tracker.send(r, a), refusal::none);
    EXPECT_EQ(tracker.send(r, a), refusal::replay);
    EXPECT_EQ(tracker.say(a, topic(), wallet_action::topic, announce_event::stopped),
              refusal::none);
    EXPECT_EQ(tracker.send(r, a), refusal::replay) << "also after the device went";
    tracker.clock.advance(5min);
    tracker.expire();
    EXPECT_NE(tracker.send(r, a), refusal::none);
    tracker.clock.advance(30min);
    tracker.expire();
    EXPECT_EQ(tracker.send(r, a), refusal::clock) << "and when it was forgotten";
}

TEST_F(SignedAnnounce, IsRefusedWhenTheClockIsOff) {
    for (auto const off : {-5min - 1s, 5min + 1s}) {
        auto const now = tracker.clock.now().wall.time_since_epoch();
        auto r =
            a.request(topic(), wallet_action::topic, std::chrono::milliseconds(now + off).count());
        a.sign(r, tracker.name);
        EXPECT_EQ(tracker.send(r, a), refusal::clock);
    }
}

TEST_F(SignedAnnounce, IsRefusedWhenMadeForAnotherTracker) {
    auto r = a.request(topic(), wallet_action::topic, tracker.next_time());
    a.sign(r, "other.example:6969");
    EXPECT_EQ(tracker.send(r, a), refusal::name);
    policy named;
    named.names = {"other.example:6969"};
    tracker.service.set_policy(std::make_shared<policy const>(named));
    EXPECT_EQ(tracker.send(r, a), refusal::none);
    EXPECT_EQ(tracker.send(signed_topic(), a), refusal::name);
}

TEST_F(SignedAnnounce, TakesTheAddressAskedAsTheTrackersName) {
    auto r = a.request(topic(), wallet_action::topic, tracker.next_time());
    a.sign(r, "127.0.0.1:6969");
    r.wallet->tracker.clear();
    EXPECT_EQ(tracker.send(r, a), refusal::none);
}

TEST_F(SignedAnnounce, WrongSignaturesCostTheirSenderNotOthers) {
    auto forged = signed_topic();
    forged.wallet->sign.octets[5] ^= 1;
    int checked = 0;
    for (int i = 0; i < 100; ++i)
        checked += tracker.send(forged, a) == refusal::signature ? 1 : 0;
    EXPECT_EQ(checked, 10) << "the burst of one address";
    EXPECT_EQ(tracker.send(forged, a), refusal::rate);
    auto good = b.request(topic(), wallet_action::topic, tracker.next_time());
    b.sign(good, tracker.name);
    EXPECT_EQ(tracker.send(good, b), refusal::none);
    EXPECT_EQ(tracker.send(a.plain(topic()), a), refusal::none) << "unsigned goes on";
}

TEST_F(SignedAnnounce, AFloodFromManyAddressesLeavesFamiliarDevicesServed) {
    policy tight;
    tight.bad_signatures_per_s = 5;
    tracker_under_test t({}, tight);
    ASSERT_EQ(t.say(a, topic(), wallet_action::topic), refusal::none);
    auto forged = b.request(topic(), wallet_action::topic, t.next_time());
    forged.wallet->tracker = t.name;
    refusal last = refusal::none;
    for (unsigned i = 0; i < 20; ++i) {
        asker who = t.from(b);
        who.address = boost::asio::ip::address_v4(0x0b000000U + i);
        last = t.service.announce(forged, who, t.clock.now(), t.answer);
    }
    EXPECT_EQ(last, refusal::busy);
    EXPECT_EQ(t.say(a, topic(), wallet_action::topic), refusal::none);
    EXPECT_EQ(t.say(b, topic(), wallet_action::topic), refusal::busy);
    t.clock.advance(1s);
    EXPECT_EQ(t.say(b, topic(), wallet_action::topic), refusal::none);
}

TEST_F(SignedAnnounce, ANewPolicyChangesHowManyWrongSignaturesAreChecked) {
    auto forged = b.request(topic(), wallet_action::topic, tracker.next_time());
    forged.wallet->tracker = tracker.name;
    EXPECT_EQ(tracker.send(forged, a), refusal::signature);
    policy none;
    none.bad_signatures_per_s = 0;
    tracker.service.set_policy(std::make_shared<policy const>(none));
    EXPECT_EQ(tracker.send(forged, a), refusal::busy);
    tracker.service.set_policy(std::make_shared<policy const>());
    EXPECT_EQ(tracker.send(forged, a), refusal::signature);
}

TEST_F(SignedAnnounce, AWalletThatClaimsTooManyLinksIsRefusedAndBounded) {
    auto changes = [&](unsigned from) {
        auto r = a.request(b.as_hash(), wallet_action::link, tracker.next_time());
        for (unsigned i = 0; i < 63; ++i) {
            wallet_address w;
            w.octets[0] = static_cast<std::uint8_t>((from + i) >> 8);
            w.octets[1] = static_cast<std::uint8_t>(from + i);
            w.octets[2] = 1;
            r.wallet->changes.push_back({w, true});
        }
        a.sign(r, tracker.name);
        return tracker.send(r, a);
    };
    refusal last = refusal::none;
    for (unsigned i = 0; i < 1600; i += 63)
        last = changes(i);
    EXPECT_EQ(last, refusal::limit);
    EXPECT_EQ(tracker.store.count().claims, 1024U);
}

TEST_F(SignedAnnounce, SeveralDevicesOfOneWalletAreOnePresence) {
    auto second = a.request(topic(), wallet_action::topic, tracker.next_time());
    second.id.octets.fill(9);
    a.sign(second, tracker.name);
    ASSERT_EQ(tracker.send(signed_topic(), a), refusal::none);
    ASSERT_EQ(tracker.send(second, a), refusal::none);
    EXPECT_EQ(tracker.store.count().devices, 2U);
    EXPECT_EQ(tracker.store.count().wallets_online, 1U);
    EXPECT_EQ(tracker.say(a, topic(), wallet_action::topic, announce_event::stopped),
              refusal::none);
    EXPECT_TRUE(tracker.store.is_online(a.wallet())) << "the second device stays";
}

TEST(TrackerPolicy, PrivateTrackersWantAPasskey) {
    policy p;
    p.passkeys = {"secret"};
    tracker_under_test tracker({}, p);
    client const a{'a'};
    EXPECT_EQ(tracker.send(a.plain(topic()), a), refusal::passkey);
    auto who = tracker.from(a);
    who.passkey = "secret";
    EXPECT_EQ(tracker.service.announce(a.plain(topic()), who, tracker.clock.now(), tracker.answer),
              refusal::none);
}

TEST(TrackerPolicy, ListsDecideWhatIsServed) {
    client const a{'a'};
    policy p;
    p.denied = {topic()};
    tracker_under_test denying({}, p);
    EXPECT_EQ(denying.send(a.plain(topic()), a), refusal::hash);
    EXPECT_EQ(denying.send(a.plain(info_hash{}), a), refusal::none);
    policy q;
    q.allowed = {topic()};
    tracker_under_test allowing({}, q);
    EXPECT_EQ(allowing.send(a.plain(topic()), a), refusal::none);
    EXPECT_EQ(allowing.send(a.plain(info_hash{}), a), refusal::hash);
    EXPECT_EQ(allowing.say(a, topic(), wallet_action::topic), refusal::none);
    EXPECT_EQ(allowing.send(a.plain(a.as_hash()), a), refusal::none) << "a wallet's own swarm";
}

TEST(TrackerPolicy, BannedAddressesAndWalletsAreRefused) {
    client const a{'a'};
    client const b{'b'};
    policy p;
    p.banned_addresses[address_key(a.address())] = a.address().to_string();
    p.banned_wallets = {b.wallet()};
    tracker_under_test tracker({}, p);
    EXPECT_EQ(tracker.send(a.plain(topic()), a), refusal::banned);
    EXPECT_EQ(tracker.send(b.plain(topic()), b), refusal::none);
    EXPECT_EQ(tracker.say(b, topic(), wallet_action::topic), refusal::banned);
    EXPECT_FALSE(tracker.store.is_online(b.wallet()));
    EXPECT_EQ(tracker.counted.get(counter::refused_banned), 2U);
}

TEST(TrackerPolicy, AWalletThatWasOnlineGoesOfflineWhenItIsBanned) {
    tracker_under_test tracker;
    client const a{'a'};
    auto r = a.request(topic(), wallet_action::topic, tracker.next_time());
    a.sign(r, tracker.name);
    EXPECT_EQ(tracker.send(r, a), refusal::none);
    tracker.store.change_wallets([&](wallet_registry& registry) {
        registry.take_offline(a.wallet());
        return 0;
    });
    EXPECT_FALSE(tracker.store.is_online(a.wallet()));
    EXPECT_EQ(tracker.send(r, a), refusal::replay) << "still remembered";
}

TEST(TrackerPolicy, OneAddressIsLimitedWhereTheOperatorWantsIt) {
    policy p;
    p.requests_per_ip_s = 3;
    tracker_under_test tracker({}, p);
    client const a{'a'};
    client const b{'b'};
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(tracker.send(a.plain(topic()), a), refusal::none);
    EXPECT_EQ(tracker.send(a.plain(topic()), a), refusal::rate);
    EXPECT_EQ(tracker.send(b.plain(topic()), b), refusal::none);
    tracker.clock.advance(1s);
    EXPECT_EQ(tracker.send(a.plain(topic()), a), refusal::none);
}

TEST(TrackerPolicy, IntervalsAreSpreadBelowTheSetOne) {
    tracker_under_test tracker;
    client const a{'a'};
    std::set<std::uint32_t> seen;
    for (int i = 0; i < 300; ++i) {
        (void)tracker.send(a.plain(topic()), a);
        seen.insert(tracker.answer.interval_s);
    }
    EXPECT_EQ(*seen.begin(), 220U);
    EXPECT_EQ(*seen.rbegin(), 240U);
}

TEST(TrackerPolicy, ScrapesOfEverythingAreOffByDefault) {
    tracker_under_test tracker;
    client const a{'a'};
    (void)tracker.send(a.plain(topic()), a);
    std::vector<wire::scrape_row> rows;
    EXPECT_EQ(tracker.service.scrape({}, tracker.from(a), tracker.clock.now(), rows),
              refusal::full_scrape);
    EXPECT_EQ(tracker.service.scrape({{topic()}}, tracker.from(a), tracker.clock.now(), rows),
              refusal::none);
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0].counts.incomplete, 1U);
}

} // namespace
} // namespace tau::tracker
