#include "support/engine_driver.hpp"

#include <gtest/gtest.h>

namespace tau::dht {
namespace {

using namespace std::chrono_literals;

// Two engines joined by hand: every query of one is put to the other's responder.
struct EngineExchange : testing::Test {
    test::signer alice_key{'a'};
    test::signer bob_key{'b'};
    test::engine_driver alice{alice_key, {}, 1};
    test::engine_driver bob{bob_key, {}, 2};
    endpoint const alice_at = test::far_endpoint(1);
    endpoint const bob_at = test::far_endpoint(2);
    int datagrams = 0;

    // Carries alice's pending queries to bob and his answers back, until nothing moves.
    void carry() {
        for (int round = 0; round < 20; ++round) {
            auto const sent = alice.take<send_query>();
            for (auto const& query : sent) {
                ++datagrams;
                auto const answer = bob.ask(alice_at, query.query);
                if (answer)
                    alice.respond(query.id, bob_at, *answer);
                else
                    alice.refuse(query.id);
            }
            if (sent.empty())
                alice.advance(50ms);
        }
    }

    struct outcome {
        std::optional<error_code> failed;
        std::optional<parcel> got;
    };
    std::shared_ptr<outcome> exchange(parcel what, std::optional<endpoint> at) {
        auto out = std::make_shared<outcome>();
        alice.core.exchange(
            bob_key.key(), std::move(what), at,
            [out](result<parcel> r) {
                if (r)
                    out->got = r.value();
                else
                    out->failed = r.error();
            },
            alice.clock.now());
        alice.pump();
        return out;
    }
};

TEST_F(EngineExchange, FirstContactProvesBothSidesAndFetchesTheOffer) {
    auto const item = bob_key.item("gossip", 3, "2:hi");
    bob.core.offer(alice_key.key(), {{item}, {}});
    bob.pump();
    std::vector<incoming_parcel> seen;
    bob.core.on_parcel([&](incoming_parcel const& p) { seen.push_back(p); });
    auto const mine = alice_key.item("gossip", 1, "2:yo");
    auto const out = exchange({{mine}, {}}, bob_at);
    carry();
    ASSERT_TRUE(out->got);
    EXPECT_EQ(out->got->items, std::vector{item});
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_FALSE(seen[0].proven);
    EXPECT_EQ(seen[0].from, alice_key.key());
    EXPECT_EQ(seen[0].parcel.items, std::vector{mine});
    EXPECT_EQ(alice.core.endpoint_of(bob_key.key()), bob_at);
    EXPECT_EQ(bob.core.endpoint_of(alice_key.key()), alice_at);
    EXPECT_LE(datagrams, 3);
}

// One round trip tells both: the question has alice's news, the answer bob's.
TEST_F(EngineExchange, GossipRidesOnAGetAndItsAnswer) {
    ASSERT_FALSE(
        bob.core.put(wire::salt::from("chan").value(), 1, to_bytes("2:hi"), {}, bob.clock.now()));
    bob.core.offer(alice_key.key(), {{}, {}, to_bytes("6:theirs")});
    bob.pump();
    std::vector<incoming_parcel> seen;
    bob.core.on_parcel([&](incoming_parcel const& p) { seen.push_back(p); });
    lt::entry const query =
        encode(wire::get_query{target_of(bob_key.address("chan")),
                               {},
                               wire::get_rider{alice_key.key(), to_bytes("4:mine")}});
    auto const ask = [&] {
        auto const raw = bob.ask(alice_at, query);
        return wire::decode_get_reply(wire::parse_bencode(raw.value()).value()).value();
    };
    auto answer = ask();
    EXPECT_TRUE(answer.value);
    EXPECT_FALSE(answer.gossip) << "nobody proved to be there";
    EXPECT_TRUE(seen.empty());

    (void)exchange({}, bob_at);
    carry();
    seen.clear();
    answer = ask();
    EXPECT_EQ(answer.gossip, to_bytes("6:theirs"));
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_FALSE(seen[0].proven) << "a datagram that somebody sent again proves nothing";
    EXPECT_EQ(seen[0].from, alice_key.key());
    EXPECT_EQ(seen[0].parcel.gossip, to_bytes("4:mine"));

    bob.core.offer(alice_key.key(), {{}, {}, to_bytes("600:" + std::string(600, 'x'))});
    ASSERT_FALSE(bob.core.put(wire::salt::from("chan").value(), 2,
                              to_bytes("600:" + std::string(600, 'v')), {}, bob.clock.now()));
    bob.pump();
    EXPECT_EQ(ask().gossip, wire::no_gossip()) << "both do not fit one datagram";

    // It counts like an exchange; the get itself is answered on.
    for (int i = 0; i < 500; ++i)
        answer = ask();
    EXPECT_FALSE(answer.gossip);
    EXPECT_TRUE(answer.value);
}

TEST_F(EngineExchange, ProvenFriendsNeedOneDatagramEachWay) {
    (void)exchange({}, bob_at);
    carry();
    auto const item = bob_key.item("gossip", 3, "2:hi");
    bob.core.offer(alice_key.key(), {{item}, {}});
    bob.pump();
    std::vector<incoming_parcel> seen;
    bob.core.on_parcel([&](incoming_parcel const& p) { seen.push_back(p); });
    datagrams = 0;
    auto const out = exchange({{alice_key.item("gossip", 1, "2:yo")}, {}}, std::nullopt);
    carry();
    EXPECT_EQ(datagrams, 1);
    ASSERT_TRUE(out->got);
    EXPECT_EQ(out->got->items, std::vector{item});
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_TRUE(seen[0].proven);
}

TEST_F(EngineExchange, AnUnprovenAskerLearnsNothingAndGetsLittle) {
    bob.core.offer(alice_key.key(), {{bob_key.item("gossip", 3, "2:hi")}, {}});
    bob.pump();
    wire::exchange_query query{alice_key.key(), {}};
    query.cursor = 0;
    auto const answer = bob.ask(alice_at, encode(query)).value();
    auto const reply = wire::decode_exchange_reply(wire::parse_bencode(answer).value()).value();
    EXPECT_TRUE(reply.load.items.empty());
    EXPECT_EQ(reply.next, 0);
    EXPECT_LE(answer.size(), 2 * bob.last_query_bytes);

    // Nobody can tell from the answer whether there is an offer for a key.
    query.from = test::signer{'z'}.key();
    auto const other = bob.ask(alice_at, encode(query)).value();
    EXPECT_EQ(other.size(), answer.size());
}

TEST_F(EngineExchange, AReplayedProofFromElsewhereMovesNothing) {
    (void)exchange({}, bob_at);
    lt::entry proof;
    for (int round = 0; round < 20; ++round) {
        for (auto const& query : alice.take<send_query>()) {
            if (query.query.find_key("a")->find_key("s"))
                proof = query.query;
            alice.respond(query.id, bob_at, bob.ask(alice_at, query.query).value());
        }
        alice.advance(50ms);
    }
    ASSERT_EQ(proof.type(), lt::entry::dictionary_t);
    auto const before = bob.core.stats();
    (void)bob.ask(test::far_endpoint(66), proof);
    EXPECT_EQ(bob.core.endpoint_of(alice_key.key()), alice_at);
    EXPECT_EQ(bob.core.stats().dropped_bad_proof, before.dropped_bad_proof + 1);
    (void)bob.ask(alice_at, proof);
    EXPECT_EQ(bob.core.stats().dropped_replayed, before.dropped_replayed + 1);
    EXPECT_EQ(bob.core.stats().proofs_accepted, before.proofs_accepted);
}

TEST_F(EngineExchange, AForgedSourceDoesNotChangeTheRateOfAFriend) {
    (void)exchange({}, bob_at);
    carry();
    ASSERT_EQ(bob.core.endpoint_of(alice_key.key()), alice_at);
    // Anybody can send this in alice's name: it carries no proof.
    wire::exchange_query forged{alice_key.key(), {}};
    forged.accepted_rate = 0;
    ASSERT_TRUE(bob.ask(alice_at, encode(forged)));
    (void)bob.take<send_query>();
    for (int i = 0; i < 100; ++i)
        bob.core.get({alice_key.address(std::to_string(i)), get_mode::direct, alice_at, -1}, {},
                     bob.clock.now());
    bob.pump();
    EXPECT_EQ(bob.take<send_query>().size(), 100U);
}

TEST_F(EngineExchange, AnAnswerSignedByAnotherKeyIsNotBelieved) {
    test::engine_driver mallory{test::signer{'m'}, {}, 3};
    auto const out = exchange({}, bob_at);
    auto const query = alice.take<send_query>().at(0);
    alice.respond(query.id, bob_at, mallory.ask(alice_at, query.query).value());
    EXPECT_FALSE(alice.core.endpoint_of(bob_key.key()));
    EXPECT_EQ(alice.core.stats().dropped_bad_proof, 1U);
    EXPECT_EQ(out->failed, make_error_code(errc::refused));
}

TEST_F(EngineExchange, ARelayBetweenTwoKeysIsNotTakenForEither) {
    // Others see alice at her own address, so what bob saw of the relay cannot be her.
    for (std::uint8_t n = 10; n < 14; ++n)
        alice.core.on_external_vote(test::far_endpoint(n).address(), alice_at, alice.clock.now());
    auto const relay_at = test::far_endpoint(66);
    (void)exchange({}, relay_at);
    auto const query = alice.take<send_query>().at(0);
    alice.respond(query.id, relay_at, bob.ask(relay_at, query.query).value());
    EXPECT_FALSE(alice.core.endpoint_of(bob_key.key()));
    alice.advance(3000ms);
    EXPECT_FALSE(bob.core.endpoint_of(alice_key.key()));
}

TEST_F(EngineExchange, ItemsThatDoNotVerifyAreDroppedAndTheRestKept) {
    std::vector<incoming_parcel> seen;
    bob.core.on_parcel([&](incoming_parcel const& p) { seen.push_back(p); });
    auto bad = alice_key.item("gossip", 1, "2:yo");
    bad.seq = 2;
    auto const good = test::signer{'c'}.item("x", 1, "2:ok");
    wire::exchange_query query{alice_key.key(), {}};
    query.load.items = {bad, good};
    (void)bob.ask(alice_at, encode(query));
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_EQ(seen[0].parcel.items, std::vector{good});
    EXPECT_EQ(bob.core.stats().dropped_bad_signature, 1U);
}

TEST_F(EngineExchange, LargeParcelsTakeSeveralDatagramsBothWays) {
    parcel large, back;
    for (int i = 0; i < 5; ++i) {
        auto const name = std::to_string(i);
        large.items.push_back(alice_key.item("up" + name, 1, "900:" + std::string(900, 'u')));
        back.items.push_back(bob_key.item("down" + name, 1, "996:" + std::string(996, 'd')));
    }
    back.immutables.push_back(to_bytes("500:" + std::string(500, 'i')));
    bob.core.offer(alice_key.key(), back);
    bob.pump();
    std::size_t arrived = 0;
    bob.core.on_parcel([&](incoming_parcel const& p) { arrived += p.parcel.items.size(); });
    auto const out = exchange(large, bob_at);
    for (int i = 0; i < 5; ++i)
        carry();
    EXPECT_EQ(arrived, 5U);
    ASSERT_TRUE(out->got);
    EXPECT_EQ(out->got->items, back.items);
    EXPECT_EQ(out->got->immutables, back.immutables);
}

TEST_F(EngineExchange, NoDatagramIsLargerThanAllowed) {
    (void)exchange({}, bob_at);
    carry();
    // The largest salt and value there are, with a proof on top.
    parcel what;
    what.items.push_back(
        alice_key.item(std::string(64, 's'), 1'800'000'000'000, "996:" + std::string(996, 'x')));
    (void)exchange(what, bob_at);
    auto const sent = alice.take<send_query>();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_LE(wire::encode_bencode(sent[0].query).size() + 27 + 24, wire::max_exchange_bytes);
    EXPECT_TRUE(bob.ask(alice_at, sent[0].query));
}

TEST_F(EngineExchange, TimesOutAndIsUnreachable) {
    auto const nowhere = exchange({}, std::nullopt);
    EXPECT_EQ(nowhere->failed, make_error_code(errc::unreachable));
    auto const out = exchange({}, bob_at);
    alice.advance(2999ms);
    EXPECT_FALSE(out->failed);
    alice.advance(1ms);
    EXPECT_EQ(out->failed, make_error_code(errc::timed_out));
    EXPECT_EQ(alice.take<send_query>().size(), 4U); // with its resends
}

TEST_F(EngineExchange, AFloodingAddressIsCutOffAndOthersAreNot) {
    int answered = 0;
    wire::exchange_query query{test::signer{'m'}.key(), {}};
    for (int i = 0; i < 2000; ++i)
        answered += bob.ask(test::far_endpoint(66), encode(query)) ? 1 : 0;
    EXPECT_EQ(answered, 400);
    EXPECT_EQ(bob.core.stats().dropped_rate_limited, 1600U);
    EXPECT_TRUE(bob.ask(alice_at, encode(query)));
}

TEST_F(EngineExchange, TwoIdentitiesBehindOneAddressKeepTheirPorts) {
    test::signer carol_key{'c'};
    test::engine_driver carol{carol_key, {}, 4};
    auto const carol_at = endpoint(bob_at.address(), 7000);
    (void)exchange({}, bob_at);
    carry();
    alice.core.exchange(carol_key.key(), {}, carol_at, {}, alice.clock.now());
    alice.pump();
    for (int round = 0; round < 5; ++round)
        for (auto const& query : alice.take<send_query>())
            alice.respond(query.id, query.to, carol.ask(alice_at, query.query).value());
    EXPECT_EQ(alice.core.endpoint_of(bob_key.key()), bob_at);
    EXPECT_EQ(alice.core.endpoint_of(carol_key.key()), carol_at);
}

TEST_F(EngineExchange, AnEndpointThatChangesIsFollowedOnceProven) {
    (void)exchange({}, bob_at);
    carry();
    auto const moved = test::far_endpoint(2, 9999);
    auto const out = exchange({}, moved);
    for (int round = 0; round < 8; ++round) {
        for (auto const& query : alice.take<send_query>())
            if (query.to == moved)
                alice.respond(query.id, moved, bob.ask(alice_at, query.query).value());
        alice.advance(50ms);
    }
    EXPECT_TRUE(out->got);
    EXPECT_EQ(alice.core.endpoint_of(bob_key.key()), moved);
}

} // namespace
} // namespace tau::dht
