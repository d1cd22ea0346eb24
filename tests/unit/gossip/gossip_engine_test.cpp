#include "gossip_fixture.hpp"

namespace tau::gossip {
namespace {

using namespace std::chrono_literals;
using wire::gossip_type;

// All three are friends; Alice has mail for Bob, and Carol holds it.
void hold_mail(teller& alice, teller& bob, teller& carol) {
    carol.befriend({"alic", "bob"});
    alice.befriend({"caro", "bob"});
    bob.befriend({"alic", "caro"});
    for (auto* one : {&alice, &bob, &carol})
        one->machine.start(one->now);
    alice.seal("bob", "root");
    carol.hears(alice);
    carol.fetch_all();
}

// The example of S1-42.
TEST(GossipEngine, CarriesWhatIsForItsOwnFriends) {
    teller a("A"), b("B"), a2("A2"), d("D"), c("C"), e("E");
    a.befriend({"A1", "A2", "A3", "B", "B2", "C"});
    b.befriend({"B1", "B2", "B3", "A", "A2"});
    a2.befriend({"A", "B", "B2"});
    d.befriend({"B", "C"});
    c.befriend({"D", "B", "A"});
    e.befriend({"B3", "B1"});
    teller b1("B1");
    b1.befriend({"E", "B", "B3"});
    for (auto* one : {&a, &b, &a2, &d, &c, &e, &b1})
        one->machine.start(one->now);

    a.seal("B", "ab");
    a2.seal("B2", "a2b2");
    d.seal("B", "db");
    e.seal("B3", "eb3");
    a.hears(a2);
    b.hears(a2);
    c.hears(d); // D is no friend of A; A has it from C
    a.hears(c);
    b1.hears(e);
    b.hears(b1);
    a.fetch_all();
    b.fetch_all();

    EXPECT_TRUE(a.carries("A", "B", "ab"));
    EXPECT_TRUE(a.carries("A2", "B2", "a2b2"));
    EXPECT_TRUE(a.carries("D", "B", "db"));
    EXPECT_TRUE(b.carries("A2", "B2", "a2b2"));
    EXPECT_TRUE(b.carries("E", "B3", "eb3"));
    EXPECT_FALSE(b.carries("D", "B", "db")); // for itself
}

TEST(GossipEngine, HoldsMailOfTwoFriendsAndHandsItsRootOn) {
    teller alice("alic"), bob("bob"), carol("caro");
    alice.befriend({"caro", "bob"});
    carol.befriend({"alic", "bob"});
    bob.befriend({"alic", "caro"});
    for (auto* one : {&alice, &bob, &carol})
        one->machine.start(one->now);
    alice.seal("bob", "root", {hash_named("list")});

    carol.hears(alice);
    auto const wanted = carol.take<fetch_item>();
    ASSERT_EQ(wanted.size(), 2U);
    EXPECT_EQ(wanted[0].holder, alice.self);
    for (auto const& one : wanted)
        carol.machine.on_fetched(
            one, 500, one.is_manifest ? std::vector{hash_named("leaf")} : std::vector<target>{},
            carol.now);
    carol.fetch_all();
    EXPECT_EQ(carol.machine.held().size(), 3U);
    EXPECT_EQ(carol.machine.held().family(hash_named("root")).size(), 3U);

    bob.hears(carol);
    auto const told = bob.take<root_told>();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].from, alice.self);
    EXPECT_EQ(told[0].root, hash_named("root"));
    EXPECT_EQ(told[0].told_by, carol.self);

    alice.hears(carol); // and the sender sees who carries its mail
    EXPECT_EQ(alice.machine.carriers_of(hash_named("root")), 1U);
}

TEST(GossipEngine, LetsGoOfWhatTheReceiverAcknowledged) {
    teller alice("alic"), bob("bob"), carol("caro");
    hold_mail(alice, bob, carol);
    ASSERT_EQ(carol.machine.held().for_receiver(bob.self).size(), 1U);

    // Of a message that Carol does not know, or by somebody else's word, it means nothing.
    bob.machine.set_own_roots(
        alice.self, {{gossip_type::receipt, hash_named("rec0"), bob.now.wall, {}, hash_named("?")}},
        bob.now);
    carol.hears(bob);
    EXPECT_EQ(carol.machine.held().for_receiver(bob.self).size(), 1U);
    bob.now = bob.now.after(1s);
    bob.machine.set_own_roots(
        alice.self,
        {{gossip_type::receipt, hash_named("rec1"), bob.now.wall, {}, hash_named("root")}},
        bob.now);
    carol.hears(bob);
    carol.fetch_all();
    EXPECT_TRUE(carol.machine.held().for_receiver(bob.self).empty());
    EXPECT_FALSE(carol.carries("alic", "bob", "root"));
    EXPECT_TRUE(carol.carries("bob", "alic", "rec1")); // the receipt travels back
}

TEST(GossipEngine, TriesEveryFriendThatAnIdMayMean) {
    auto twin = key_named("alic");
    twin.octets[5] = 0x77; // the same last four octets
    teller bob("bob"), carol("caro"), alice("alic");
    bob.befriend({"alic", "caro"});
    bob.machine.add_friend(twin, bob.now);
    carol.befriend({"alic", "bob"});
    alice.befriend({"caro", "bob"});
    for (auto* one : {&alice, &bob, &carol})
        one->machine.start(one->now);
    alice.seal("bob", "root");
    carol.hears(alice);
    carol.fetch_all();
    bob.hears(carol);
    EXPECT_EQ(bob.take<root_told>().size(), 2U);
    EXPECT_TRUE(bob.take<fetch_item>().empty());
}

TEST(GossipEngine, ServesFriendsWithinABudgetAndStrangersNever) {
    teller bob("bob"), carol("caro");
    bob.befriend({"caro"});
    carol.befriend({"bob"});
    bob.machine.start(bob.now);
    carol.machine.start(carol.now);
    for (int i = 0; i < 5; ++i)
        carol.machine.on_missing(bob.self, hash_named("item" + std::to_string(i)), carol.now);
    bob.hears(carol);
    auto const asked = bob.take<serve_item>();
    ASSERT_EQ(asked.size(), 5U);
    EXPECT_FALSE(asked[0].direct);
    EXPECT_TRUE(bob.machine.may_serve(asked[0], 1000, bob.now));
    EXPECT_FALSE(bob.machine.may_serve(asked[0], 1000, bob.now)); // put within the hour
    EXPECT_TRUE(bob.machine.may_serve(asked[1], 64 * 1024 - 1000, bob.now));
    EXPECT_FALSE(bob.machine.may_serve(asked[2], 1, bob.now));
    bob.now = bob.now.after(61s);
    EXPECT_TRUE(bob.machine.may_serve(asked[3], 1, bob.now));

    // A demand that Carol relays for somebody whom Bob does not know.
    wire::gossip_vector relayed;
    relayed.time = bob.now.wall;
    relayed.entries = {{wire::pk_id_of(key_named("mall")), wire::pk_id_of(bob.self),
                        gossip_type::demand, hash_named("x"), 0, 0}};
    bob.machine.on_vector(carol.self, relayed, heard_by::exchange, bob.now);
    EXPECT_TRUE(bob.take<serve_item>().empty());
    bob.machine.on_vector(key_named("mall"), relayed, heard_by::exchange, bob.now);
    EXPECT_TRUE(bob.machine.take_actions().empty());
    EXPECT_GE(bob.machine.totals(bob.now.mono).refused_vectors, 1U);
}

TEST(GossipEngine, PutsHeldMailWhenItsReceiverIsAboutAndAtMostOnceAnHour) {
    teller alice("alic"), bob("bob"), carol("caro");
    hold_mail(alice, bob, carol);
    bob.now = carol.now = carol.now.after(10min);
    carol.hears(bob);
    EXPECT_TRUE(carol.take<put_item>().empty()); // the sender's own copies are fresh
    bob.now = carol.now = carol.now.after(2h);
    carol.hears(bob);
    EXPECT_EQ(carol.take<put_item>().size(), 1U);
    bob.now = carol.now = carol.now.after(30min);
    carol.hears(bob);
    EXPECT_TRUE(carol.take<put_item>().empty());
}

TEST(GossipEngine, HoldsAStrangersMailOnTheAccountOfWhoTellsOfIt) {
    teller alice("alic"), bob("bob"), carol("caro"), dave("dave");
    carol.befriend({"alic", "bob", "dave"});
    dave.befriend({"caro", "bob"}); // and does not know Alice
    alice.befriend({"caro", "bob"});
    bob.befriend({"alic", "caro", "dave"});
    for (auto* one : {&alice, &bob, &carol, &dave})
        one->machine.start(one->now);
    alice.seal("bob", "root");
    carol.hears(alice);
    carol.fetch_all();
    dave.hears(carol);
    auto const wanted = dave.take<fetch_item>();
    ASSERT_EQ(wanted.size(), 1U);
    EXPECT_EQ(wanted[0].sender, party(carol.self, wire::pk_id_of(alice.self)));
    EXPECT_EQ(wanted[0].receiver, party(bob.self));
    dave.machine.on_fetched(wanted[0], 500, {}, dave.now);
    EXPECT_TRUE(dave.carries("alic", "bob", "root"));
    EXPECT_EQ(dave.machine.held().bytes_of_sender(carol.self), 500U);

    // Carol's own list says nothing of Alice's mail; Bob's word settles it.
    carol.machine.set_own_roots(key_named("bob"), {}, carol.now);
    carol.now = dave.now = dave.now.after(10min);
    dave.hears(carol);
    EXPECT_TRUE(dave.carries("alic", "bob", "root"));
    bob.now = bob.now.after(20min);
    bob.machine.set_own_roots(
        key_named("alic"),
        {{gossip_type::receipt, hash_named("ack"), bob.now.wall, {}, hash_named("root")}}, bob.now);
    dave.now = bob.now;
    dave.hears(bob);
    EXPECT_TRUE(dave.machine.held().for_receiver(bob.self).empty());
    EXPECT_FALSE(dave.carries("alic", "bob", "root"));
}

TEST(GossipEngine, PublishesAtItsPaceAndNoMoreThanNeeded) {
    teller alice("alic");
    alice.befriend({"bob"});
    alice.machine.start(alice.now);
    std::size_t puts = 0;
    auto const run = [&](std::chrono::milliseconds span) {
        auto const end = alice.now.mono + span;
        while (alice.machine.wake_at() && *alice.machine.wake_at() <= end) {
            auto const step = std::chrono::ceil<std::chrono::milliseconds>(
                std::max(*alice.machine.wake_at(), alice.now.mono) - alice.now.mono);
            alice.advance(step);
            for (auto const& one : alice.machine.take_actions()) {
                puts += std::holds_alternative<publish>(one) ? 1 : 0;
                if (auto const* who = std::get_if<visit>(&one))
                    alice.machine.on_visited(who->who, alice.now);
            }
        }
        alice.now = {end, alice.now.wall + span};
    };
    run(1min);
    EXPECT_EQ(puts, 1U);
    run(95min);
    EXPECT_EQ(puts, 1U); // silence costs nothing
    run(10min);
    EXPECT_EQ(puts, 2U); // before the DHT forgets it
    for (int i = 0; i < 30; ++i) {
        alice.seal("bob", "r" + std::to_string(i));
        run(2s);
    }
    EXPECT_LE(puts, 5U); // once a minute and one at first
    EXPECT_GE(puts, 3U);
}

TEST(GossipEngine, TellsOnlineFriendsAtOnceAndOthersNot) {
    teller alice("alic");
    alice.befriend({"bob", "caro"});
    alice.machine.start(alice.now);
    alice.machine.on_online(key_named("caro"), alice.now);
    alice.seal("bob", "root");
    alice.advance(alice.settings.own_root_delay);
    auto const told = alice.take<tell>();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].to, key_named("caro"));
    EXPECT_TRUE(alice.machine.has_news_for(told[0].to));
    alice.machine.on_told(told[0].to, alice.machine.version());
    EXPECT_FALSE(alice.machine.has_news_for(told[0].to));
    alice.advance(5s);
    EXPECT_TRUE(alice.take<tell>().empty()); // nothing is new
}

TEST(GossipEngine, IgnoresOldVectorsAndBelievesNoClockFarAhead) {
    teller alice("alic"), bob("bob");
    alice.befriend({"bob"});
    bob.befriend({"alic"});
    alice.machine.start(alice.now);
    bob.machine.start(bob.now);
    bob.now = bob.now.after(72h);
    bob.seal("alic", "ahead");
    alice.hears(bob);
    EXPECT_EQ(alice.take<root_told>().size(), 1U);
    bob.now = alice.now;
    bob.seal("alic", "right");
    alice.hears(bob); // the wrong clock did not shut out what came after it was set right
    EXPECT_EQ(alice.take<root_told>().size(), 1U);
    bob.now.wall -= 1min;
    bob.seal("alic", "older");
    alice.hears(bob);
    EXPECT_TRUE(alice.take<root_told>().empty());
}

TEST(GossipEngine, SurvivesAnyVectorOfAFriend) {
    teller alice("alic");
    alice.befriend({"bob", "caro", "dave"});
    alice.machine.start(alice.now);
    seeded_random random{9};
    auto const bob = key_named("bob");
    for (int round = 0; round < 400; ++round) {
        bytes data(random.below(wire::max_gossip_bytes));
        random.fill(data);
        data.insert(data.begin(), {1, static_cast<std::uint8_t>(random.below(4)), 0, 0});
        data.resize(std::min(data.size(), wire::max_gossip_bytes));
        auto const what = wire::decode_gossip(data, bob);
        wire::gossip_vector made;
        made.time = alice.now.wall + std::chrono::milliseconds(round);
        for (int i = 0; i < 40; ++i) {
            wire::gossip_entry entry;
            char const* const names[] = {"bob", "caro", "dave", "alic", "mall"};
            entry.sender = wire::pk_id_of(key_named(names[random.below(5)]));
            entry.receiver = wire::pk_id_of(key_named(names[random.below(5)]));
            entry.type = static_cast<gossip_type>(1 + random.below(9));
            entry.hash = random.make<target>();
            entry.minute = static_cast<std::int64_t>(random.below(60'000'000));
            made.entries.push_back(entry);
        }
        alice.machine.on_vector(bob, what ? what.value() : made, heard_by::channel, alice.now);
        alice.machine.on_vector(bob, made, heard_by::exchange, alice.now);
        alice.advance(100ms);
        for (auto const& one : alice.machine.take_actions())
            if (auto const* item = std::get_if<fetch_item>(&one))
                alice.machine.on_fetched(*item, 1000, {}, alice.now);
            else if (auto const* who = std::get_if<visit>(&one))
                alice.machine.on_visited(who->who, alice.now);
        ASSERT_TRUE(wire::encode(alice.machine.vector_for_all(alice.now), alice.self));
        ASSERT_TRUE(wire::encode(alice.machine.vector_for(bob, alice.now), alice.self));
    }
    auto const totals = alice.machine.totals(alice.now.mono);
    EXPECT_LE(totals.held_bytes, alice.settings.held_bytes_total);
    EXPECT_LE(totals.relayed, alice.settings.relayed_per_friend);
}

} // namespace
} // namespace tau::gossip
