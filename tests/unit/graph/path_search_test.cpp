#include "graph/path_search.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <random>
#include <set>
#include <string>

namespace tau::graph {
namespace {

unsigned draw(std::mt19937& random, unsigned bound) {
    return static_cast<unsigned>(random() % bound);
}

constexpr seconds32 now{1000};

wallet_address wallet(unsigned n) {
    wallet_address out;
    out.octets[18] = static_cast<std::uint8_t>(n >> 8);
    out.octets[19] = static_cast<std::uint8_t>(n);
    return out;
}

struct network {
    edge_store store;
    path_search search;

    void online(unsigned n, std::uint16_t liveness = 100, seconds32 seen = now) {
        ASSERT_TRUE(store.set_online(wallet(n), {endpoint{}, liveness, false, seen}).has_value());
    }
    void link(unsigned a, unsigned b) {
        ASSERT_FALSE(store.add_claim(wallet(a), wallet(b), now));
        ASSERT_FALSE(store.add_claim(wallet(b), wallet(a), now));
    }
    [[nodiscard]] bool is_online(unsigned n) const {
        auto const at = store.find(wallet(n));
        return at != no_node && store.is_online(at);
    }
    /// Paths as wallet numbers.
    std::vector<std::vector<unsigned>> find(unsigned a, unsigned b, std::size_t paths = 2) {
        std::vector<std::vector<unsigned>> out;
        auto const from = store.find(wallet(a));
        auto const to = store.find(wallet(b));
        if (from == no_node || to == no_node)
            return out;
        for (auto const& p : search.find(store, from, to, now, {.paths = paths})) {
            auto& row = out.emplace_back();
            for (auto const hop : p.hops) {
                auto const& w = store.wallet_of(hop);
                row.push_back(w.octets[18] * 256U + w.octets[19]);
            }
        }
        return out;
    }
};

using paths = std::vector<std::vector<unsigned>>;

// The network of the source document: A-B, A-C, B-D, C-D, D-E.
struct SourceNetwork : testing::Test {
    enum : unsigned { A = 1, B = 2, C = 3, D = 4, E = 6 }; // by XOR B is nearer to E than C
    network net;
    void SetUp() override {
        for (auto const n : {A, B, C, D, E})
            net.online(n);
        net.link(A, B);
        net.link(A, C);
        net.link(B, D);
        net.link(C, D);
        net.link(D, E);
    }
};

TEST_F(SourceNetwork, AReachesEByBAndByC) {
    EXPECT_EQ(net.find(A, E), (paths{{B, D, E}, {C, D, E}}));
}

TEST_F(SourceNetwork, BIsToldDFirst) {
    auto const found = net.find(B, E);
    ASSERT_FALSE(found.empty());
    EXPECT_EQ(found.front(), (std::vector<unsigned>{D, E}));
}

TEST_F(SourceNetwork, ADirectLinkIsOneHop) {
    EXPECT_EQ(net.find(D, E).front(), (std::vector<unsigned>{E}));
}

TEST_F(SourceNetwork, AnOfflineHopIsAvoidedAtOnce) {
    net.store.set_offline(wallet(B));
    EXPECT_EQ(net.find(A, E), (paths{{C, D, E}}));
    net.store.set_offline(wallet(D));
    EXPECT_TRUE(net.find(A, E).empty());
}

TEST_F(SourceNetwork, NobodyReachesHimselfOrAnOfflineWallet) {
    EXPECT_TRUE(net.find(A, A).empty());
    net.store.set_offline(wallet(E));
    EXPECT_TRUE(net.find(A, E).empty());
    EXPECT_TRUE(net.find(E, A).empty());
}

TEST_F(SourceNetwork, TheLivelierHopComesFirst) {
    net.online(D, 1000);
    net.online(C, 200);
    EXPECT_EQ(net.find(A, E, 1), (paths{{C, D, E}}));
    net.online(B, 200, now + seconds32{5});
    EXPECT_EQ(net.find(A, E, 1), (paths{{B, D, E}})); // equally live, seen later
}

TEST_F(SourceNetwork, AmongEqualsTheFirstHopNearerToTheTargetComesFirst) {
    EXPECT_EQ(net.find(A, E), (paths{{B, D, E}, {C, D, E}})); // 2 ^ 6 is below 3 ^ 6
    net.online(5);
    net.link(5, D);
    EXPECT_EQ(net.find(A, 5), (paths{{C, D, 5}, {B, D, 5}})); // 3 ^ 5 is below 2 ^ 5
    net.online(D, 200);
    net.online(B, 200);
    EXPECT_EQ(net.find(A, 5), (paths{{B, D, 5}, {C, D, 5}})); // liveness counts first
}

TEST_F(SourceNetwork, PathsBranchLaterWhereOneFirstHopIsAll) {
    net.online(7);
    net.link(7, A);
    EXPECT_EQ(net.find(7, E), (paths{{A, B, D, E}, {A, C, D, E}}));
}

TEST(PathSearch, ALongerWayWithAnotherFirstHopIsPreferredToTheSameFirstHop) {
    network net;
    for (unsigned n = 1; n <= 7; ++n)
        net.online(n);
    // 1-2-{3,4}-7 and the longer 1-5-6-3-7.
    for (auto const& [a, b] :
         {std::pair{1U, 2U}, {2U, 3U}, {2U, 4U}, {3U, 7U}, {4U, 7U}, {1U, 5U}, {5U, 6U}, {6U, 3U}})
        net.link(a, b);
    auto const found = net.find(1, 7);
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].front(), 2U);
    EXPECT_EQ(found[0].size(), 3U);
    EXPECT_EQ(found[1], (std::vector<unsigned>{5, 6, 3, 7}));
    EXPECT_EQ(net.find(1, 7, 8).size(), 3U);
}

TEST(PathSearch, RanksByTheLeastLiveHopOfAWholePath) {
    network net;
    net.online(1);
    net.online(2, 900);
    net.online(3, 10); // behind 2
    net.online(4, 500);
    net.online(5, 500); // behind 4
    net.online(6);
    for (auto const& [a, b] : {std::pair{1U, 2U}, {2U, 3U}, {3U, 6U}, {1U, 4U}, {4U, 5U}, {5U, 6U}})
        net.link(a, b);
    EXPECT_EQ(net.find(1, 6), (paths{{4, 5, 6}, {2, 3, 6}}));
}

// Distances to `to` without passing `from`, by the plainest search there is.
std::map<unsigned, std::size_t> distances(std::map<unsigned, std::set<unsigned>> const& links,
                                          unsigned from, unsigned to) {
    std::map<unsigned, std::size_t> out{{to, 0}};
    std::deque<unsigned> queue{to};
    while (!queue.empty()) {
        auto const at = queue.front();
        queue.pop_front();
        if (!links.contains(at))
            continue;
        for (auto const next : links.at(at))
            if (next != from && out.emplace(next, out[at] + 1).second)
                queue.push_back(next);
    }
    return out;
}

void expect_equal_to_plain_search(network& net, std::map<unsigned, std::set<unsigned>> const& links,
                                  unsigned from, unsigned to, std::size_t wanted) {
    auto const from_target = distances(links, from, to);
    std::vector<std::size_t> expected;
    if (links.contains(from))
        for (auto const hop : links.at(from))
            if (from_target.contains(hop))
                expected.push_back(from_target.at(hop) + 1);
    std::sort(expected.begin(), expected.end());
    auto const found = net.find(from, to, wanted);
    std::size_t const distinct = std::min(wanted, expected.size());
    ASSERT_GE(found.size(), distinct);
    std::set<unsigned> first_hops;
    for (std::size_t i = 0; i < found.size(); ++i) {
        auto const& p = found[i];
        if (i < distinct) {
            EXPECT_EQ(p.size(), expected[i]);
            EXPECT_EQ(p.size(), from_target.at(p.front()) + 1);
            EXPECT_TRUE(first_hops.insert(p.front()).second);
        }
        EXPECT_EQ(std::set<unsigned>(p.begin(), p.end()).size(), p.size()) << "loop";
        EXPECT_EQ(p.back(), to);
        unsigned at = from;
        for (auto const hop : p) {
            EXPECT_TRUE(links.at(at).contains(hop));
            at = hop;
        }
    }
}

TEST(PathSearch, EqualsAPlainSearchOnRandomNetworks) {
    std::mt19937 random(2024);
    for (int round = 0; round < 300; ++round) {
        unsigned const size = 5 + draw(random, 80);
        unsigned const count = size * (1 + draw(random, 4));
        network net;
        std::map<unsigned, std::set<unsigned>> links;
        for (unsigned n = 1; n <= size; ++n)
            net.online(n, static_cast<std::uint16_t>(draw(random, 65'536)));
        for (unsigned i = 0; i < count; ++i) {
            unsigned const a = 1 + draw(random, size);
            unsigned const b = 1 + draw(random, 1 + draw(random, size)); // low numbers are hubs
            if (a == b)
                continue;
            net.link(a, b);
            links[a].insert(b);
            links[b].insert(a);
        }
        for (unsigned i = 0; i < size / 5; ++i) {
            unsigned const gone = 1 + draw(random, size);
            net.store.set_offline(wallet(gone));
            for (auto const other : links[gone])
                links[other].erase(gone);
            links.erase(gone);
        }
        for (int i = 0; i < 20; ++i) {
            unsigned const from = 1 + draw(random, size);
            unsigned const to = 1 + draw(random, size);
            if (from == to || !net.is_online(from) || !net.is_online(to))
                continue;
            SCOPED_TRACE(testing::Message() << "round " << round << ": " << from << "-" << to);
            expect_equal_to_plain_search(net, links, from, to, 1 + draw(random, 8));
        }
    }
}

} // namespace
} // namespace tau::graph
