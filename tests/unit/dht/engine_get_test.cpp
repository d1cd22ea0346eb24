#include "support/engine_driver.hpp"

#include <gtest/gtest.h>

namespace tau::dht {
namespace {

using namespace std::chrono_literals;

config checks_by_action(bool wanted) {
    config out;
    out.check_by_action = wanted;
    return out;
}

/// All of it with the engine's own checks of signatures and with those of an adapter.
struct EngineGet : testing::TestWithParam<bool> {
    test::signer alice{'a'};
    test::signer bob{'b'};
    test::engine_driver node{alice, checks_by_action(GetParam())};
    endpoint const place = test::far_endpoint(1);
    wire::item_address const what = bob.address("chan");

    get_request request(get_mode mode = get_mode::automatic) { return {what, mode, place, -1}; }

    // Proves to the engine that bob owns `where`, by way of an exchange.
    void prove_bob(endpoint const& where) {
        node.core.exchange(bob.key(), {}, where, {}, node.clock.now());
        node.pump();
        auto const query = node.take<send_query>().at(0);
        lt::entry whole = query.query;
        whole["a"]["id"] = std::string(20, 'x');
        auto const raw = wire::encode_bencode(whole);
        auto const asked = wire::decode_exchange_query(wire::parse_bencode(raw).value()).value();
        wire::exchange_reply reply{bob.key(), {}, test::far_endpoint(200)};
        reply.accepted_rate = 1000;
        reply.proof = bob.sign(
            wire::proof_octets(wire::exchange_role::answerer,
                               {asked.fresh, reply.challenge, alice.key(), bob.key(), reply.seen}));
        node.respond(query.id, where, test::answer_with(encode(reply)));
    }
};

TEST_P(EngineGet, AsksTheEndpointAndDeliversAVerifiedValueAtOnce) {
    auto const got = node.get(request());
    auto const sent = node.take<send_query>();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].to, place);
    node.clock.advance(50ms);
    node.respond(sent[0].id, place, test::get_answer(bob.item("chan", 7, "5:hello")));
    ASSERT_EQ(got->items.size(), 1U);
    EXPECT_EQ(got->items[0].item.seq, 7);
    EXPECT_EQ(got->items[0].source, get_source::direct);
    EXPECT_EQ(got->items[0].elapsed, 50ms);
    EXPECT_EQ(got->done, error_code{});
    EXPECT_TRUE(node.take<start_get>().empty());
}

// Whoever is at an endpoint that the key has not proved would learn who asks.
TEST_P(EngineGet, GossipRidesToProvenEndpointsOnly) {
    std::vector<bytes> told;
    auto const ask = [&] {
        auto wanted = request(get_mode::direct);
        wanted.gossip = [] { return to_bytes("4:mine"); };
        node.core.get(std::move(wanted), {{}, {}, [&](bytes const& g) { told.push_back(g); }},
                      node.clock.now());
        node.pump();
        auto const sent = node.take<send_query>();
        EXPECT_EQ(sent.size(), 1U);
        return sent.at(0);
    };
    auto const answer = [&](request_id id, char const* gossip) {
        wire::get_reply reply;
        reply.seq = 1;
        reply.gossip = to_bytes(std::string_view(gossip));
        node.respond(id, place, test::answer_with(encode(reply)));
    };
    auto query = ask();
    EXPECT_EQ(query.query["a"].find_key("tg"), nullptr);
    answer(query.id, "6:theirs");
    EXPECT_TRUE(told.empty());

    prove_bob(place);
    query = ask();
    EXPECT_NE(query.query["a"].find_key("tg"), nullptr);
    answer(query.id, "6:theirs");
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0], to_bytes("6:theirs"));

    query = ask();
    answer(query.id, "0:");
    EXPECT_EQ(told.size(), 2U);
    EXPECT_TRUE(told.back().empty());
}

TEST_P(EngineGet, StartsRecursionExactlyOneSecondAfterTheDatagram) {
    auto const got = node.get(request());
    node.advance(999ms);
    EXPECT_TRUE(node.take<start_get>().empty());
    node.advance(1ms);
    EXPECT_EQ(node.take<start_get>().size(), 1U);
    EXPECT_FALSE(got->done);
}

TEST_P(EngineGet, SendsTheDatagramAgainWithinTheSecond) {
    (void)node.get(request());
    EXPECT_EQ(node.take<send_query>().size(), 1U);
    node.advance(249ms);
    EXPECT_TRUE(node.take<send_query>().empty());
    node.advance(1ms);
    auto const again = node.take<send_query>();
    ASSERT_EQ(again.size(), 1U);
    node.advance(740ms);
    EXPECT_EQ(node.take<send_query>().size(), 1U);
    EXPECT_EQ(node.core.stats().queries_resent, 2U);
}

TEST_P(EngineGet, AcceptsTheAnswerToAnyOfItsDatagrams) {
    auto const got = node.get(request());
    auto const first = node.take<send_query>().at(0);
    node.advance(300ms);
    node.respond(first.id, place, test::get_answer(bob.item("chan", 7, "5:hello")));
    EXPECT_EQ(got->items.size(), 1U);
    EXPECT_EQ(got->done, error_code{});
}

TEST_P(EngineGet, RecursesAtOnceWithoutAnEndpoint) {
    auto const got = node.get({what});
    EXPECT_EQ(node.take<start_get>().size(), 1U);
    node.core.on_recursive_item(bob.item("chan", 3, "1:x"), node.clock.now());
    node.pump();
    ASSERT_EQ(got->items.size(), 1U);
    EXPECT_EQ(got->items[0].source, get_source::recursive);
    EXPECT_FALSE(got->done);
}

TEST_P(EngineGet, RecursesAtOnceAfterAnErrorReply) {
    (void)node.get(request());
    node.refuse(node.take<send_query>().at(0).id);
    EXPECT_EQ(node.take<start_get>().size(), 1U);
}

TEST_P(EngineGet, RecursesAtOnceWhenTheNodeHasNoValue) {
    (void)node.get(request());
    wire::get_reply empty;
    node.respond(node.take<send_query>().at(0).id, place, test::answer_with(encode(empty)));
    EXPECT_EQ(node.take<start_get>().size(), 1U);
}

TEST_P(EngineGet, StartsASecondTraversalWhenTheFirstStalls) {
    (void)node.get({what});
    node.advance(499ms);
    EXPECT_EQ(node.take<start_get>().size(), 1U);
    node.advance(1ms);
    EXPECT_EQ(node.take<start_get>().size(), 1U);
    node.advance(5000ms);
    EXPECT_TRUE(node.take<start_get>().empty());
}

TEST_P(EngineGet, DeliversALaterHigherSeqAsUpdateAndNoLowerOne) {
    auto const got = node.get({what});
    for (auto const seq : {5, 4, 9, 9}) {
        node.core.on_recursive_item(bob.item("chan", seq, "1:x"), node.clock.now());
        node.pump();
    }
    ASSERT_EQ(got->items.size(), 2U);
    EXPECT_EQ(got->items[1].item.seq, 9);
    EXPECT_EQ(node.core.stats().late_updates, 1U);
    EXPECT_EQ(node.core.stats().dropped_stale, 1U);
}

TEST_P(EngineGet, DoesNotWaitForStragglersAfterTheFirstValue) {
    auto const got = node.get({what});
    node.core.on_recursive_item(bob.item("chan", 5, "1:x"), node.clock.now());
    node.advance(1999ms);
    EXPECT_FALSE(got->done);
    node.advance(1ms);
    EXPECT_EQ(got->done, error_code{});
}

TEST_P(EngineGet, TakesALateDirectValueDuringRecursion) {
    auto const got = node.get(request());
    auto const sent = node.take<send_query>().at(0);
    node.advance(1100ms);
    node.respond(sent.id, place, test::get_answer(bob.item("chan", 7, "5:hello")));
    ASSERT_EQ(got->items.size(), 1U);
    EXPECT_EQ(got->items[0].source, get_source::direct);
}

TEST_P(EngineGet, RejectsAnItemSignedByAnotherKey) {
    auto const got = node.get(request());
    auto forged = test::signer{'m'}.item("chan", 7, "5:hello");
    node.respond(node.take<send_query>().at(0).id, place, test::get_answer(forged));
    EXPECT_TRUE(got->items.empty());
    EXPECT_EQ(node.core.stats().dropped_bad_signature, 1U);
    EXPECT_EQ(node.take<start_get>().size(), 1U);
}

TEST_P(EngineGet, RejectsAnItemSignedForAnotherSalt) {
    auto const got = node.get(request());
    node.respond(node.take<send_query>().at(0).id, place,
                 test::get_answer(bob.item("other", 7, "5:hello")));
    EXPECT_TRUE(got->items.empty());
    EXPECT_EQ(node.core.stats().dropped_bad_signature, 1U);
}

TEST_P(EngineGet, RejectsATamperedValueFromATraversal) {
    auto const got = node.get({what});
    auto item = bob.item("chan", 7, "5:hello");
    item.value = to_bytes(std::string_view("5:jello"));
    node.core.on_recursive_item(item, node.clock.now());
    node.pump();
    EXPECT_TRUE(got->items.empty());
}

TEST_P(EngineGet, RejectsAValueAboveTheLimit) {
    auto const got = node.get(request());
    auto const big = bob.item("chan", 7, "997:" + std::string(997, 'x'));
    node.respond(node.take<send_query>().at(0).id, place, test::get_answer(big));
    EXPECT_TRUE(got->items.empty());
    EXPECT_EQ(node.core.stats().dropped_malformed, 1U);
}

TEST_P(EngineGet, AcceptsTheLargestValue) {
    auto const got = node.get(request());
    auto const big = bob.item("chan", 7, "996:" + std::string(996, 'x'));
    node.respond(node.take<send_query>().at(0).id, place, test::get_answer(big));
    EXPECT_EQ(got->items.size(), 1U);
}

TEST_P(EngineGet, IgnoresAReplyFromTheWrongPort) {
    auto const got = node.get(request());
    auto const sent = node.take<send_query>().at(0);
    node.respond(sent.id, endpoint(place.address(), 6882),
                 test::get_answer(bob.item("chan", 7, "5:hello")));
    EXPECT_TRUE(got->items.empty());
    EXPECT_EQ(node.core.stats().dropped_wrong_source, 1U);
    node.respond(sent.id, place, test::get_answer(bob.item("chan", 7, "5:hello")));
    EXPECT_EQ(got->items.size(), 1U);
}

TEST_P(EngineGet, CountsAReplyThatNobodyAskedFor) {
    node.respond(4711, place, test::get_answer(bob.item("chan", 7, "5:hello")));
    EXPECT_EQ(node.core.stats().dropped_unasked, 1U);
}

TEST_P(EngineGet, ConcurrentGetsForOneAddressAreOneGet) {
    auto const first = node.get(request());
    auto const second = node.get(request());
    auto const sent = node.take<send_query>();
    ASSERT_EQ(sent.size(), 1U);
    node.respond(sent[0].id, place, test::get_answer(bob.item("chan", 7, "5:hello")));
    EXPECT_EQ(first->items.size(), 1U);
    EXPECT_EQ(second->items.size(), 1U);
    EXPECT_EQ(second->done, error_code{});
    EXPECT_EQ(node.core.stats().gets_joined, 1U);
}

TEST_P(EngineGet, AJoinerWhoKnowsLessIsServedByAGetOfItsOwn) {
    auto known = request();
    known.known_seq = 7;
    auto const poll = node.get(known);
    auto const fresh = node.get(request());
    auto const sent = node.take<send_query>();
    ASSERT_EQ(sent.size(), 1U);
    node.respond(sent[0].id, place, test::get_answer(bob.item("chan", 7, "5:hello")));
    node.core.on_recursive_done(what, node.clock.now());
    node.pump();
    EXPECT_EQ(poll->done, make_error_code(errc::not_found));
    auto const again = node.take<send_query>();
    ASSERT_EQ(again.size(), 1U);
    node.respond(again[0].id, place, test::get_answer(bob.item("chan", 7, "5:hello")));
    EXPECT_EQ(fresh->items.size(), 1U);
}

TEST_P(EngineGet, PollingSendsTheKnownSeqAndBelievesTheAuthorThatNothingIsNewer) {
    prove_bob(place);
    auto known = request();
    known.known_seq = 7;
    auto const poll = node.get(known);
    auto const sent = node.take<send_query>();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].query.find_key("a")->find_key("seq")->integer(), 7);
    wire::get_reply nothing_newer;
    nothing_newer.seq = 7;
    node.respond(sent[0].id, place, test::answer_with(encode(nothing_newer)));
    EXPECT_EQ(poll->done, make_error_code(errc::not_found));
    EXPECT_TRUE(node.take<start_get>().empty());
}

TEST_P(EngineGet, AStrangerCannotStopAPollByClaimingThatNothingIsNewer) {
    auto known = request();
    known.known_seq = 7;
    (void)node.get(known);
    wire::get_reply nothing_newer;
    nothing_newer.seq = 7;
    node.respond(node.take<send_query>().at(0).id, place, test::answer_with(encode(nothing_newer)));
    EXPECT_EQ(node.take<start_get>().size(), 1U);
}

TEST_P(EngineGet, DirectModeNeverRecurses) {
    auto const got = node.get(request(get_mode::direct));
    node.advance(1000ms);
    EXPECT_EQ(got->done, make_error_code(errc::timed_out));
    EXPECT_TRUE(node.take<start_get>().empty());
    auto const nowhere = node.get({bob.address("other"), get_mode::direct});
    EXPECT_EQ(nowhere->done, make_error_code(errc::unreachable));
}

TEST_P(EngineGet, RecursiveModeSendsNoDatagram) {
    (void)node.get(request(get_mode::recursive));
    EXPECT_TRUE(node.take<send_query>().empty());
    EXPECT_EQ(node.take<start_get>().size(), 1U);
}

TEST_P(EngineGet, OurOwnItemIsSoughtElsewhereOnRequest) {
    ASSERT_FALSE(node.core.put({}, 1, to_bytes(std::string_view("1:x")), {}, node.clock.now()));
    (void)node.take<start_get>();
    auto const got = node.get({{alice.key(), {}}, get_mode::elsewhere});
    EXPECT_TRUE(got->items.empty());
    EXPECT_EQ(node.take<start_get>().size(), 1U);
}

TEST_P(EngineGet, EndsWithNotFoundWhenTheTraversalsEndEmpty) {
    auto const got = node.get({what});
    node.core.on_recursive_done(what, node.clock.now());
    node.pump();
    EXPECT_EQ(got->done, make_error_code(errc::not_found));
}

TEST_P(EngineGet, OurOwnItemIsLocal) {
    ASSERT_FALSE(node.core.put({}, 1, to_bytes(std::string_view("1:x")), {}, node.clock.now()));
    auto const got = node.get({{alice.key(), {}}});
    ASSERT_EQ(got->items.size(), 1U);
    EXPECT_EQ(got->items[0].source, get_source::local);
    EXPECT_EQ(got->done, error_code{});
}

TEST_P(EngineGet, AdaptiveModeRecursesAfterAMultipleOfTheRoundTrip) {
    config settings;
    settings.wait = direct_wait::adaptive;
    test::engine_driver quick{alice, settings};
    quick.core.import_endpoints({{bob.key(), place, endpoint_source::hint, true, {}, 50ms}},
                                quick.clock.now());
    (void)quick.get({what});
    quick.advance(199ms);
    EXPECT_TRUE(quick.take<start_get>().empty());
    quick.advance(1ms);
    EXPECT_EQ(quick.take<start_get>().size(), 1U);
}

TEST_P(EngineGet, AClockThatIsAnHourOffChangesNothing) {
    node.clock.set_wall(node.clock.now().wall - 1h);
    auto const got = node.get(request());
    node.advance(999ms);
    EXPECT_TRUE(node.take<start_get>().empty());
    node.clock.set_wall(node.clock.now().wall + 2h);
    node.advance(1ms);
    EXPECT_EQ(node.take<start_get>().size(), 1U);
}

TEST_P(EngineGet, BoundsHowManyAreInFlight) {
    config settings;
    settings.max_gets_in_flight = 2;
    test::engine_driver bounded{alice, settings};
    for (int i = 0; i < 5; ++i)
        (void)bounded.get({bob.address(std::to_string(i)), get_mode::direct, place, -1});
    EXPECT_EQ(bounded.take<send_query>().size(), 2U);
    EXPECT_EQ(bounded.core.stats().gets_queued, 3U);
    bounded.advance(1000ms);
    EXPECT_EQ(bounded.core.stats().gets_queued, 1U);
}

// The traversal of an earlier get may still bring something while the next one waits.
TEST_P(EngineGet, WhileWaitingIsNotEndedByWhatAnEarlierTraversalBrings) {
    config settings;
    settings.max_gets_in_flight = 1;
    test::engine_driver bounded{alice, settings};
    (void)bounded.get({bob.address("other"), get_mode::automatic, place, -1});
    auto const got = bounded.get(request());
    bounded.core.on_recursive_item(bob.item("chan", 7, "5:hello"), bounded.clock.now());
    bounded.core.on_recursive_done(what, bounded.clock.now());
    bounded.pump();
    bounded.advance(40'000ms);
    EXPECT_TRUE(got->done);
    EXPECT_EQ(bounded.core.stats().gets_queued, 0U);
}

TEST_P(EngineGet, ThousandsOfHopelessGetsEndWithoutDeepRecursion) {
    int ended = 0;
    for (int i = 0; i < 20'000; ++i)
        node.core.get({bob.address(std::to_string(i)), get_mode::direct},
                      {{}, [&](error_code) { ++ended; }}, node.clock.now());
    node.pump();
    EXPECT_EQ(ended, 20'000);
}

TEST_P(EngineGet, ImmutableIsAskedOfTheHolderAndHashChecked) {
    auto const value = to_bytes(std::string_view("12:Hello World!"));
    auto const name = wire::target_of_immutable(value);
    node.core.hint_endpoint(bob.key(), place, node.clock.now());
    bytes got;
    std::optional<error_code> done;
    node.core.get_immutable(
        name, bob.key(),
        {[&](got_immutable const& g) { got = g.value; }, [&](error_code why) { done = why; }},
        node.clock.now());
    node.pump();
    wire::get_reply reply;
    reply.value = to_bytes(std::string_view("12:Jello World!"));
    node.respond(node.take<send_query>().at(0).id, place, test::answer_with(encode(reply)));
    EXPECT_TRUE(got.empty());
    EXPECT_EQ(node.take<start_get_immutable>().size(), 1U);
    node.core.on_recursive_immutable(name, value, node.clock.now());
    node.pump();
    EXPECT_EQ(got, value);
    EXPECT_EQ(done, error_code{});
}

INSTANTIATE_TEST_SUITE_P(ByAction, EngineGet, testing::Bool());

struct AwaitedCheck : testing::Test {
    test::signer alice{'a'};
    test::signer bob{'b'};
    test::engine_driver node{alice, checks_by_action(true)};
    std::shared_ptr<test::engine_driver::outcome> got;
    check_item check{};

    void SetUp() override {
        node.holds_checks = true;
        got = node.get({bob.address("chan"), get_mode::automatic, test::far_endpoint(1), -1});
        node.respond(node.take<send_query>().at(0).id, test::far_endpoint(1),
                     test::get_answer(bob.item("chan", 7, "5:hello")));
        check = node.take<check_item>().at(0);
    }
    void report(bool valid) {
        node.core.on_checked(check, valid, node.clock.now());
        node.pump();
    }
};

TEST_F(AwaitedCheck, NothingIsDeliveredBeforeItsOutcome) {
    EXPECT_TRUE(got->items.empty());
    EXPECT_FALSE(got->done);
    report(true);
    ASSERT_EQ(got->items.size(), 1U);
    EXPECT_EQ(got->items[0].source, get_source::direct);
    EXPECT_EQ(got->done, error_code{});
}

TEST_F(AwaitedCheck, ABadSignatureCountsAsNoValue) {
    report(false);
    EXPECT_TRUE(got->items.empty());
    EXPECT_EQ(node.take<start_get>().size(), 1U);
    EXPECT_EQ(node.core.stats().dropped_bad_signature, 1U);
}

TEST_F(AwaitedCheck, DoesNotHoldUpTheRecursion) {
    node.advance(1000ms);
    EXPECT_EQ(node.take<start_get>().size(), 1U);
    report(true);
    EXPECT_EQ(got->items.size(), 1U);
}

TEST_F(AwaitedCheck, ComesToNothingWhenTheGetHasEnded) {
    node.advance(1000ms);
    node.core.on_recursive_item(bob.item("chan", 8, "5:newer"), node.clock.now());
    node.core.on_recursive_done(bob.address("chan"), node.clock.now());
    node.advance(3000ms);
    ASSERT_TRUE(got->done);
    report(true);
    ASSERT_EQ(got->items.size(), 1U);
    EXPECT_EQ(got->items[0].item.seq, 8);
}

TEST_F(AwaitedCheck, IsReportedOnce) {
    report(true);
    report(true);
    EXPECT_EQ(got->items.size(), 1U);
}

// libtorrent may hand the answer to one query of ours to another at the same address.
struct CrossedAnswers : EngineGet {
    struct wanted {
        bytes value;
        bytes got{};
        std::optional<error_code> done{};
        request_id asked{};
    };
    wanted one{to_bytes(std::string_view("3:one"))};
    wanted two{to_bytes(std::string_view("3:two"))};

    void ask(wanted& w) {
        node.core.hint_endpoint(bob.key(), place, node.clock.now());
        node.core.get_immutable(wire::target_of_immutable(w.value), bob.key(),
                                {[&](got_immutable const& g) { w.got = g.value; },
                                 [&](error_code why) { w.done = why; }},
                                node.clock.now());
        node.pump();
        w.asked = node.take<send_query>().at(0).id;
    }
    void answer(request_id id, bytes const& value) {
        wire::get_reply reply;
        reply.value = value;
        node.respond(id, place, test::answer_with(encode(reply)));
    }
};

TEST_P(CrossedAnswers, BothReachTheGetTheyAreFor) {
    ask(one);
    ask(two);
    answer(one.asked, two.value);
    EXPECT_EQ(two.got, two.value);
    EXPECT_EQ(two.done, error_code{});
    EXPECT_TRUE(one.got.empty());
    answer(two.asked, one.value); // of a query that nobody waits for any more
    EXPECT_EQ(one.got, one.value);
    EXPECT_EQ(one.done, error_code{});
    EXPECT_TRUE(node.take<start_get_immutable>().empty());
}

TEST_P(CrossedAnswers, AreAskedForAgainAtOnce) {
    ask(one);
    ask(two);
    answer(one.asked, two.value);
    auto const again = node.take<send_query>();
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again[0].to, place);
    answer(again[0].id, one.value);
    EXPECT_EQ(one.got, one.value);
}

TEST_P(CrossedAnswers, AMutableGetAsksAgainWhileOthersWait) {
    ask(one);
    auto const got = node.get(request());
    answer(node.take<send_query>().at(0).id, one.value);
    EXPECT_EQ(one.got, one.value);
    EXPECT_TRUE(node.take<start_get>().empty());
}

TEST_P(CrossedAnswers, AHolderOfNonsenseIsLeftAfterItsResends) {
    ask(one);
    ask(two);
    auto next = one.asked;
    int asked = 0;
    for (;;) {
        answer(next, to_bytes(std::string_view("8:nonsense")));
        auto const again = node.take<send_query>();
        if (again.empty())
            break;
        ASSERT_LT(++asked, 10);
        next = again[0].id;
    }
    EXPECT_EQ(asked, 2);
    EXPECT_EQ(node.take<start_get_immutable>().size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(ByAction, CrossedAnswers, testing::Bool());

} // namespace
} // namespace tau::dht
