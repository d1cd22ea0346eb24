#include "support/engine_driver.hpp"

#include <gtest/gtest.h>

namespace tau::dht {
namespace {

using namespace std::chrono_literals;

struct EnginePut : testing::Test {
    test::signer alice{'a'};
    test::engine_driver node{alice};
    std::optional<int> reported;

    error_code put(std::int64_t seq, std::string_view value = "5:hello") {
        auto const ec = node.core.put(
            wire::salt::from("chan").value(), seq, to_bytes(value),
            [this](put_report r) { reported = r.nodes; }, node.clock.now());
        node.pump();
        return ec;
    }

    static wire::node_info info(std::uint8_t n) {
        wire::node_info out;
        out.id.octets.fill(n);
        out.where = test::far_endpoint(n);
        return out;
    }

    void know(int count) {
        std::vector<wire::node_info> nodes;
        for (int n = 1; n <= count; ++n)
            nodes.push_back(info(static_cast<std::uint8_t>(n)));
        node.core.on_nodes(nodes, node.clock.now());
    }

    // Nodes above `alive` never answer. Returns how many stored.
    std::size_t serve(int alive) {
        std::size_t stored = 0;
        for (auto const& query : node.take<send_query>()) {
            auto const n = query.to.address().to_v4().to_bytes()[1];
            if (n > alive)
                continue;
            wire::get_reply reply{info(n).id};
            bool const is_get = query.query.find_key("q")->string() == "get";
            if (is_get)
                reply.token = to_bytes(std::string_view("tokn"));
            stored += is_get ? 0 : 1;
            node.respond(query.id, query.to, test::answer_with(encode(reply)));
        }
        return stored;
    }
};

TEST_F(EnginePut, RefusesWhatCannotBeStored) {
    EXPECT_EQ(put(1, "997:" + std::string(997, 'x')), errc::too_large);
    EXPECT_EQ(put(1, "nonsense"), errc::invalid_encoding);
    EXPECT_EQ(put(1, "1:x1:y"), errc::invalid_encoding);
    EXPECT_EQ(put(1, ""), errc::invalid_encoding);
    EXPECT_FALSE(put(5));
    EXPECT_EQ(put(5), errc::stale);
    EXPECT_EQ(put(4), errc::stale);
    EXPECT_FALSE(put(6));
}

TEST_F(EnginePut, IsServedFromTheNextMomentOnWithAValidSignature) {
    ASSERT_FALSE(put(5));
    auto const address = alice.address("chan");
    auto const answer =
        node.ask(test::far_endpoint(9), encode(wire::get_query{wire::target_of(address), {}}));
    ASSERT_TRUE(answer);
    auto const reply = wire::decode_get_reply(wire::parse_bencode(*answer).value()).value();
    auto const item = wire::item_of(reply, address).value();
    EXPECT_FALSE(verify(item));
    EXPECT_EQ(item.seq, 5);
    EXPECT_EQ(node.core.stats().gets_served, 1U);
}

TEST_F(EnginePut, RepublishesWhatOthersSignedAndNothingElse) {
    test::signer const bob{'b'};
    auto const item = bob.item("chan", 7, "5:hello");
    auto forged = item;
    forged.value[2] ^= 1;
    auto const republish = [&](wire::mutable_item what) {
        return node.core.republish(
            std::move(what), [this](put_report r) { reported = r.nodes; }, node.clock.now());
    };
    EXPECT_EQ(republish(forged), errc::invalid_signature);
    EXPECT_EQ(republish(alice.item("chan", 7, "5:hello")), errc::invalid_argument);

    know(8);
    ASSERT_FALSE(republish(item));
    node.pump();
    std::size_t stored = 0;
    for (int round = 0; round < 4; ++round)
        stored += serve(8);
    EXPECT_GE(stored, 8U);
    EXPECT_TRUE(reported);
    // It is not ours to serve.
    auto const name = wire::target_of(item.address);
    EXPECT_FALSE(node.ask(test::far_endpoint(9), encode(wire::get_query{name, {}})));
}

TEST_F(EnginePut, AnswersAPollWithTheSeqOnly) {
    ASSERT_FALSE(put(5));
    auto const name = wire::target_of(alice.address("chan"));
    for (auto const& [known, whole] : {std::pair(4, true), {5, false}, {6, false}}) {
        auto const answer =
            node.ask(test::far_endpoint(9), encode(wire::get_query{name, known})).value();
        auto const reply = wire::decode_get_reply(wire::parse_bencode(answer).value()).value();
        EXPECT_EQ(reply.value.has_value(), whole) << known;
        EXPECT_EQ(reply.seq, 5);
    }
}

TEST_F(EnginePut, LeavesTargetsOfOthersToTheSession) {
    ASSERT_FALSE(put(5));
    auto const other = wire::target_of(alice.address("other"));
    EXPECT_FALSE(node.ask(test::far_endpoint(9), encode(wire::get_query{other, {}})));
}

TEST_F(EnginePut, CapsTheBytesThatOneAddressIsServed) {
    config settings;
    settings.served_bytes_per_second = 1000;
    settings.served_burst_bytes = 5000;
    test::engine_driver capped{alice, settings};
    auto const name = capped.core.serve_immutable(to_bytes("996:" + std::string(996, 'x'))).value();
    capped.pump();
    int answered = 0;
    for (int i = 0; i < 100; ++i)
        answered += capped.ask(test::far_endpoint(66), encode(wire::get_query{name, {}})) ? 1 : 0;
    EXPECT_EQ(answered, 3);
    EXPECT_TRUE(capped.ask(test::far_endpoint(67), encode(wire::get_query{name, {}})));
    endpoint const here(boost::asio::ip::make_address("127.0.0.1"), 1);
    for (int i = 0; i < 100; ++i)
        EXPECT_TRUE(capped.ask(here, encode(wire::get_query{name, {}})));
}

TEST_F(EnginePut, StoresWithoutWaitingForDeadNodes) {
    know(8);
    ASSERT_FALSE(put(5));
    EXPECT_EQ(serve(5), 0U);
    EXPECT_EQ(serve(5), 5U); // no time has passed
    EXPECT_EQ(reported, 4);  // told as soon as enough nodes took it
    node.advance(5000ms);
    EXPECT_EQ(node.core.stats().puts_done, 1U);
    EXPECT_EQ(node.core.stats().puts_in_flight, 0U);
    EXPECT_TRUE(node.take<start_put>().empty());
}

TEST_F(EnginePut, TellsOfAFewNodesWithoutWaitingForTheNextAttempt) {
    know(2);
    ASSERT_FALSE(put(5));
    EXPECT_EQ(serve(1), 0U);
    EXPECT_EQ(serve(1), 1U);
    EXPECT_FALSE(reported); // the other node may still answer
    node.advance(2000ms);
    EXPECT_EQ(reported, 1);
    EXPECT_EQ(node.core.stats().puts_done, 0U); // more nodes are tried later
}

TEST_F(EnginePut, UsesTheSessionsTraversalWhileNoNodeIsKnown) {
    ASSERT_FALSE(put(5));
    EXPECT_TRUE(node.take<start_put>().empty());
    node.advance(1000ms);
    auto const started = node.take<start_put>();
    ASSERT_EQ(started.size(), 1U);
    EXPECT_FALSE(verify(started[0].item));
    node.core.on_put_done(wire::target_of(alice.address("chan")), 5, 8, node.clock.now());
    node.pump();
    EXPECT_EQ(reported, 8);
}

TEST_F(EnginePut, AsksForNodesFirstAndWalksAsSoonAsTheyAreKnown) {
    (void)node.take<want_nodes>();
    ASSERT_FALSE(put(5));
    EXPECT_EQ(node.take<want_nodes>().size(), 1U);
    node.advance(100ms);
    know(8);
    node.pump();
    EXPECT_EQ(serve(8), 0U);
    EXPECT_GE(serve(8), 8U);
    EXPECT_EQ(reported, 4);
    node.advance(5000ms);
    EXPECT_TRUE(node.take<start_put>().empty());
}

TEST_F(EnginePut, FollowsNobodyWhoInventsEverCloserNodes) {
    know(1);
    ASSERT_FALSE(put(5));
    std::size_t asked = 0;
    for (std::uint32_t round = 0; round < 2000 && !reported; ++round) {
        for (auto const& query : node.take<send_query>()) {
            if (query.query.find_key("q")->string() != "get")
                continue;
            ++asked;
            // Every answer names two more, each closer than all before.
            wire::get_reply reply{info(1).id};
            for (std::uint32_t i = 0; i < 2; ++i) {
                wire::node_info closer;
                auto const what = wire::target_of(alice.address("chan"));
                std::copy(what.begin(), what.end(), closer.id.octets.begin());
                auto const far = 1'000'000U - static_cast<std::uint32_t>(2 * asked) - i;
                for (std::size_t at = 0; at < 4; ++at)
                    closer.id.octets[10 + at] ^= static_cast<std::uint8_t>(far >> (24 - 8 * at));
                closer.where = endpoint(boost::asio::ip::address_v4(0x0b000000U + far), 6881);
                reply.nodes.push_back(closer);
            }
            node.respond(query.id, query.to, test::answer_with(encode(reply)));
        }
        node.advance(1ms);
    }
    EXPECT_LT(asked, 100U);
    EXPECT_EQ(node.take<start_put>().size(), 1U); // the walk has ended
}

TEST_F(EnginePut, IsRepeatedWhenNobodyTookItAndGivenUpInTheEnd) {
    ASSERT_FALSE(put(5));
    node.advance(1000ms); // for the session to name nodes
    EXPECT_EQ(node.take<start_put>().size(), 1U);
    node.core.on_put_done(wire::target_of(alice.address("chan")), 5, 0, node.clock.now());
    node.advance(999ms);
    EXPECT_TRUE(node.take<start_put>().empty());
    node.advance(1ms);
    EXPECT_EQ(node.take<start_put>().size(), 1U);
    EXPECT_FALSE(reported);
    node.advance(200'000ms);
    EXPECT_EQ(reported, 0);
    EXPECT_EQ(node.core.stats().puts_failed, 1U);
    EXPECT_EQ(node.core.stats().puts_retried, 3U);
}

TEST_F(EnginePut, ANewerItemReplacesOneThatIsUnderWay) {
    ASSERT_FALSE(put(5));
    node.advance(1000ms);
    EXPECT_EQ(node.take<start_put>().size(), 1U);
    ASSERT_FALSE(put(6));
    node.advance(1000ms);
    EXPECT_EQ(node.take<start_put>().at(0).item.seq, 6);
    // The report of the old one does not end the new one.
    node.core.on_put_done(wire::target_of(alice.address("chan")), 5, 8, node.clock.now());
    node.pump();
    EXPECT_EQ(node.core.stats().puts_in_flight, 1U);
}

TEST_F(EnginePut, BoundsHowManyAreInFlight) {
    for (int i = 0; i < 100; ++i)
        ASSERT_FALSE(node.core.put(wire::salt::from(std::to_string(i)).value(), 1,
                                   to_bytes(std::string_view("1:x")), {}, node.clock.now()));
    node.pump();
    node.advance(1000ms);
    EXPECT_EQ(node.take<start_put>().size(), 16U);
    EXPECT_EQ(node.core.stats().puts_queued, 84U);
}

TEST_F(EnginePut, ImmutableIsServedAndForgotten) {
    auto const value = to_bytes(std::string_view("12:Hello World!"));
    auto const name = node.core.put_immutable(value, {}, node.clock.now()).value();
    node.pump();
    node.advance(1000ms);
    EXPECT_EQ(node.take<start_put_immutable>().size(), 1U);
    auto const ask = encode(wire::get_query{name, {}});
    EXPECT_TRUE(node.ask(test::far_endpoint(9), ask));
    node.core.forget_immutable(name, node.clock.now());
    node.pump();
    EXPECT_FALSE(node.ask(test::far_endpoint(9), ask));
    EXPECT_EQ(node.core.stats().puts_in_flight, 0U);
    EXPECT_TRUE(node.core.serve_immutable({}).has_error());
}

TEST_F(EnginePut, ItemsOfAPictureLeaveTheSessionRoomToAnswer) {
    config stock;
    stock.upload_bytes_per_second = 8'000;
    test::engine_driver slow(alice, stock);
    constexpr std::size_t items = 12;
    for (std::size_t i = 0; i < items; ++i)
        (void)slow.core.put_immutable(
            to_bytes("996:" + std::string(996, static_cast<char>('a' + i))), {}, slow.clock.now());
    slow.advance(1000ms);                                   // the session is asked for nodes first
    EXPECT_EQ(slow.take<start_put_immutable>().size(), 3U); // of 13 kB each; 4 kB/s for 10 s
    EXPECT_EQ(slow.core.put(wire::salt::from("chan").value(), 1, to_bytes(std::string_view("1:x")),
                            {}, slow.clock.now()),
              error_code{});
    slow.advance(1000ms);
    EXPECT_EQ(slow.take<start_put>().size(), 1U); // a channel does not wait for them
    slow.advance(34s);
    auto const begun = slow.take<start_put_immutable>().size();
    EXPECT_GE(begun, 9U);
    EXPECT_LE(begun, 11U);
}

} // namespace
} // namespace tau::dht
