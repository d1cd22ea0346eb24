#include "overlay/engine.hpp"

#include "support/manual_clock.hpp"
#include "support/test_keys.hpp"

#include <gtest/gtest.h>

#include <deque>

namespace tau::overlay {
namespace {

using namespace std::chrono_literals;

struct node;

// Connections between nodes of a test; packets wait until they are run.
struct wires {
    struct packet {
        node* to;
        connection_id id;
        bytes data;
        bool is_close;
    };
    std::deque<packet> waiting;
    std::map<std::pair<node*, connection_id>, std::pair<node*, connection_id>> ends;
    connection_id next = 0;
};

struct node final : connection_port {
    node(wires& w, std::uint64_t seed, moment now)
        : net(w), keys(test::keys_of(seed)), random(seed), overlay(*keys, random, *this, now.wall) {
        overlay.observe({[this](auto const& who, auto) { up.push_back(who.wallet); },
                         [this](auto const& who, auto) { down.push_back(who.wallet); },
                         [this](auto const&, info_hash const& in, bool is_up, auto) {
                             members.emplace_back(in, is_up);
                         },
                         [this](auto const&, wire::link_message const& m, auto) {
                             got.push_back(to_bytes(m.body));
                         }});
    }
    void send(connection_id id, bytes data) override { put(id, std::move(data), false); }
    void close(connection_id id, closing how) override {
        closed_as.push_back(how);
        put(id, {}, true);
    }
    void put(connection_id id, bytes data, bool is_close) {
        auto const end = net.ends.find({this, id});
        if (end != net.ends.end())
            net.waiting.push_back(
                {end->second.first, end->second.second, std::move(data), is_close});
        if (is_close)
            net.ends.erase({this, id});
    }

    wires& net;
    std::shared_ptr<identity::keyring const> keys;
    seeded_random random;
    engine overlay;
    std::vector<wallet_address> up;
    std::vector<wallet_address> down;
    std::vector<std::pair<info_hash, bool>> members;
    std::vector<closing> closed_as;
    std::vector<bytes> got;
};

struct OverlayEngine : testing::Test {
    test::manual_clock clock;
    wires net;
    node a{net, 1, clock.now()};
    node b{net, 2, clock.now()};
    info_hash const swarm{{5}};

    std::pair<connection_id, connection_id> connect(node& from, node& to,
                                                    std::optional<info_hash> in = {}) {
        auto const ida = ++net.next;
        auto const idb = ++net.next;
        net.ends[{&from, ida}] = {&to, idb};
        net.ends[{&to, idb}] = {&from, ida};
        from.overlay.on_connected(ida, in.value_or(swarm), link_side::began, {}, clock.now());
        to.overlay.on_connected(idb, in.value_or(swarm), link_side::accepted, {}, clock.now());
        return {ida, idb};
    }
    void run() {
        while (!net.waiting.empty()) {
            auto const next = std::move(net.waiting.front());
            net.waiting.pop_front();
            if (next.is_close)
                next.to->overlay.on_closed(next.id, clock.now());
            else
                next.to->overlay.on_packet(next.id, next.data, clock.now());
        }
    }
    bool is_linked() const {
        return a.overlay.is_linked(b.keys->wallet()) && b.overlay.is_linked(a.keys->wallet());
    }
};

TEST_F(OverlayEngine, LinksAndCarriesMessages) {
    connect(a, b);
    EXPECT_FALSE(is_linked());
    run();
    ASSERT_TRUE(is_linked());
    EXPECT_EQ(a.up, std::vector{b.keys->wallet()});
    EXPECT_TRUE(a.overlay.send(b.keys->wallet(), wire::link_kind::frame, as_bytes("one")));
    EXPECT_TRUE(a.overlay.send(b.keys->wallet(), wire::link_kind::frame, as_bytes("two")));
    EXPECT_TRUE(b.got.empty());
    a.overlay.flush();
    run();
    EXPECT_EQ(b.got, (std::vector{to_bytes("one"), to_bytes("two")}));
    EXPECT_EQ(a.overlay.members_of(swarm).size(), 1U);
    EXPECT_TRUE(a.overlay.members_of(info_hash{}).empty());
    EXPECT_EQ(a.overlay.wallet_linked_to(b.keys->key()), b.keys->wallet());
}

TEST_F(OverlayEngine, NothingIsSentToWhoIsNoLink) {
    connect(a, b);
    EXPECT_FALSE(a.overlay.send(b.keys->wallet(), wire::link_kind::frame, {}));
    run();
    EXPECT_FALSE(a.overlay.send(b.keys->wallet(), wire::link_kind::frame,
                                bytes(wire::max_link_message_bytes + 1)));
}

TEST_F(OverlayEngine, AConnectionToOurselvesEnds) {
    connect(a, a);
    run();
    EXPECT_FALSE(a.overlay.is_linked(a.keys->wallet()));
    EXPECT_GE(a.overlay.counts().selves, 1U);
    EXPECT_EQ(a.overlay.counts().connections, 0U);
}

TEST_F(OverlayEngine, OfTwoConnectionsBothKeepTheSame) {
    connect(a, b);
    connect(b, a);
    run();
    ASSERT_TRUE(is_linked());
    EXPECT_EQ(a.overlay.counts().connections, 1U);
    EXPECT_EQ(b.overlay.counts().connections, 1U);
    EXPECT_NE(a.overlay.links()[0].began, b.overlay.links()[0].began);
    a.overlay.send(b.keys->wallet(), wire::link_kind::frame, as_bytes("still here"));
    a.overlay.flush();
    run();
    EXPECT_EQ(b.got.size(), 1U);
}

TEST_F(OverlayEngine, ASecondSwarmServesTheSameLink) {
    auto const first = connect(a, b);
    connect(a, b, info_hash{{6}});
    run();
    ASSERT_TRUE(is_linked());
    EXPECT_EQ(a.overlay.links().at(0).swarms.size(), 2U);
    EXPECT_EQ(a.up.size(), 1U);
    a.overlay.on_closed(first.first, clock.now());
    b.overlay.on_closed(first.second, clock.now());
    EXPECT_TRUE(is_linked());
    EXPECT_EQ(a.down.size(), 1U); // what was under way may be lost
    EXPECT_EQ(a.up.size(), 2U);
    a.overlay.send(b.keys->wallet(), wire::link_kind::frame, as_bytes("over the other"));
    a.overlay.flush();
    run();
    EXPECT_EQ(b.got.size(), 1U);
}

TEST_F(OverlayEngine, PartingFromOneSwarmLeavesTheLinkOfAnother) {
    info_hash const other{{6}};
    connect(a, b);
    connect(a, b, other);
    run();
    ASSERT_TRUE(is_linked());
    EXPECT_EQ(a.members, (std::vector<std::pair<info_hash, bool>>{{swarm, true}, {other, true}}));
    a.overlay.send(b.keys->wallet(), wire::link_kind::frame, as_bytes("last words"));
    a.overlay.part(b.keys->wallet(), swarm, clock.now());
    run();
    EXPECT_EQ(b.got, std::vector<bytes>{to_bytes("last words")});
    EXPECT_TRUE(is_linked());
    EXPECT_EQ(a.closed_as, std::vector{closing::unwanted});
    EXPECT_EQ(b.members.back(), std::pair(swarm, false));
    EXPECT_TRUE(b.overlay.members_of(swarm).empty());
    EXPECT_EQ(b.overlay.members_of(other).size(), 1U);
    a.overlay.part(b.keys->wallet(), swarm, clock.now()); // nothing there any more
    a.overlay.part(b.keys->wallet(), other, clock.now());
    run();
    EXPECT_FALSE(is_linked());
}

TEST_F(OverlayEngine, AReplacedConnectionOfASwarmIsNoNews) {
    connect(a, b);
    connect(b, a);
    run();
    EXPECT_EQ(a.members.size(), 1U);
    EXPECT_EQ(b.members.size(), 1U);
}

TEST_F(OverlayEngine, CapabilitiesThatWereChangedUnderWayAreNoticed) {
    connect(a, b);
    auto hello = std::get<wire::hello>(wire::decode_link_packet(net.waiting.front().data).value());
    hello.capabilities ^= wire::cap_forwards;
    net.waiting.front().data = wire::encode(wire::link_packet(hello)).value();
    run();
    EXPECT_FALSE(is_linked());
    EXPECT_GE(a.overlay.counts().refused_hellos + b.overlay.counts().refused_hellos, 1U);
}

TEST_F(OverlayEngine, SilenceEndsAHandshake) {
    a.overlay.on_connected(77, swarm, link_side::began, {}, clock.now());
    ASSERT_TRUE(a.overlay.wake_at());
    clock.advance(engine::handshake_timeout);
    a.overlay.on_time(clock.now());
    EXPECT_EQ(a.overlay.counts().silent, 1U);
    EXPECT_EQ(a.overlay.counts().connections, 0U);
    EXPECT_FALSE(a.overlay.wake_at());
}

TEST_F(OverlayEngine, QuietLinksStayAndDeadOnesEnd) {
    connect(a, b);
    run();
    for (int i = 0; i < 20; ++i) {
        clock.advance(5s);
        a.overlay.on_time(clock.now());
        b.overlay.on_time(clock.now());
        run();
    }
    EXPECT_TRUE(is_linked());
    EXPECT_TRUE(b.got.empty());
    for (int i = 0; i < 9; ++i) { // B is gone without a word
        clock.advance(5s);
        a.overlay.on_time(clock.now());
        net.waiting.clear();
    }
    EXPECT_FALSE(a.overlay.is_linked(b.keys->wallet()));
    EXPECT_EQ(a.overlay.counts().silent, 1U);
    EXPECT_FALSE(a.overlay.wake_at());
}

TEST_F(OverlayEngine, GarbageAndForgeriesEndTheConnection) {
    a.overlay.on_connected(77, swarm, link_side::began, {}, clock.now());
    a.overlay.on_packet(77, as_bytes("garbage"), clock.now());
    EXPECT_EQ(a.overlay.counts().refused_hellos, 1U);
    // A record before the proofs.
    a.overlay.on_connected(78, swarm, link_side::began, {}, clock.now());
    a.overlay.on_packet(78, wire::encode(wire::link_packet(wire::link_record{bytes(16)})).value(),
                        clock.now());
    EXPECT_EQ(a.overlay.counts().refused_hellos, 2U);
    // A record that does not open.
    auto const ids = connect(a, b);
    run();
    a.overlay.on_packet(ids.first,
                        wire::encode(wire::link_packet(wire::link_record{bytes(99)})).value(),
                        clock.now());
    EXPECT_EQ(a.overlay.counts().refused_records, 1U);
    EXPECT_FALSE(a.overlay.is_linked(b.keys->wallet()));
    EXPECT_EQ(a.down.size(), 1U);
}

TEST_F(OverlayEngine, BlockedKeysAreRefused) {
    a.overlay.refuse([&](public_key const& key) { return key == b.keys->key(); });
    connect(a, b);
    run();
    EXPECT_FALSE(a.overlay.is_linked(b.keys->wallet()));
    EXPECT_FALSE(b.overlay.is_linked(a.keys->wallet()));
}

TEST_F(OverlayEngine, ADroppedLinkIsGoneOnBothSides) {
    connect(a, b);
    run();
    a.overlay.drop(b.keys->wallet(), clock.now());
    run();
    EXPECT_FALSE(a.overlay.is_linked(b.keys->wallet()));
    EXPECT_FALSE(b.overlay.is_linked(a.keys->wallet()));
    EXPECT_EQ(b.down.size(), 1U);
}

} // namespace
} // namespace tau::overlay
