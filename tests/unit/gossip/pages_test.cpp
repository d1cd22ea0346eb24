#include "gossip_fixture.hpp"

namespace tau::gossip {
namespace {

using namespace std::chrono_literals;
using wire::gossip_type;

// More roots for Bob than one vector names.
constexpr std::size_t many = 90;

std::vector<own_root> roots_of(std::size_t count, unix_ms time) {
    std::vector<own_root> out;
    for (std::size_t i = 0; i < count; ++i)
        out.push_back({gossip_type::message_root,
                       hash_named("r" + std::to_string(i)),
                       time - std::chrono::minutes(i),
                       {},
                       {}});
    return out;
}

struct Pages : testing::Test {
    teller alice{"alic"}, bob{"bob"}, carol{"caro"};

    void SetUp() override {
        alice.befriend({"bob", "caro"});
        bob.befriend({"alic", "caro"});
        carol.befriend({"alic"}); // and does not know Bob
        for (auto* one : {&alice, &bob, &carol})
            one->machine.start(one->now);
    }
    void publish(std::size_t roots) {
        alice.machine.set_own_roots(bob.self, roots_of(roots, alice.now.wall), alice.now);
        alice.advance(1h);
        alice.make_pages();
        bob.now = carol.now = alice.now;
    }
    [[nodiscard]] std::size_t pages_named() const {
        auto const all = alice.says().entries;
        return static_cast<std::size_t>(
            std::count_if(all.begin(), all.end(), [&](wire::gossip_entry const& entry) {
                return wire::is_page(entry, wire::pk_id_of(alice.self));
            }));
    }
};

TEST_F(Pages, AreMadeForWhatAVectorCannotSay) {
    publish(20);
    EXPECT_EQ(pages_named(), 0U);
    EXPECT_TRUE(alice.says().own_complete);
    publish(many);
    EXPECT_GE(pages_named(), 2U);
    EXPECT_TRUE(alice.says().own_complete);
    for (auto const& [at, what] : alice.pages) {
        EXPECT_TRUE(wire::encode(what, alice.self));
        EXPECT_FALSE(what.own_complete);
    }
}

TEST_F(Pages, TellAReaderEverythingAndAreReadOnce) {
    publish(many);
    bob.hears(alice);
    EXPECT_EQ(bob.read_pages(alice).size(), pages_named());
    std::size_t in_pages = 0;
    for (auto const& [at, what] : alice.pages)
        in_pages += what.entries.size();
    EXPECT_EQ(bob.take<root_told>().size(), in_pages);
    bob.now = alice.now = alice.now.after(1min);
    bob.hears(alice);
    EXPECT_TRUE(bob.take<fetch_page>().empty());
}

TEST_F(Pages, StayWhileMostOfThemHolds) {
    publish(many);
    auto const before = alice.pages.size();
    alice.machine.set_own_roots(bob.self, roots_of(many - 4, alice.now.wall), alice.now);
    alice.advance(10min);
    EXPECT_TRUE(alice.take<make_page>().empty());
    alice.machine.set_own_roots(bob.self, {}, alice.now);
    alice.advance(10min);
    EXPECT_EQ(alice.take<drop_page>().size(), before);
    EXPECT_EQ(pages_named(), 0U);
}

TEST_F(Pages, AreBoundedHoweverMuchThereIsToSay) {
    publish(2'000);
    EXPECT_LE(pages_named(), wire::max_gossip_pages);
    EXPECT_GE(pages_named(), wire::max_gossip_pages - 1);
    EXPECT_FALSE(alice.says().own_complete);
}

TEST_F(Pages, ThatNobodyHasSettleNothing) {
    publish(many);
    carol.hears(alice);
    (void)carol.read_pages(alice);
    carol.fetch_all();
    ASSERT_EQ(carol.machine.held().size(), many);
    auto const waiting = [&] { return carol.machine.held().groups().size(); };
    EXPECT_EQ(waiting(), many);

    // Half of it has arrived, says a vector whose pages cannot be read.
    alice.now = alice.now.after(1min);
    alice.machine.set_own_roots(bob.self, roots_of(many / 2, alice.now.wall), alice.now);
    alice.advance(61min);
    alice.make_pages();
    ASSERT_GE(pages_named(), 1U);
    carol.now = alice.now;
    carol.hears(alice);
    auto const missing = carol.take<fetch_page>();
    ASSERT_GE(missing.size(), 1U);
    for (auto const& one : missing)
        carol.machine.on_no_page(alice.self, one.what, carol.now);
    EXPECT_EQ(waiting(), many);

    // The next vector names them again, and now they are there.
    carol.now = alice.now = alice.now.after(1min);
    carol.hears(alice);
    EXPECT_EQ(carol.read_pages(alice).size(), missing.size());
    EXPECT_EQ(waiting(), many / 2);
}

TEST_F(Pages, OfAGreedyFriendAreReadAtAPace) {
    std::size_t asked = 0;
    for (int round = 0; round < 100; ++round) {
        wire::gossip_vector what;
        what.time = bob.now.wall;
        for (int i = 0; i < 30; ++i)
            what.entries.push_back(wire::page_entry(
                wire::pk_id_of(alice.self), bob.random.make<target>(), wire::minute_of(what.time)));
        bob.machine.on_vector(alice.self, what, heard_by::exchange, bob.now);
        auto const pages = bob.take<fetch_page>();
        EXPECT_LE(pages.size(), wire::max_gossip_pages);
        asked += pages.size();
        for (auto const& one : pages)
            bob.machine.on_no_page(alice.self, one.what, bob.now);
        bob.now = bob.now.after(1s);
    }
    EXPECT_LE(asked, 40U);
    // One that nobody asked for, and one of a stranger, say nothing.
    bob.machine.on_page(alice.self, hash_named("x"), alice.says(), bob.now);
    bob.machine.on_page(key_named("mall"), hash_named("x"), alice.says(), bob.now);
    EXPECT_TRUE(bob.take<root_told>().empty());
}

// Friends of the sender who do not know the receiver.
TEST_F(Pages, AFriendHoldsWhatAFriendSealedForSomebodyItDoesNotKnow) {
    alice.seal("bob", "root");
    alice.advance(1min);
    carol.now = alice.now;
    carol.hears(alice);
    auto const wanted = carol.take<fetch_item>();
    ASSERT_EQ(wanted.size(), 1U);
    EXPECT_EQ(wanted[0].sender, party(alice.self));
    EXPECT_EQ(wanted[0].receiver, party(alice.self, wire::pk_id_of(bob.self)));
    carol.machine.on_fetched(wanted[0], 500, {}, carol.now);
    EXPECT_TRUE(carol.carries("alic", "bob", "root"));
    EXPECT_EQ(carol.machine.held().bytes_of_sender(alice.self), 500U);

    // A friend of Carol who knows Bob learns of it from her.
    teller dave("dave");
    dave.befriend({"caro", "bob"});
    dave.now = carol.now;
    dave.machine.start(dave.now);
    dave.hears(carol);
    dave.fetch_all();
    EXPECT_EQ(dave.machine.held().for_receiver(bob.self).size(), 1U);

    // What Carol tells of others is no mail of hers: nobody else holds it for a stranger.
    teller erin("erin");
    erin.befriend({"caro"});
    erin.now = carol.now;
    erin.machine.start(erin.now);
    erin.hears(carol);
    EXPECT_TRUE(erin.take<fetch_item>().empty());

    // The sender's own word settles it.
    alice.machine.set_own_roots(bob.self, {}, alice.now);
    alice.now = carol.now = alice.now.after(10min);
    carol.hears(alice);
    EXPECT_FALSE(carol.carries("alic", "bob", "root"));
}

TEST_F(Pages, TheVectorOfWhoeverSealedForAStrangerIsCarriedWhileItsMailWaits) {
    alice.seal("bob", "root");
    alice.advance(1min);
    carol.now = alice.now;
    carol.hears(alice);
    for (auto const& one : carol.take<fetch_item>())
        carol.machine.on_fetched(one, 500, {}, carol.now);
    EXPECT_TRUE(carol.take<carry_vector>().empty()); // its sender has not published it yet
    carol.advance(carol.settings.carry_delay);
    auto const first = carol.take<carry_vector>();
    ASSERT_EQ(first.size(), 1U);
    EXPECT_EQ(first[0].who, alice.self);
    EXPECT_EQ(first[0].minute, wire::minute_of(alice.now.wall) - 1);

    carol.advance(carol.settings.renewal_with_mail);
    EXPECT_EQ(carol.take<carry_vector>().size(), 1U);
    alice.machine.set_own_roots(bob.self, {}, alice.now);
    alice.now = carol.now;
    carol.hears(alice);
    carol.advance(carol.settings.renewal);
    EXPECT_TRUE(carol.take<carry_vector>().empty());
}

TEST_F(Pages, MailForStrangersKeepsWithinTheSendersShare) {
    carol.settings.held_bytes_per_sender = 3'000;
    alice.machine.set_own_roots(bob.self, roots_of(20, alice.now.wall), alice.now);
    alice.now = carol.now = alice.now.after(1min);
    carol.hears(alice);
    carol.fetch_all();
    EXPECT_LE(carol.machine.held().bytes_of_sender(alice.self), 3'000U);
    EXPECT_GE(carol.machine.held().size(), 4U);
}

} // namespace
} // namespace tau::gossip
