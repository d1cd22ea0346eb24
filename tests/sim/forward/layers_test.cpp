#include "identity/ed25519.hpp"
#include "identity/keccak.hpp"
#include "sim/forward/world.hpp"
#include "wire/octets.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace tau {
namespace {

using namespace std::chrono_literals;
using forward::layering;
using test::forward_node;
using test::forward_world;

// A-B, A-C, B-D, C-D, D-E; A's paths are sealed in layers.
struct LayeredNodes : testing::Test {
    forward_world world{31};
    forward_node& a = world.add(layered(layering::required));
    forward_node& b = world.add();
    forward_node& c = world.add();
    forward_node& d = world.add();
    forward_node& e = world.add();

    static forward::engine_settings layered(layering how) {
        forward::engine_settings out;
        out.layers = how;
        return out;
    }
    void SetUp() override {
        for (auto [one, other] : {std::pair{&a, &b}, {&a, &c}, {&b, &d}, {&c, &d}, {&d, &e}})
            world.link(*one, *other);
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

bool holds(byte_view where, wallet_address const& what) {
    return std::search(where.begin(), where.end(), what.begin(), what.end()) != where.end();
}

TEST_F(LayeredNodes, NoHopReadsMoreThanItsNeighbours) {
    // D and B see each other and who is next to them; the origin, the target and the hops
    // beyond stand nowhere in what they get.
    for (auto* hop : {&b, &c}) {
        hop->tamper = [this](wallet_address const& to, wire::link_kind kind, bytes& body) {
            if (kind == wire::link_kind::frame && to == d.wallet()) {
                EXPECT_FALSE(holds(body, a.wallet()));
                EXPECT_FALSE(holds(body, e.wallet()));
            }
            return true;
        };
    }
    d.tamper = [this](wallet_address const& to, wire::link_kind kind, bytes& body) {
        if (kind == wire::link_kind::frame && to != e.wallet()) {
            EXPECT_FALSE(holds(body, a.wallet()));
            EXPECT_FALSE(holds(body, e.wallet()));
            EXPECT_EQ(
                std::search(body.begin(), body.end(), e.keys().key().begin(), e.keys().key().end()),
                body.end());
        }
        return true;
    };
    auto const id = a.send_to(e);
    ASSERT_TRUE(all_acknowledged(1, 2s));
    EXPECT_TRUE(a.acknowledged.contains(id));
    EXPECT_EQ(a.engine().counts().layered, 1U);
    EXPECT_EQ(e.last_visited.front(), a.wallet()); // as its seal says
    EXPECT_EQ(e.last_visited.back(), d.wallet());
    auto const trace = a.engine().traces().of(id);
    ASSERT_GE(trace.size(), 2U);
    EXPECT_TRUE(trace.front().is_layered);
    EXPECT_EQ(trace.back().step, forward::trace_step::acknowledged);
}

TEST_F(LayeredNodes, AThousandSurviveADeadHop) {
    for (int i = 0; i < 1000; ++i)
        a.send_to(e);
    world.run_until([&] { return e.received.size() > 200; }, 5s);
    auto& used = b.engine().counts().passed_on > 0 ? b : c;
    world.kill(used);
    ASSERT_TRUE(all_acknowledged(1000, 30s));
    expect_once(1000);
}

TEST_F(LayeredNodes, AHopThatLostTheNextOneSaysSo) {
    a.send_to(e);
    ASSERT_TRUE(all_acknowledged(1, 2s));
    auto& used = b.engine().counts().passed_on > 0 ? b : c;
    world.unlink(used, d); // A does not know yet
    a.send_to(e);
    ASSERT_TRUE(all_acknowledged(2, 900ms)); // sooner than a missing acknowledgement would tell
    expect_once(2);
}

TEST_F(LayeredNodes, LossIsMadeUpFor) {
    world.loss = 0.05;
    for (int i = 0; i < 200; ++i)
        a.send_to(e);
    world.run_for(20s);
    world.loss = 0;
    ASSERT_TRUE(all_acknowledged(200, 100s));
    expect_once(200);
}

TEST_F(LayeredNodes, WithoutAKeyItWaitsIfItMustBeSealed) {
    world.keyless.insert(d.wallet());
    auto const id = a.send_to(e);
    world.run_for(5s);
    EXPECT_TRUE(a.acknowledged.empty());
    EXPECT_TRUE(e.received.empty());
    EXPECT_TRUE(a.engine().is_under_way(id));
    world.keyless.clear();
    EXPECT_TRUE(all_acknowledged(1, 40s));
    expect_once(1);
}

TEST(Layered, WithoutAKeyItGoesOpenlyIfThatIsAllowed) {
    forward_world world{33};
    forward::engine_settings settings;
    settings.layers = layering::preferred;
    auto& a = world.add(settings);
    auto& b = world.add();
    auto& c = world.add();
    world.link(a, b);
    world.link(b, c);
    world.keyless.insert(b.wallet());
    world.run_for(50ms);
    a.send_to(c);
    EXPECT_TRUE(world.run_until([&] { return a.acknowledged.size() == 1; }, 2s));
    EXPECT_EQ(a.engine().counts().layered, 0U);
    world.keyless.clear();
    a.send_to(c);
    EXPECT_TRUE(world.run_until([&] { return a.acknowledged.size() == 2; }, 2s));
    EXPECT_EQ(a.engine().counts().layered, 1U);
}

// M is a neighbour of H that makes up layers; H is linked to T as well.
struct HostileLayers : testing::Test {
    forward_world world{35};
    forward_node& m = world.add();
    forward_node& h = world.add();
    forward_node& t = world.add();
    seeded_random random{36};
    std::uint64_t seq = 0;

    void SetUp() override {
        world.link(m, h);
        world.link(h, t);
        world.run_for(50ms);
    }
    static forward::layer_hop hop(forward_node const& one) {
        return {one.wallet(), identity::sealing_key_of(one.keys().key()).value()};
    }
    wire::frame frame_of(forward::layered_message what) {
        wire::frame out;
        out.kind = wire::frame_kind::layered;
        out.id = what.id;
        out.target = h.wallet();
        out.life = 30s;
        out.visited = {m.wallet()};
        out.payload = std::move(what.payload);
        return out;
    }
    forward::layered_message sealed(std::vector<forward::layer_hop> const& hops) {
        return forward::seal_layers(hops, m.wallet(), {}, bytes(100, 1), random).value();
    }
    void say(wire::frame const& what) {
        wire::octet_writer body;
        body.number(seq++);
        body.octets(wire::encode(what).value());
        h.engine().on_message(m.wallet(),
                              {static_cast<std::uint8_t>(wire::link_kind::frame), body.take()},
                              world.now());
        world.run_for(100ms);
    }
    auto counts() { return h.engine().counts(); }
};

TEST_F(HostileLayers, AGoodOneArrivesOnceForComparison) {
    auto const frame = frame_of(sealed({hop(h), hop(t)}));
    say(frame);
    say(frame); // replayed
    EXPECT_EQ(t.received.size(), 1U);
    EXPECT_EQ(t.received.begin()->second, 1);
    EXPECT_EQ(counts().copies, 1U);
}

TEST_F(HostileLayers, WhatIsNotSealedToUsIsRefused) {
    say(frame_of(sealed({hop(t)})));
    auto cut = frame_of(sealed({hop(h), hop(t)}));
    cut.payload.resize(60);
    say(cut);
    EXPECT_EQ(counts().bad_layers, 2U);
    EXPECT_TRUE(t.received.empty());
    EXPECT_EQ(counts().held, 0U);
}

TEST_F(HostileLayers, LayersDoNotBounceNorStay) {
    say(frame_of(sealed({hop(h), hop(m), hop(h), hop(t)}))); // back to where it came from
    say(frame_of(sealed({hop(h), hop(h), hop(t)})));         // to ourselves
    EXPECT_EQ(counts().looped, 2U);
    forward::layer_hop nobody = hop(t);
    nobody.wallet = wallet_address{{77}};
    say(frame_of(sealed({hop(h), nobody}))); // a hop that is no neighbour
    EXPECT_EQ(counts().no_route, 1U);
    auto tired = frame_of(sealed({hop(h), hop(t)}));
    tired.hop_limit = 0;
    say(tired);
    EXPECT_EQ(counts().expired, 1U);
    EXPECT_TRUE(t.received.empty());
    EXPECT_EQ(counts().held, 0U);
    EXPECT_EQ(world.routes_asked, 0U); // the next hop is nobody else's business
}

TEST_F(HostileLayers, LayeredFramesForOthersAreNotPassedOn) {
    auto open = frame_of(sealed({hop(t)}));
    open.target = t.wallet();
    open.path = {t.wallet()};
    say(open);
    open.kind = wire::frame_kind::layered_answer;
    say(open);
    EXPECT_TRUE(t.received.empty());
    EXPECT_EQ(counts().passed_on, 0U);
}

TEST_F(HostileLayers, AnswersToNothingAreCounted) {
    auto made_up = frame_of({hash256{{1}}, bytes(80, 1)});
    made_up.kind = wire::frame_kind::layered_answer;
    say(made_up);
    EXPECT_EQ(counts().bad_layers, 1U);
}

} // namespace
} // namespace tau
