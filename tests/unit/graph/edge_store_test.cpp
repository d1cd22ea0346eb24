#include "graph/edge_store.hpp"

#include <gtest/gtest.h>

namespace tau::graph {
namespace {

wallet_address wallet(unsigned n) {
    wallet_address out;
    out.octets[18] = static_cast<std::uint8_t>(n >> 8);
    out.octets[19] = static_cast<std::uint8_t>(n);
    return out;
}

struct EdgeStore : testing::Test {
    static constexpr seconds32 start{1000};

    void online(edge_store& s, unsigned n) {
        ASSERT_TRUE(s.set_online(wallet(n), {endpoint{}, 100, false, start}).has_value());
    }
    static bool linked(edge_store const& s, unsigned a, unsigned b, seconds32 now = start) {
        auto const from = s.find(wallet(a));
        auto const to = s.find(wallet(b));
        if (from == no_node || to == no_node)
            return false;
        for (auto const& c : s.claims_of(from))
            if (c.node() == to)
                return s.is_link(c, now);
        return false;
    }
    edge_store both;
};

TEST_F(EdgeStore, LinksOnlyWalletsThatBothClaimIt) {
    online(both, 1);
    online(both, 2);
    EXPECT_FALSE(both.add_claim(wallet(1), wallet(2), start));
    EXPECT_FALSE(linked(both, 1, 2));
    EXPECT_FALSE(linked(both, 2, 1));
    EXPECT_FALSE(both.add_claim(wallet(2), wallet(1), start));
    EXPECT_TRUE(linked(both, 1, 2));
    EXPECT_TRUE(linked(both, 2, 1));
    EXPECT_EQ(both.mutual_count(), 1U);
    EXPECT_EQ(both.claim_count(), 2U);
}

TEST_F(EdgeStore, ClaimingTwiceChangesNothing) {
    online(both, 1);
    online(both, 2);
    for (int i = 0; i < 3; ++i)
        EXPECT_FALSE(both.add_claim(wallet(1), wallet(2), start));
    EXPECT_EQ(both.claim_count(), 1U);
}

TEST_F(EdgeStore, RefusesClaimsOfOfflineWalletsAndOnOneself) {
    EXPECT_EQ(both.add_claim(wallet(1), wallet(2), start), errc::not_found);
    online(both, 1);
    EXPECT_EQ(both.add_claim(wallet(1), wallet(1), start), errc::invalid_argument);
    EXPECT_EQ(both.wallet_count(), 1U);
}

TEST_F(EdgeStore, GoingOfflineTakesAllOwnClaimsBackAtOnce) {
    for (unsigned n = 1; n <= 3; ++n)
        online(both, n);
    for (unsigned n = 2; n <= 3; ++n) {
        EXPECT_FALSE(both.add_claim(wallet(1), wallet(n), start));
        EXPECT_FALSE(both.add_claim(wallet(n), wallet(1), start));
    }
    both.set_offline(wallet(1));
    both.set_offline(wallet(1));
    EXPECT_FALSE(linked(both, 2, 1));
    EXPECT_EQ(both.claim_count(), 2U); // of the two others
    EXPECT_EQ(both.mutual_count(), 0U);
    online(both, 1);
    EXPECT_FALSE(linked(both, 1, 2));
    EXPECT_FALSE(both.add_claim(wallet(1), wallet(2), start));
    EXPECT_TRUE(linked(both, 1, 2));
    for (unsigned n = 1; n <= 3; ++n)
        both.set_offline(wallet(n));
    EXPECT_EQ(both.wallet_count(), 0U);
    EXPECT_EQ(both.claim_count(), 0U);
}

TEST_F(EdgeStore, AWalletClaimsNoMoreThanItsLimit) {
    edge_store s({.max_claims = 10});
    online(s, 1);
    for (unsigned n = 2; n <= 11; ++n)
        EXPECT_FALSE(s.add_claim(wallet(1), wallet(n), start));
    for (unsigned n = 12; n < 100; ++n)
        EXPECT_EQ(s.add_claim(wallet(1), wallet(n), start), errc::too_large);
    EXPECT_EQ(s.wallet_count(), 11U);
    EXPECT_FALSE(s.withdraw_claim(wallet(1), wallet(2)));
    EXPECT_FALSE(s.add_claim(wallet(1), wallet(12), start));
}

TEST_F(EdgeStore, ManyClaimersDoNotGrowTheirVictimsList) {
    online(both, 1);
    for (unsigned n = 2; n < 500; ++n) {
        online(both, n);
        EXPECT_FALSE(both.add_claim(wallet(n), wallet(1), start));
    }
    EXPECT_TRUE(both.claims_of(both.find(wallet(1))).empty());
}

TEST_F(EdgeStore, HoldsNoMoreWalletsThanItsLimit) {
    edge_store s({.max_wallets = 2});
    online(s, 1);
    online(s, 2);
    EXPECT_EQ(s.set_online(wallet(3), {}).error(), errc::too_large);
    EXPECT_EQ(s.add_claim(wallet(1), wallet(3), start), errc::too_large);
}

TEST_F(EdgeStore, WithdrawingWhatWasNotClaimedIsReported) {
    online(both, 1);
    online(both, 2);
    EXPECT_EQ(both.withdraw_claim(wallet(1), wallet(2)), errc::not_found);
    EXPECT_EQ(both.withdraw_claim(wallet(1), wallet(9)), errc::not_found);
}

struct OneSidedEdgeStore : EdgeStore {
    edge_store one{{.rule = link_rule::one_claimed}};
    seconds32 const later = start + seconds32{30};
    void SetUp() override {
        online(one, 1);
        online(one, 2);
        EXPECT_FALSE(one.add_claim(wallet(1), wallet(2), start));
    }
};

TEST_F(OneSidedEdgeStore, LinksAfterTheGraceOnBothSides) {
    EXPECT_FALSE(linked(one, 1, 2, later - seconds32{1}));
    EXPECT_FALSE(linked(one, 2, 1, later - seconds32{1}));
    EXPECT_TRUE(linked(one, 1, 2, later));
    EXPECT_TRUE(linked(one, 2, 1, later));
}

TEST_F(OneSidedEdgeStore, ADenialEndsTheLink) {
    EXPECT_FALSE(one.withdraw_claim(wallet(2), wallet(1)));
    EXPECT_FALSE(linked(one, 1, 2, later));
    EXPECT_FALSE(linked(one, 2, 1, later));
    EXPECT_FALSE(one.add_claim(wallet(2), wallet(1), start));
    EXPECT_TRUE(linked(one, 1, 2));
}

TEST_F(OneSidedEdgeStore, DoesNotLinkToAnOfflineWallet) {
    one.set_offline(wallet(2));
    EXPECT_FALSE(linked(one, 1, 2, later));
    online(one, 2);
    EXPECT_TRUE(linked(one, 1, 2, later));
    one.set_offline(wallet(1));
    EXPECT_FALSE(linked(one, 2, 1, later));
    EXPECT_EQ(one.claim_count(), 0U);
}

TEST_F(OneSidedEdgeStore, WithdrawnAfterMutualFallsBackToTheOthersClaimAndIsDenied) {
    EXPECT_FALSE(one.add_claim(wallet(2), wallet(1), start));
    EXPECT_FALSE(one.withdraw_claim(wallet(2), wallet(1)));
    EXPECT_FALSE(linked(one, 1, 2, later));
    EXPECT_EQ(one.mutual_count(), 0U);
}

} // namespace
} // namespace tau::graph
