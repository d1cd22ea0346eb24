#include "tracker/peer_pool.hpp"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <random>
#include <set>

namespace tau::tracker {
namespace {

using octets = std::array<std::uint8_t, 6>;

octets peer(unsigned n) {
    return {10,
            static_cast<std::uint8_t>(n >> 16),
            static_cast<std::uint8_t>(n >> 8),
            static_cast<std::uint8_t>(n),
            1,
            2};
}

TEST(PeerPool, AnswersLikeAMapWhileItGrowsAndShrinks) {
    std::mt19937 random(5);
    peer_pool<6> pool;
    std::map<octets, peer_kind> model;
    for (int i = 0; i < 100'000; ++i) {
        // Grows over several thousand peers, then shrinks to few.
        bool const adds = random() % 100 < (i < 50'000 ? 80U : 20U);
        auto const p = peer(static_cast<unsigned>(random() % 8000));
        auto const seeder = random() % 2 == 0 ? peer_kind::seeder : peer_kind::leecher;
        auto const known = model.find(p);
        auto const change = adds ? pool.put(p, seeder, 0) : pool.remove(p);
        ASSERT_EQ(change.was_known, known != model.end());
        if (change.was_known) {
            ASSERT_EQ(change.was, known->second);
        }
        if (adds)
            model[p] = seeder;
        else
            model.erase(p);
        ASSERT_EQ(pool.size(), model.size());
    }
    std::map<octets, peer_kind> seen;
    pool.for_each([&](peer_pool<6>::address p, peer_kind seeder, tick) {
        octets key{};
        std::copy(p.begin(), p.end(), key.begin());
        seen[key] = seeder;
    });
    EXPECT_EQ(seen, model);
}

struct PeerPoolSample : testing::TestWithParam<unsigned> {};

TEST_P(PeerPoolSample, GivesDistinctPeersAsManyAsWantedAndNeverTheAsker) {
    unsigned const size = GetParam();
    peer_pool<6> pool;
    for (unsigned n = 0; n < size; ++n)
        pool.put(peer(n), peer_kind::leecher, 0);
    quick_random random(7);
    auto const self = peer(0);
    std::set<octets> ever;
    for (int round = 0; round < 2000; ++round) {
        std::array<std::uint8_t, 31 * 6> out{};
        auto const written = pool.sample(
            30, self.data(), static_cast<std::uint32_t>(random.next() >> 32), out.data());
        auto const others = size > 0 ? size - 1 : 0;
        ASSERT_EQ(written, std::min(30U, others) * 6);
        std::set<octets> told;
        for (std::size_t at = 0; at < written; at += 6) {
            octets p{};
            std::copy_n(out.begin() + static_cast<std::ptrdiff_t>(at), 6, p.begin());
            ASSERT_TRUE(told.insert(p).second);
            ASSERT_NE(p, self);
        }
        ever.insert(told.begin(), told.end());
    }
    if (size > 0 && size <= 1000) {
        EXPECT_EQ(ever.size(), size - 1) << "everybody is told of at some time";
    }
}

INSTANTIATE_TEST_SUITE_P(Sizes, PeerPoolSample, testing::Values(0, 1, 2, 30, 31, 32, 113, 1000));

TEST(PeerPool, ExpiresTheSilentOnesAlsoWhenTheTickWraps) {
    for (tick const start : {tick{0}, tick{0x7ff0}}) {
        peer_pool<6> pool;
        auto const later = [start](unsigned ticks) {
            return static_cast<tick>((start + ticks) & tick_mask);
        };
        for (unsigned n = 0; n < 300; ++n)
            pool.put(peer(n), n % 3 == 0 ? peer_kind::seeder : peer_kind::leecher, start);
        pool.put(peer(7), peer_kind::seeder, later(100));
        int seeders = 0;
        int others = 0;
        auto const gone = [&](peer_kind kind) { ++(kind == peer_kind::seeder ? seeders : others); };
        pool.expire(later(100), 100, gone);
        EXPECT_EQ(pool.size(), 300U);
        pool.expire(later(101), 100, gone);
        EXPECT_EQ(pool.size(), 1U);
        EXPECT_EQ(seeders, 100);
        EXPECT_EQ(others, 199);
    }
}

} // namespace
} // namespace tau::tracker
