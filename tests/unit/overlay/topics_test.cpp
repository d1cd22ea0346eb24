#include "overlay/topics.hpp"

#include "core/hex.hpp"

#include "support/manual_clock.hpp"
#include "support/test_keys.hpp"

#include <gtest/gtest.h>

namespace tau::overlay {
namespace {

using namespace std::chrono_literals;
using wire::link_kind;

struct sent_message {
    wallet_address to;
    link_kind kind;
    bytes body;
};

struct fake_port final : topic_port {
    void send(wallet_address const& to, link_kind kind, byte_view body) override {
        sent.push_back({to, kind, to_bytes(body)});
    }
    void part(info_hash const&, wallet_address const& who) override { parted.push_back(who); }
    void connect(info_hash const&, endpoint const& where) override { tried.push_back(where); }
    void find_members(info_hash const&) override { ++searches; }
    [[nodiscard]] std::optional<endpoint> endpoint_of(wallet_address const& who) const override {
        return endpoint(boost::asio::ip::make_address("10.0.0.1"), who.octets[0]);
    }
    /// Messages of a kind to somebody, taken out.
    std::vector<bytes> take(link_kind kind, std::optional<wallet_address> to = {}) {
        std::vector<bytes> out;
        std::erase_if(sent, [&](sent_message const& one) {
            if (one.kind != kind || (to && one.to != *to))
                return false;
            out.push_back(one.body);
            return true;
        });
        return out;
    }

    std::vector<sent_message> sent;
    std::vector<wallet_address> parted;
    std::vector<endpoint> tried;
    int searches = 0;
};

wallet_address member(std::uint8_t number) {
    return wallet_address{{number}};
}

struct Topics : testing::Test {
    test::manual_clock clock;
    seeded_random random{1};
    fake_port port;
    fake_port bobs_port;
    std::shared_ptr<identity::keyring const> ann = test::keys_of(1);
    std::shared_ptr<identity::keyring const> bob = test::keys_of(2);
    topics at_ann{*ann, random, port};
    topics at_bob{*bob, random, bobs_port};
    info_hash const topic = topic_hash("cheese");
    std::vector<std::string> heard;
    link_identity const neighbour{bob->key(), bob->wallet(), 0};

    void SetUp() override {
        at_ann.join(topic, clock.now());
        at_bob.join(topic, clock.now());
        at_ann.on_member(topic, bob->wallet(), true, clock.now());
        at_ann.on_post([this](wire::topic_post const& post) { heard.push_back(post.text); });
        agree(bob->wallet());
        port.sent.clear();
    }
    bytes said_by_bob(std::string text) {
        return wire::encode(at_bob.say(topic, "Bob", std::move(text), clock.now()).value()).value();
    }
    void arrive(link_kind kind, byte_view body, std::optional<wallet_address> from = {}) {
        auto who = neighbour;
        who.wallet = from.value_or(who.wallet);
        EXPECT_TRUE(at_ann.on_message(who, {static_cast<std::uint8_t>(kind), body}, clock.now()));
    }
    /// A member that is linked and says how many links it has.
    void link(std::uint8_t number, std::uint8_t links = 5) {
        at_ann.on_member(topic, member(number), true, clock.now());
        arrive(link_kind::topic_member, wire::encode(wire::topic_member{topic, links}).value(),
               member(number));
        agree(member(number));
        clock.advance(1ms);
    }
    /// Answers a question for whole posts.
    void agree(wallet_address const& who) {
        for (auto const& body : port.take(link_kind::topic_pull, who))
            if (wire::decode_topic_pull(body).value().mode != wire::push_mode::announce)
                ask(wire::push_mode::push, who);
    }
    void ask(wire::push_mode mode, wallet_address const& who) {
        arrive(link_kind::topic_pull, wire::encode(wire::topic_pull{topic, mode, {}}).value(), who);
    }
    void pass(std::chrono::milliseconds time) {
        clock.advance(time);
        at_ann.on_time(clock.now());
    }
    wire::topic_pull last_pull(wallet_address const& to) {
        auto const all = port.take(link_kind::topic_pull, to);
        return all.empty() ? wire::topic_pull{} : wire::decode_topic_pull(all.back()).value();
    }
};

TEST_F(Topics, TakesEachPostOnce) {
    auto const post = said_by_bob("gouda");
    arrive(link_kind::post, post);
    arrive(link_kind::post, post);
    EXPECT_EQ(heard, std::vector<std::string>{"gouda"});
    EXPECT_EQ(at_ann.counts().copies, 1U);
}

TEST_F(Topics, RefusesForgedOldAndForeignPosts) {
    auto forged = said_by_bob("edam");
    forged.back() ^= 1;
    arrive(link_kind::post, forged);
    auto const old = said_by_bob("brie");
    clock.advance(topics::max_age + 1s);
    arrive(link_kind::post, old);
    arrive(link_kind::post, said_by_bob("of no member"), member(9));
    at_ann.leave(topic);
    arrive(link_kind::post, said_by_bob("feta"));
    arrive(link_kind::post, as_bytes("garbage"));
    EXPECT_TRUE(heard.empty());
    EXPECT_EQ(at_ann.counts().refused, 5U);
}

TEST_F(Topics, AForgedPostDoesNotKeepTheTrueOneOut) {
    auto const post = said_by_bob("edam");
    auto forged = post;
    forged.back() ^= 1; // the same id
    arrive(link_kind::post, forged);
    arrive(link_kind::post, post);
    EXPECT_EQ(heard.size(), 1U);
}

TEST_F(Topics, AFloodIsHeldBack) {
    std::size_t said = 0;
    for (int i = 0; i < 100; ++i)
        said += at_bob.say(topic, "Bob", "spam", clock.now()).has_value() ? 1U : 0U;
    EXPECT_EQ(said, static_cast<std::size_t>(topics::author_burst));
    // One who does not keep to it is held back by those who hear it.
    for (int i = 0; i < 100; ++i) {
        wire::topic_post post;
        post.topic = topic;
        post.from = bob->key();
        post.time = clock.now().wall + std::chrono::milliseconds(i);
        post.text = "spam";
        post.sig = bob->sign(wire::signed_octets(post));
        arrive(link_kind::post, wire::encode(post).value());
    }
    EXPECT_EQ(heard.size(), static_cast<std::size_t>(topics::author_burst));
}

TEST_F(Topics, ANeighbourCannotMakeUsWorkWithoutBound) {
    for (int i = 0; i < 3000; ++i) {
        wire::topic_have have{topic, {random.make<wire::post_id>()}};
        arrive(link_kind::topic_have, wire::encode(have).value());
    }
    EXPECT_GE(at_ann.counts().refused, 3000U - static_cast<unsigned>(topics::notes_burst));
    pass(post_spread::pull_pause);
    std::size_t asked = 0;
    for (auto const& body : port.take(link_kind::topic_pull))
        asked += wire::decode_topic_pull(body).value().ids.size();
    EXPECT_LE(asked, wire::max_post_ids);
}

TEST_F(Topics, NeedsMembershipAndText) {
    EXPECT_EQ(at_ann.say(topic_hash("other"), "", "x", clock.now()).error(), errc::not_found);
    EXPECT_EQ(at_ann.say(topic, "", "", clock.now()).error(), errc::invalid_argument);
    EXPECT_TRUE(at_ann.say(topic, "", "x", clock.now()));
    EXPECT_EQ(heard.size(), 1U);
}

TEST_F(Topics, WholePostsGoToThreeAndIdsToTheRest) {
    for (std::uint8_t i = 1; i <= 7; ++i)
        link(i);
    port.sent.clear();
    ASSERT_TRUE(at_ann.say(topic, "", "x", clock.now()));
    EXPECT_EQ(port.take(link_kind::post).size(), post_spread::max_pushers);
    EXPECT_EQ(port.take(link_kind::topic_have).size(), 8U - post_spread::max_pushers);
}

TEST_F(Topics, WhatWasAnnouncedAndDidNotComeIsAskedFor) {
    auto const post = said_by_bob("gouda");
    auto const id = wire::id_of(wire::decode_topic_post(post).value().sig);
    link(1);
    auto const have = wire::encode(wire::topic_have{topic, {id}}).value();
    arrive(link_kind::topic_have, have, member(1));
    arrive(link_kind::topic_have, have, bob->wallet());
    port.sent.clear();
    pass(post_spread::short_pull_pause); // two push
    EXPECT_EQ(last_pull(member(1)).ids, std::vector{id});
    pass(post_spread::pull_again); // no answer: the next who has it
    EXPECT_EQ(last_pull(bob->wallet()).ids, std::vector{id});
    arrive(link_kind::post, post);
    pass(10s);
    EXPECT_TRUE(last_pull(member(1)).ids.empty());
    EXPECT_EQ(heard.size(), 1U);
}

TEST_F(Topics, WhoWasHeldUpReadsFirstWhatCameMeanwhile) {
    link(9);
    auto const post = said_by_bob("it was there all the time");
    auto const id = wire::id_of(wire::decode_topic_post(post).value().sig);
    arrive(link_kind::topic_have, wire::encode(wire::topic_have{topic, {id}}).value(), member(9));
    port.sent.clear();
    pass(post_spread::pull_pause + post_spread::held_up);
    EXPECT_TRUE(last_pull(member(9)).ids.empty());
    pass(post_spread::read_pause + post_spread::held_up); // held up again: asked for all the same
    EXPECT_EQ(last_pull(member(9)).ids, std::vector{id});
}

TEST_F(Topics, AskedForPostsAreSentWithinABudget) {
    ASSERT_TRUE(at_ann.say(topic, "", std::string(4000, 'x'), clock.now()));
    auto const body = port.take(link_kind::post).at(0);
    auto const id = wire::id_of(wire::decode_topic_post(body).value().sig);
    auto const pull =
        wire::encode(wire::topic_pull{topic, wire::push_mode::keep, {id, wire::post_id{}}}).value();
    for (int i = 0; i < 1000; ++i)
        arrive(link_kind::topic_pull, pull);
    auto const sent = port.take(link_kind::post).size();
    EXPECT_GT(sent, 50U);
    EXPECT_LE(static_cast<double>(sent * body.size()), topics::pulled_burst);
}

TEST_F(Topics, WhoHasNobodyElseTakesThePlaceOfAnother) {
    for (std::uint8_t i = 1; i <= 3; ++i)
        link(i);
    ASSERT_EQ(at_ann.pushers_of(topic).size(), post_spread::max_pushers);
    ask(wire::push_mode::push, member(3));
    EXPECT_FALSE(at_ann.pushers_of(topic).contains(member(3)));
    EXPECT_EQ(last_pull(member(3)).mode, wire::push_mode::announce);
    ask(wire::push_mode::need, member(3));
    EXPECT_TRUE(at_ann.pushers_of(topic).contains(member(3)));
    EXPECT_EQ(at_ann.pushers_of(topic).size(), post_spread::max_pushers);
}

// Asked are as many as there may be; who needs us comes before any of them has answered.
TEST_F(Topics, NeverMoreThanThreePush) {
    topics fresh(*ann, random, port);
    fresh.join(topic, clock.now());
    auto const tell = [&](std::uint8_t number, wire::push_mode mode) {
        auto who = neighbour;
        who.wallet = member(number);
        auto const body = wire::encode(wire::topic_pull{topic, mode, {}}).value();
        (void)fresh.on_message(who, {static_cast<std::uint8_t>(link_kind::topic_pull), body},
                               clock.now());
    };
    for (std::uint8_t i = 1; i <= 5; ++i)
        fresh.on_member(topic, member(i), true, clock.now());
    tell(4, wire::push_mode::need);
    tell(5, wire::push_mode::need);
    for (std::uint8_t i = 1; i <= 3; ++i)
        tell(i, wire::push_mode::push);
    EXPECT_EQ(fresh.pushers_of(topic).size(), post_spread::max_pushers);
}

// Else a post that is late from all of them comes once more than there are pushers.
TEST_F(Topics, AskingElsewhereCostsAPusherEachTime) {
    for (std::uint8_t i = 1; i <= 3; ++i)
        link(i);
    auto const misses = [&](wallet_address const& holder, char const* text) {
        auto const post = said_by_bob(text);
        auto const id = wire::id_of(wire::decode_topic_post(post).value().sig);
        arrive(link_kind::topic_have, wire::encode(wire::topic_have{topic, {id}}).value(), holder);
        port.sent.clear();
        pass(post_spread::pull_pause);
        return last_pull(holder).mode;
    };
    EXPECT_EQ(misses(member(3), "one"), wire::push_mode::need);
    ask(wire::push_mode::push, member(3)); // it agrees
    auto const pushing = at_ann.pushers_of(topic);
    ASSERT_EQ(pushing.size(), post_spread::max_pushers);
    auto const other = pushing.contains(member(1)) ? member(2) : member(1);
    ASSERT_FALSE(pushing.contains(other));
    EXPECT_EQ(misses(other, "two"), wire::push_mode::keep); // too soon for another swap
    EXPECT_EQ(at_ann.pushers_of(topic).size(), post_spread::max_pushers - 1);
}

TEST_F(Topics, ANewcomerIsToldOfWhatWasSaidLately) {
    ASSERT_TRUE(at_ann.say(topic, "", "before", clock.now()));
    port.sent.clear();
    link(1);
    auto const told = port.take(link_kind::topic_have, member(1));
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(wire::decode_topic_have(told[0]).value().ids.size(), 1U);
}

TEST_F(Topics, AFullNodeTurnsAwayWhoHasEnoughAndTellsOfOthers) {
    for (std::uint8_t i = 1; i <= 8; ++i)
        link(i);
    EXPECT_EQ(at_ann.members_of(topic), 8U);
    auto const parting = port.take(link_kind::topic_parting, member(8));
    ASSERT_EQ(parting.size(), 1U);
    EXPECT_EQ(wire::decode_topic_parting(parting[0]).value().members.size(), 8U);
    EXPECT_TRUE(port.parted.empty()); // it should close by itself ...
    pass(topic_members::parting_timeout);
    EXPECT_EQ(port.parted, std::vector{member(8)}); // ... or we do
}

TEST_F(Topics, AFullNodeMakesRoomForWhoNeedsLinks) {
    for (std::uint8_t i = 1; i <= 7; ++i)
        link(i);
    link(9, 1);
    EXPECT_EQ(at_ann.members_of(topic), 8U);
    EXPECT_TRUE(port.take(link_kind::topic_parting, member(9)).empty());
    auto const parting = port.take(link_kind::topic_parting);
    ASSERT_EQ(parting.size(), 1U);
    // The first address is the newcomer's.
    EXPECT_EQ(wire::decode_topic_parting(parting[0]).value().members.at(0).port(), 9);
}

TEST_F(Topics, NobodyIsMadePoorForAnother) {
    for (std::uint8_t i = 1; i <= 7; ++i)
        link(i, 2);
    link(9, 1);
    EXPECT_EQ(port.take(link_kind::topic_parting, member(9)).size(), 1U);
}

TEST_F(Topics, WhoDoesNotGreetIsNotKeptBeyondTheLimit) {
    for (std::uint8_t i = 1; i <= 7; ++i)
        link(i);
    at_ann.on_member(topic, member(9), true, clock.now());
    EXPECT_EQ(at_ann.members_of(topic), 9U);
    pass(topic_members::greeting_timeout);
    EXPECT_EQ(at_ann.members_of(topic), 8U);
}

TEST_F(Topics, LooksForMembersUntilThereAreSome) {
    pass(0ms);
    EXPECT_EQ(port.searches, 1);
    pass(topic_members::first_search);
    pass(2 * topic_members::first_search);
    EXPECT_EQ(port.searches, 3);
    std::vector<endpoint> found;
    for (std::uint16_t i = 1; i <= 100; ++i)
        found.emplace_back(boost::asio::ip::make_address("10.0.0.2"), i);
    at_ann.on_candidates(topic, found, clock.now());
    EXPECT_EQ(port.tried.size(), 4U); // Bob is the fifth
    at_ann.on_candidates(topic, found, clock.now());
    EXPECT_EQ(port.tried.size(), 4U);
    pass(topic_members::dial_timeout); // nobody answered
    EXPECT_EQ(port.tried.size(), 8U);
}

TEST_F(Topics, WhoWasToldToGoTriesTheOneInItsPlace) {
    endpoint const other(boost::asio::ip::make_address("10.0.0.7"), 7);
    arrive(link_kind::topic_parting, wire::encode(wire::topic_parting{topic, {other}}).value());
    EXPECT_EQ(port.parted, std::vector{bob->wallet()});
    EXPECT_EQ(port.tried, std::vector{other});
    EXPECT_EQ(at_ann.members_of(topic), 0U);
}

TEST_F(Topics, OtherMessagesAreNotOurs) {
    EXPECT_FALSE(at_ann.on_message(neighbour, {0x10, {}}, clock.now()));
    for (auto const kind : {link_kind::topic_have, link_kind::topic_pull, link_kind::topic_member,
                            link_kind::topic_parting})
        arrive(kind, as_bytes("x"));
    EXPECT_EQ(at_ann.counts().refused, 4U);
}

TEST(TopicHash, IsSha1OfTheNameOrTheHashGiven) {
    EXPECT_EQ(to_hex(topic_hash("abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
    EXPECT_EQ(topic_hash(to_hex(topic_hash("abc"))), topic_hash("abc"));
}

} // namespace
} // namespace tau::overlay
