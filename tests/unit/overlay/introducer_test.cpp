#include "overlay/introducer.hpp"

#include "support/manual_clock.hpp"

#include <gtest/gtest.h>

#include <set>

namespace tau::overlay {
namespace {

using namespace std::chrono_literals;
using wire::rendezvous_step;
using wire::stated_nat;

endpoint place(char const* address, std::uint16_t port) {
    return {boost::asio::ip::make_address(address), port};
}

struct peer;

/// Nodes by wallet; every message arrives at once.
using peers = std::map<wallet_address, peer*>;

struct peer final : introducer_port {
    peer(peers& all, std::uint8_t number, char const* address, time_point const& now)
        : m_all(all), wallet{{number}}, seen(place(address, 40'000)), m_now(now) {
        m_all[wallet] = this;
        logic.set_own({stated_nat::cone, place(address, 6881)});
    }
    bool is_linked(wallet_address const& who) const override { return linked.contains(who); }
    std::optional<endpoint> seen_at(wallet_address const& who) const override {
        return is_linked(who) ? std::optional(m_all.at(who)->seen) : std::nullopt;
    }
    void send(wallet_address const& to, wire::link_kind, byte_view body) override {
        ++sent;
        if (is_linked(to))
            m_all.at(to)->logic.on_message(wallet, body, m_now);
    }
    bool meet(wallet_address const& who, endpoint const& where, meeting how) override {
        if (is_shy)
            return false;
        met.emplace_back(who, where);
        as.push_back(how);
        return true;
    }
    void say(peer& to, rendezvous_step step, peer const& about, wire::reach const& where) {
        to.logic.on_message(wallet, wire::encode(wire::rendezvous{step, about.wallet, where}),
                            m_now);
    }

    peers& m_all;
    wallet_address wallet;
    endpoint seen;
    time_point const& m_now;
    introducer logic{*this};
    std::set<wallet_address> linked;
    std::vector<std::pair<wallet_address, endpoint>> met;
    std::vector<meeting> as;
    bool is_shy = false;
    int sent = 0;
};

struct Introducer : testing::Test {
    test::manual_clock clock;
    time_point now = clock.now().mono;
    peers all;
    peer a{all, 1, "10.0.0.1", now};
    peer hop{all, 2, "10.0.0.2", now};
    peer b{all, 3, "10.0.0.3", now};
    wire::reach const elsewhere{stated_nat::cone, place("10.0.9.9", 53)};

    void SetUp() override {
        for (auto* one : {&a, &b}) {
            one->linked = {hop.wallet};
            hop.linked.insert(one->wallet);
        }
    }
    void ask() { a.logic.ask(hop.wallet, b.wallet, now); }
};

TEST_F(Introducer, SendsBothToEachOther) {
    ask();
    ASSERT_EQ(a.met.size(), 1U);
    EXPECT_EQ(a.met[0], std::pair(b.wallet, place("10.0.0.3", 6881)));
    ASSERT_EQ(b.met.size(), 1U);
    EXPECT_EQ(b.met[0], std::pair(a.wallet, place("10.0.0.1", 6881)));
    EXPECT_EQ(a.as, std::vector{meeting::asked});
    EXPECT_EQ(b.as, std::vector{meeting::called});
}

TEST_F(Introducer, WhoDoesNotWantToMeetIsNotBetrayed) {
    b.is_shy = true;
    ask();
    EXPECT_EQ(b.sent, 0);
    EXPECT_TRUE(a.met.empty());
}

TEST_F(Introducer, WhoDoesNotTellLinksIntroducesNobody) {
    hop.logic.set_serving(false);
    ask();
    EXPECT_EQ(hop.sent, 0);
}

TEST_F(Introducer, TwoSymmetricNatsAreNotTried) {
    a.logic.set_own({stated_nat::symmetric, place("10.0.0.1", 6881)});
    ask();
    EXPECT_EQ(b.met.size(), 1U); // one of them may do
    b.logic.set_own({stated_nat::symmetric, place("10.0.0.3", 6881)});
    ask();
    EXPECT_EQ(b.met.size(), 1U);
    EXPECT_EQ(a.met.size(), 1U);
}

// An address that the neighbour does not see is replaced: nobody is sent against a third one.
TEST_F(Introducer, NobodyIsSentElsewhere) {
    a.logic.set_own(elsewhere);
    b.logic.set_own({stated_nat::cone, place("10.0.9.9", 54)});
    ask();
    EXPECT_EQ(b.met.at(0).second, place("10.0.0.1", 53));
    EXPECT_EQ(a.met.at(0).second, place("10.0.0.3", 54));
}

// The port of one network says nothing of another; the address that is seen does.
TEST_F(Introducer, PlacesInAnotherNetworkAreNotMixed) {
    a.logic.set_own({stated_nat::cone, place("192.0.2.9", 53)}); // seen at a private address
    ask();
    EXPECT_EQ(hop.sent, 0);
    a.logic.set_own({stated_nat::cone, place("2001:db8::1", 53)});
    ask();
    EXPECT_EQ(hop.sent, 0);
    a.logic.set_own({stated_nat::unknown, place("0.0.0.0", 6881)});
    ask();
    EXPECT_EQ(b.met.at(0).second, place("10.0.0.1", 6881));
}

// Whoever introduces us may lie.
TEST_F(Introducer, NobodyOutsideHasUsConnectToOurOwnNetwork) {
    hop.seen = place("192.0.2.7", 1);
    auto const call = [&](char const* where, std::uint16_t port = 53) {
        b.met.clear();
        now += 2s;
        hop.say(b, rendezvous_step::call, a, {stated_nat::cone, place(where, port)});
        return !b.met.empty();
    };
    for (auto const* where : {"10.0.0.1", "192.168.1.1", "127.0.0.1", "0.0.0.0", "239.1.1.1",
                              "fe80::1", "fd00::1", "::1"})
        EXPECT_FALSE(call(where)) << where;
    EXPECT_FALSE(call("192.0.2.9", 0));
    EXPECT_TRUE(call("192.0.2.9"));
    hop.seen = place("192.168.0.9", 1);
    EXPECT_TRUE(call("192.168.1.1"));
    EXPECT_FALSE(call("127.0.0.1"));
}

TEST_F(Introducer, ComesOnlyWhenItAskedAndOnce) {
    hop.say(a, rendezvous_step::come, b, elsewhere);
    EXPECT_TRUE(a.met.empty());
    ask();
    hop.say(a, rendezvous_step::come, b, elsewhere);
    EXPECT_EQ(a.met.size(), 1U);
    hop.linked.erase(b.wallet); // the next question stays without an answer
    ask();
    now += introducer::patience;
    hop.say(a, rendezvous_step::come, b, elsewhere);
    EXPECT_EQ(a.met.size(), 1U);
}

TEST_F(Introducer, PassesOnNoAnswerThatNobodyWaitsFor) {
    b.say(hop, rendezvous_step::answer, a, elsewhere);
    EXPECT_EQ(hop.sent, 0);
}

TEST_F(Introducer, WhoIsLinkedAlreadyIsNotMet) {
    a.linked.insert(b.wallet);
    b.linked.insert(a.wallet);
    ask();
    EXPECT_TRUE(a.met.empty());
    EXPECT_TRUE(b.met.empty());
}

TEST_F(Introducer, AskersAndWhoIsWantedHaveABudget) {
    constexpr auto most = static_cast<int>(introducer::burst);
    b.is_shy = true; // what the hop sends are calls
    for (int i = 0; i < 100; ++i)
        ask();
    EXPECT_EQ(hop.sent, most);
    peer c{all, 4, "10.0.0.4", now}; // another asker, the same neighbour that is called
    c.linked = {hop.wallet};
    hop.linked.insert(c.wallet);
    c.logic.ask(hop.wallet, b.wallet, now);
    EXPECT_EQ(hop.sent, most);
    // That many want it does not keep it from asking.
    b.logic.ask(hop.wallet, c.wallet, now);
    EXPECT_EQ(c.met.size(), 1U);
}

TEST_F(Introducer, CallersHaveABudget) {
    for (std::uint8_t i = 0; i < 100; ++i) {
        peer stranger{all, static_cast<std::uint8_t>(100 + i), "10.0.1.1", now};
        hop.say(b, rendezvous_step::call, stranger, elsewhere);
    }
    EXPECT_EQ(b.met.size(), static_cast<std::size_t>(introducer::burst));
}

TEST_F(Introducer, IgnoresWhatIsMalformed) {
    auto const good = wire::encode(wire::rendezvous{rendezvous_step::call, a.wallet, elsewhere});
    for (std::size_t size = 0; size < good.size(); ++size)
        b.logic.on_message(hop.wallet, byte_view(good).first(size), now);
    hop.say(b, rendezvous_step::call, hop, elsewhere); // itself
    hop.say(b, rendezvous_step::call, a, {stated_nat::cone, place("10.0.0.1", 0)});
    EXPECT_TRUE(b.met.empty());
}

} // namespace
} // namespace tau::overlay
