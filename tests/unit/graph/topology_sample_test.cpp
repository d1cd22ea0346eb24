#include "graph/topology_sample.hpp"

#include <gtest/gtest.h>

#include <set>

namespace tau::graph {
namespace {

constexpr seconds32 now{1000};

wallet_address wallet(unsigned n) {
    wallet_address out;
    out.octets[17] = static_cast<std::uint8_t>(n >> 16);
    out.octets[18] = static_cast<std::uint8_t>(n >> 8);
    out.octets[19] = static_cast<std::uint8_t>(n);
    return out;
}

unsigned number(wallet_address const& w) {
    return w.octets[17] * 65'536U + w.octets[18] * 256U + w.octets[19];
}

struct TopologySample : testing::Test {
    edge_store store;

    void online(unsigned n, bool dialable = false) {
        ASSERT_TRUE(store.set_online(wallet(n), {endpoint{}, 500, dialable, now}).has_value());
    }
    void link(unsigned a, unsigned b) {
        ASSERT_FALSE(store.add_claim(wallet(a), wallet(b), now));
        ASSERT_FALSE(store.add_claim(wallet(b), wallet(a), now));
    }
    void ring(unsigned size) {
        for (unsigned i = 0; i < size; ++i)
            online(i, i % 2 == 0);
        for (unsigned i = 0; i < size; ++i)
            link(i, (i + 1) % size);
    }
    topology_sample take(sample_limits limits, std::vector<wallet_address> around = {},
                         std::uint64_t seed = 1, std::size_t places = 1000) {
        topology_sample out(limits, std::move(around), seed);
        while (!out.step(store, now, places)) {
        }
        return out;
    }
};

std::set<unsigned> numbers(topology_sample const& s) {
    std::set<unsigned> out;
    for (auto const& w : s.wallets())
        out.insert(number(w.address));
    return out;
}

TEST_F(TopologySample, OfNobodyIsEmpty) {
    auto const s = take({});
    EXPECT_TRUE(s.wallets().empty());
    EXPECT_FALSE(s.is_part());
}

TEST_F(TopologySample, ShowsASmallNetworkWhole) {
    ring(10);
    online(50);
    ASSERT_FALSE(store.add_claim(wallet(50), wallet(3), now)); // one side only: no link
    ASSERT_FALSE(store.add_claim(wallet(1), wallet(99), now)); // 99 was never online
    auto const s = take({});
    EXPECT_EQ(s.wallets().size(), 11u);
    EXPECT_EQ(s.links().size(), 10u);
    EXPECT_EQ(s.online(), 11u);
    EXPECT_FALSE(s.is_part());
    for (auto const& w : s.wallets()) {
        EXPECT_EQ(w.links, number(w.address) == 50 ? 0u : 2u);
        EXPECT_EQ(w.dialable, number(w.address) < 50 && number(w.address) % 2 == 0);
        EXPECT_EQ(w.liveness, 500);
    }
    for (auto const& l : s.links()) {
        auto const a = number(s.wallets()[l.a].address);
        auto const b = number(s.wallets()[l.b].address);
        EXPECT_TRUE((a + 1) % 10 == b || (b + 1) % 10 == a) << a << ' ' << b;
    }
}

TEST_F(TopologySample, IsTheSameHoweverItIsDividedIntoSteps) {
    ring(300);
    auto const whole = take({.max_wallets = 100});
    auto const pieces = take({.max_wallets = 100}, {}, 1, 1);
    EXPECT_EQ(numbers(whole), numbers(pieces));
    EXPECT_EQ(whole.links().size(), pieces.links().size());
}

TEST_F(TopologySample, APartGrowsAroundWhatIsAskedFor) {
    ring(1000);
    auto const s = take({.max_wallets = 21}, {wallet(500)});
    EXPECT_TRUE(s.is_part());
    EXPECT_EQ(s.online(), 1000u);
    std::set<unsigned> expected;
    for (unsigned i = 490; i <= 510; ++i)
        expected.insert(i);
    EXPECT_EQ(numbers(s), expected);
    EXPECT_EQ(s.links().size(), 20u);
}

TEST_F(TopologySample, APartHangsTogetherAndComesAgain) {
    ring(5000);
    auto const s = take({.max_wallets = 500}, {}, 7);
    EXPECT_EQ(s.wallets().size(), 500u);
    EXPECT_GT(s.links().size(), 450u);
    EXPECT_EQ(numbers(s), numbers(take({.max_wallets = 500}, {}, 7)));
    EXPECT_NE(numbers(s), numbers(take({.max_wallets = 500}, {}, 8)));
}

TEST_F(TopologySample, AHubDoesNotFillAPart) {
    ring(2000);
    for (unsigned i = 2; i < 900; ++i)
        link(0, i);
    auto const s = take({.max_wallets = 200}, {wallet(0)});
    EXPECT_EQ(s.wallets().size(), 200u);
    EXPECT_EQ(s.wallets()[0].links, 900u);
    EXPECT_LT(s.links().size(), 600u);
}

TEST_F(TopologySample, CountsLinksAboveTheLimit) {
    ring(100);
    auto const s = take({.max_links = 30});
    EXPECT_EQ(s.links().size(), 30u);
    EXPECT_EQ(s.links_left_out(), 70u);
}

TEST_F(TopologySample, LosesNothingButWhatWentBetweenSteps) {
    ring(100);
    topology_sample s({}, {}, 1);
    ASSERT_FALSE(s.step(store, now, 60));
    store.set_offline(wallet(10)); // seen already
    store.set_offline(wallet(90)); // not yet
    for (unsigned i = 200; i < 210; ++i)
        online(i); // some take the places that became free
    while (!s.step(store, now, 1)) {
    }
    EXPECT_EQ(numbers(s).count(90), 0u);
    for (auto const& l : s.links()) {
        EXPECT_LT(l.a, s.wallets().size());
        auto const a = number(s.wallets()[l.a].address);
        auto const b = number(s.wallets()[l.b].address);
        EXPECT_TRUE((a + 1) % 100 == b || (b + 1) % 100 == a) << a << ' ' << b;
    }
    EXPECT_EQ(s.links().size(), 96u);
}

} // namespace
} // namespace tau::graph
