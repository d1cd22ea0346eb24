#include "sim/forward/world.hpp"

#include "identity/keccak.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace tau {
namespace {

using namespace std::chrono_literals;
using test::forward_node;
using test::forward_world;

// The source's network: A-B, A-C, B-D, C-D, D-E.
struct FiveNodes : testing::Test {
    forward_world world{7};
    forward_node& a = world.add();
    forward_node& b = world.add();
    forward_node& c = world.add();
    forward_node& d = world.add();
    forward_node& e = world.add();

    void SetUp() override {
        world.link(a, b);
        world.link(a, c);
        world.link(b, d);
        world.link(c, d);
        world.link(d, e);
        world.run_for(50ms);
    }
    bool all_acknowledged(std::size_t count, std::chrono::milliseconds limit) {
        return world.run_until([&] { return a.acknowledged.size() == count; }, limit);
    }
    void expect_once(std::size_t count) {
        EXPECT_EQ(e.received.size(), count);
        for (auto const& [id, times] : e.received)
            EXPECT_EQ(times, 1);
    }
};

TEST_F(FiveNodes, AMessageGoesByThreeHopsAndIsSignedFor) {
    auto const id = a.send_to(e);
    ASSERT_TRUE(all_acknowledged(1, 2s));
    EXPECT_TRUE(a.acknowledged.contains(id));
    ASSERT_EQ(e.last_visited.size(), 3U);
    EXPECT_EQ(e.last_visited.front(), a.wallet());
    EXPECT_EQ(e.last_visited.back(), d.wallet());
    ASSERT_EQ(a.last_ack_way.size(), 3U);
    EXPECT_EQ(a.last_ack_way.back(), e.wallet());
    EXPECT_EQ(world.routes_asked, 1U); // the hops have the path in the message (S0-22)
}

TEST_F(FiveNodes, AHopAsksTheTrackerFromWhereTheMessageIs) {
    // S0-20: the message names no path. A and B are told of their own next hop only.
    a.tamper = [](auto const&, wire::link_kind kind, bytes& body) {
        if (kind != wire::link_kind::frame)
            return true;
        auto frame = wire::decode_frame(byte_view(body).subspan(8)).value();
        frame.path.clear();
        auto const bare = wire::encode(frame).value();
        body.resize(8);
        body.insert(body.end(), bare.begin(), bare.end());
        return true;
    };
    a.send_to(e);
    ASSERT_TRUE(all_acknowledged(1, 2s));
    EXPECT_GE(world.routes_asked, 1U);
    expect_once(1);
}

TEST_F(FiveNodes, AThousandInFlightSurviveADeadHop) {
    for (int i = 0; i < 1000; ++i)
        a.send_to(e);
    world.run_until([&] { return e.received.size() > 200; }, 5s);
    ASSERT_LT(a.acknowledged.size(), 1000U);
    auto const used = e.last_visited.at(1);
    auto& victim = used == b.wallet() ? b : c;
    auto const killed = world.now();
    world.kill(victim);
    ASSERT_TRUE(all_acknowledged(1000, 30s));
    expect_once(1000);
    std::vector<std::chrono::milliseconds> times;
    for (auto const& [id, when] : a.acknowledged)
        times.push_back(std::chrono::duration_cast<std::chrono::milliseconds>(
            when.mono - std::min(when.mono, killed.mono)));
    std::nth_element(times.begin(), times.begin() + 500, times.end());
    EXPECT_LE(times[500], 1500ms);
}

TEST_F(FiveNodes, AHopThatFallsSilentIsLeftForTheSecondPath) {
    a.send_to(e);
    ASSERT_TRUE(all_acknowledged(1, 2s));
    auto& first = e.last_visited.at(1) == b.wallet() ? b : c;
    first.is_dead = true; // its connections stay, nothing comes through
    for (int i = 0; i < 100; ++i)
        a.send_to(e);
    ASSERT_TRUE(all_acknowledged(101, 10s));
    expect_once(101);
}

TEST_F(FiveNodes, WhatWaitsBehindASilentHopGoesByAnother) {
    a.send_to(e);
    ASSERT_TRUE(all_acknowledged(1, 2s));
    auto& first = e.last_visited.at(1) == b.wallet() ? b : c;
    first.is_dead = true;
    for (int i = 0; i < 1000; ++i) // more than it may have without reports
        a.send_to(e);
    ASSERT_TRUE(all_acknowledged(1001, 5s));
    EXPECT_GT(a.engine().counts().stalled, 0U);
    expect_once(1001);
}

TEST_F(FiveNodes, AProbeTimesTheWayToEachHop) {
    forward::wallet_path const way{b.wallet(), d.wallet(), e.wallet()};
    std::vector<std::optional<duration>> times(3);
    for (std::size_t i = 0; i < 3; ++i)
        a.engine().probe(
            {way.begin(), way.begin() + static_cast<std::ptrdiff_t>(i) + 1},
            [&times, i](auto took) { times[i] = took; }, world.now());
    world.run_for(200ms);
    for (std::size_t i = 0; i < 3; ++i) {
        ASSERT_TRUE(times[i]) << i;
        EXPECT_EQ(*times[i], 10ms * (static_cast<int>(i) + 1)); // each link takes 5 ms
    }
    bool is_told = false;
    e.is_dead = true;
    a.engine().probe(
        way, [&is_told](auto took) { is_told = !took; }, world.now());
    a.send_to(b); // so that its time is looked at
    world.run_for(10s);
    EXPECT_TRUE(is_told);
}

TEST_F(FiveNodes, WhenTheOnlyWayIsGoneItWaitsUntilItIsBack) {
    world.unlink(d, e);
    world.run_for(100ms);
    a.send_to(e);
    world.run_for(20s);
    EXPECT_TRUE(a.acknowledged.empty());
    world.link(d, e);
    EXPECT_TRUE(all_acknowledged(1, 60s));
    expect_once(1);
}

TEST_F(FiveNodes, WhatWaitsTooLongIsGivenBack) {
    world.unlink(d, e);
    a.send_to(e);
    world.run_for(200s);
    EXPECT_EQ(a.expired, 1U);
    EXPECT_EQ(a.engine().counts().waiting, 0U);
}

/// Whether a message of a link is a frame of this kind.
bool is_frame(wire::link_kind kind, byte_view body, wire::frame_kind wanted) {
    auto const frame = kind == wire::link_kind::frame ? wire::decode_frame(body.subspan(8))
                                                      : result<wire::frame>(errc::not_found);
    return frame && frame.value().kind == wanted;
}

// Hops know the earlier sendings, and drop copies.
TEST_F(FiveNodes, WhatWasGivenUpIsNoCopyWhenItIsSentAgain) {
    d.tamper = [](auto const&, wire::link_kind kind, bytes& body) {
        return !is_frame(kind, body, wire::frame_kind::message);
    };
    bytes const payload(900, 7);
    forward::engine::outgoing const what{identity::keccak256(payload), e.wallet(), e.keys().key(),
                                         payload, 20s};
    ASSERT_FALSE(a.engine().send(what, world.now()));
    world.run_for(25s);
    EXPECT_EQ(a.expired, 1U);
    d.tamper = {};
    ASSERT_FALSE(a.engine().send(what, world.now()));
    EXPECT_TRUE(all_acknowledged(1, 3s));
}

TEST_F(FiveNodes, AnAcknowledgementThatWasLostIsNoCopyWhenItIsMadeAgain) {
    d.tamper = [](auto const&, wire::link_kind kind, bytes& body) {
        return !is_frame(kind, body, wire::frame_kind::ack);
    };
    a.send_to(e);
    world.run_for(3s);
    EXPECT_EQ(e.received.size(), 1U);
    EXPECT_TRUE(a.acknowledged.empty());
    d.tamper = {};
    EXPECT_TRUE(all_acknowledged(1, 20s));
    expect_once(1);
}

TEST_F(FiveNodes, TheReceiverMayRefuseAndTakeItLater) {
    e.accepts = false; // its disk is full
    a.send_to(e);
    world.run_for(3s);
    EXPECT_TRUE(a.acknowledged.empty());
    e.accepts = true;
    EXPECT_TRUE(all_acknowledged(1, 60s));
}

TEST_F(FiveNodes, LossOfSingleMessagesIsMadeUpFor) {
    world.loss = 0.02;
    for (int i = 0; i < 300; ++i)
        a.send_to(e);
    world.run_for(20s);
    world.loss = 0;
    ASSERT_TRUE(all_acknowledged(300, 100s));
    expect_once(300);
}

TEST(ForwardSim, TwoHopsNeedNoTracker) {
    forward_world world{9};
    world.has_tracker = false;
    auto& a = world.add();
    auto& b = world.add();
    auto& c = world.add();
    world.link(a, b);
    world.link(b, c);
    world.run_for(100ms);
    a.send_to(c);
    EXPECT_TRUE(world.run_until([&] { return a.acknowledged.size() == 1; }, 2s));
}

TEST(ForwardSim, AFloodOfOneNeighbourLeavesTheOthersTheirShare) {
    // F floods, G sends at its pace; both go over H to T.
    forward_world world{11};
    world.link_rate = 20; // messages in a millisecond
    auto& flood = world.add();
    auto& good = world.add();
    auto& hop = world.add();
    auto& target = world.add();
    world.link(flood, hop);
    world.link(good, hop);
    world.link(hop, target);
    world.run_for(50ms);
    for (int round = 0; round < 100; ++round) {
        for (int i = 0; i < 60; ++i)
            flood.send_to(target);
        for (int i = 0; i < 5; ++i)
            good.send_to(target);
        world.run_for(1ms);
    }
    world.run_until([&] { return good.acknowledged.size() == 500; }, 200ms);
    EXPECT_GE(good.acknowledged.size(), 450U); // 90 % of what it has alone
    EXPECT_LE(hop.engine().counts().held, 4096U);
    EXPECT_LT(flood.acknowledged.size(), 6000U); // it does wait
}

TEST(ForwardSim, ANeighbourThatIgnoresItsWindowIsHeldToItsShare) {
    forward_world world{13};
    forward::engine_settings greedy;
    greedy.window_frames = 1'000'000;
    greedy.window_bytes = 1'000'000'000;
    auto& flood = world.add(greedy);
    auto& hop = world.add();
    auto& target = world.add();
    world.link(flood, hop);
    world.link(hop, target);
    world.run_for(50ms);
    target.is_dead = true; // reports nothing, so everything stays at the hop
    for (int i = 0; i < 5000; ++i)
        flood.send_to(target, 100);
    world.run_for(100ms);
    EXPECT_GE(hop.engine().counts().crowded, 3000U);
    EXPECT_LE(hop.engine().counts().held, 1024U + 512U);
}

TEST(ForwardSim, RandomLinksAndRandomKillsLoseNothing) {
    forward_world world{17, 2ms};
    seeded_random random{17};
    constexpr std::size_t nodes = 20;
    for (std::size_t i = 0; i < nodes; ++i)
        world.add();
    auto const any = [&] { return random.below(nodes); };
    for (std::size_t i = 0; i < nodes; ++i)
        for (std::size_t step : {1U, 3U})
            world.link(world.node(i), world.node((i + step) % nodes));
    world.run_for(100ms);
    std::vector<std::pair<std::size_t, hash256>> sent;
    std::vector<std::pair<std::size_t, std::size_t>> cut;
    for (int round = 0; round < 200; ++round) {
        auto const from = any();
        auto const to = any();
        if (from != to)
            for (int i = 0; i < 5; ++i)
                sent.emplace_back(from, world.node(from).send_to(world.node(to)));
        auto const at = any();
        auto const next = (at + 1) % nodes;
        world.unlink(world.node(at), world.node(next));
        cut.emplace_back(at, next);
        if (cut.size() > 5) {
            world.link(world.node(cut.front().first), world.node(cut.front().second));
            cut.erase(cut.begin());
        }
        world.run_for(50ms);
    }
    auto const done = [&] {
        return std::all_of(sent.begin(), sent.end(), [&](auto const& one) {
            return world.node(one.first).acknowledged.contains(one.second);
        });
    };
    EXPECT_TRUE(world.run_until(done, 60s));
    for (std::size_t i = 0; i < nodes; ++i)
        for (auto const& [id, times] : world.node(i).received)
            EXPECT_EQ(times, 1);
}

} // namespace
} // namespace tau
