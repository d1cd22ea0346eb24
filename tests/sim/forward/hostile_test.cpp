#include "identity/keccak.hpp"
#include "sim/forward/world.hpp"
#include "wire/octets.hpp"

#include <gtest/gtest.h>

namespace tau {
namespace {

using namespace std::chrono_literals;

// M is a neighbour of H that says what it likes; H is linked to T as well.
struct HostileNeighbour : testing::Test {
    test::forward_world world{21};
    test::forward_node& m = world.add();
    test::forward_node& h = world.add();
    test::forward_node& t = world.add();
    std::uint64_t seq = 0;

    void SetUp() override {
        world.link(m, h);
        world.link(h, t);
        world.run_for(50ms);
    }
    wire::frame frame_to(wallet_address const& target, std::uint8_t mark = 1) const {
        wire::frame out;
        out.payload = bytes(100, mark);
        out.id = identity::keccak256(out.payload);
        out.target = target;
        out.life = 30s;
        out.visited = {m.wallet()};
        return out;
    }
    void say(wire::link_kind kind, byte_view body) {
        h.engine().on_message(m.wallet(), {static_cast<std::uint8_t>(kind), body}, world.now());
        world.run_for(100ms);
    }
    void say_frame(byte_view encoded) {
        wire::octet_writer body;
        body.number(seq++);
        body.octets(encoded);
        say(wire::link_kind::frame, body.take());
    }
    void say(wire::frame const& what) { say_frame(wire::encode(what).value()); }
    auto counts() { return h.engine().counts(); }
};

TEST_F(HostileNeighbour, AGoodFrameArrivesForComparison) {
    say(frame_to(t.wallet()));
    EXPECT_EQ(t.received.size(), 1U);
}

TEST_F(HostileNeighbour, SpeaksForAnotherHop) {
    auto forged = frame_to(t.wallet());
    forged.visited = {t.wallet()};
    say(forged);
    EXPECT_EQ(counts().malformed, 1U);
    EXPECT_TRUE(t.received.empty());
}

TEST_F(HostileNeighbour, SendsPathLoops) {
    auto loop = frame_to(t.wallet());
    loop.visited = {h.wallet(), m.wallet()};
    say(loop);
    EXPECT_EQ(counts().looped, 1U);
    // A named path back to where it came from is not walked.
    auto named = frame_to(t.wallet(), 2);
    named.path = {m.wallet(), h.wallet(), m.wallet(), t.wallet()};
    say(named);
    EXPECT_EQ(t.received.size(), 1U);
}

TEST_F(HostileNeighbour, SendsAMessageToItselfAndOneToUsInOurName) {
    say(frame_to(m.wallet())); // it does not come back
    auto const told = [this] { return m.received.size() + h.received.size() + t.received.size(); };
    EXPECT_EQ(told(), 0U);
    world.run_for(5s);
    EXPECT_EQ(counts().no_route, 1U);
    auto ours = frame_to(h.wallet(), 3);
    ours.visited = {h.wallet(), m.wallet()};
    say(ours);
    EXPECT_EQ(counts().looped, 1U);
    EXPECT_EQ(told(), 0U);
    EXPECT_EQ(counts().held, 0U);
}

TEST_F(HostileNeighbour, SaysWhatNobodyKnows) {
    for (auto const kind : bytes{0x00, 0x13, 0x7f, 0xff})
        h.engine().on_message(m.wallet(), {kind, bytes(40, kind)}, world.now());
    auto odd = wire::encode(frame_to(t.wallet())).value();
    odd[0] = 8; // a kind of frame of the future: refused, and counted
    say_frame(odd);
    EXPECT_EQ(counts().malformed, 1U);
    say(frame_to(t.wallet())); // the link goes on
    EXPECT_EQ(t.received.size(), 1U);
}

TEST_F(HostileNeighbour, SendsTenThousandHops) {
    auto const good = wire::encode(frame_to(t.wallet())).value();
    bytes long_path(good.begin(), good.end());
    auto const count_at = 3 + hash256::size_bytes + wallet_address::size_bytes + 4;
    long_path[count_at] = 255;
    long_path.insert(long_path.end(), 10'000 * wallet_address::size_bytes, 7);
    say_frame(long_path);
    EXPECT_EQ(counts().malformed, 1U);
    EXPECT_TRUE(t.received.empty());
}

TEST_F(HostileNeighbour, SendsWhatIsTooLargeOrNothing) {
    auto big = wire::encode(frame_to(t.wallet())).value();
    big.insert(big.end(), wire::max_frame_payload, 1);
    say_frame(big);
    say_frame({});
    say(wire::link_kind::frame, {});
    say(wire::link_kind::hop_ack, {});
    say(wire::link_kind::neighbours, bytes(21));
    EXPECT_EQ(counts().malformed, 5U);
}

TEST_F(HostileNeighbour, SendsAHashThatDoesNotFit) {
    auto wrong = frame_to(h.wallet());
    wrong.payload[0] ^= 1;
    say(wrong);
    EXPECT_EQ(counts().bad_ids, 1U);
    EXPECT_TRUE(h.received.empty());
    say(frame_to(h.wallet())); // and does not keep the true one away
    EXPECT_EQ(h.received.size(), 1U);
}

TEST_F(HostileNeighbour, RepeatsAFrame) {
    say(frame_to(t.wallet()));
    say(frame_to(t.wallet()));
    EXPECT_EQ(counts().copies, 1U);
    auto again = frame_to(t.wallet());
    again.attempt = 1;
    say(again);
    EXPECT_EQ(t.received.begin()->second, 1);
    EXPECT_EQ(t.engine().counts().repeated, 1U);
}

TEST_F(HostileNeighbour, AnotherPayloadUnderTheSameIdIsNoCopy) {
    auto poison = frame_to(t.wallet());
    poison.payload[0] ^= 1;
    say(poison);
    say(frame_to(t.wallet()));
    EXPECT_EQ(counts().copies, 0U);
    EXPECT_EQ(t.received.size(), 1U);
}

struct HostileAcks : HostileNeighbour {
    hash256 id{};

    void SetUp() override {
        HostileNeighbour::SetUp();
        t.accepts = false; // so that H goes on waiting
        id = h.send_to(t);
        world.run_for(100ms);
    }
    void say_ack(identity::keyring const& signer, public_key const& named, wallet_address origin,
                 std::size_t times = 1) {
        wire::end_ack ack;
        ack.key = named;
        ack.ids.assign(times, id);
        ack.sig = signer.sign(wire::signed_octets(ack, origin));
        wire::frame out;
        out.kind = wire::frame_kind::ack;
        out.payload = wire::encode(ack).value();
        out.target = h.wallet();
        out.life = 30s;
        out.visited = {m.wallet()};
        say(out);
    }
};

TEST_F(HostileAcks, ForOthersMessagesAreRefused) {
    say_ack(m.keys(), m.keys().key(), h.wallet()); // not who was to receive it
    say_ack(m.keys(), t.keys().key(), h.wallet()); // forged
    say_ack(t.keys(), t.keys().key(), m.wallet()); // signed for another sender
    EXPECT_EQ(counts().refused_acks, 3U);
    EXPECT_TRUE(h.acknowledged.empty());
    say_ack(t.keys(), t.keys().key(), h.wallet());
    EXPECT_TRUE(h.acknowledged.contains(id));
}

TEST_F(HostileAcks, AnIdThatIsNamedTwiceCountsOnce) {
    say_ack(t.keys(), t.keys().key(), h.wallet(), wire::max_ack_ids);
    EXPECT_TRUE(h.acknowledged.contains(id));
    EXPECT_EQ(counts().acknowledged, 1U);
}

TEST_F(HostileAcks, ReportsForFramesOfOthersChangeNothing) {
    auto const before = h.engine().neighbours();
    say(wire::link_kind::hop_ack,
        wire::encode(std::vector<wire::hop_report>{{0, 0xffff'ffff, wire::hop_outcome::no_route},
                                                   {~0ULL, 5, wire::hop_outcome::taken}}));
    EXPECT_TRUE(h.engine().is_under_way(id));
}

TEST_F(HostileAcks, FailuresThatAreMadeUpCostATryAtMost) {
    for (std::uint8_t attempt = 0; attempt < 5; ++attempt) {
        wire::frame out;
        out.kind = wire::frame_kind::failure;
        out.id = id;
        out.payload =
            wire::encode(wire::failure_note{t.wallet(), wire::hop_outcome::no_route, attempt});
        out.target = h.wallet();
        out.life = 30s;
        out.visited = {m.wallet()};
        say(out);
    }
    t.accepts = true;
    EXPECT_TRUE(world.run_until([&] { return h.acknowledged.contains(id); }, 60s));
}

TEST_F(HostileNeighbour, AMessageToOurselvesIsRefused) {
    EXPECT_EQ(h.engine().send({hash256{}, h.wallet(), h.keys().key(), bytes(10)}, world.now()),
              errc::invalid_argument);
    EXPECT_EQ(
        h.engine().send({hash256{}, t.wallet(), t.keys().key(), bytes(wire::max_frame_payload + 1)},
                        world.now()),
        errc::too_large);
}

TEST_F(HostileNeighbour, MakesUsAskTheTrackerNoMoreThanItMay) {
    auto const before = world.routes_asked;
    for (int i = 0; i < 200; ++i) {
        auto nowhere = frame_to(wallet_address{{static_cast<std::uint8_t>(i), 9}},
                                static_cast<std::uint8_t>(i));
        wire::octet_writer body;
        body.number(seq++);
        body.octets(wire::encode(nowhere).value());
        h.engine().on_message(m.wallet(),
                              {static_cast<std::uint8_t>(wire::link_kind::frame), body.take()},
                              world.now());
    }
    EXPECT_LE(world.routes_asked - before, 50U);
    world.run_for(5s);
    EXPECT_EQ(counts().held, 0U);
}

} // namespace
} // namespace tau
