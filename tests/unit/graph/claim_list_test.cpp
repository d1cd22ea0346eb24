#include "graph/claim_list.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace tau::graph {
namespace {

unsigned draw(std::mt19937& random, unsigned bound) {
    return static_cast<unsigned>(random() % bound);
}

TEST(ClaimList, KeepsOrderAndAnswersLikeAMap) {
    std::mt19937 random(7);
    claim_list list;
    std::map<node_index, std::uint32_t> model;
    for (int i = 0; i < 20'000; ++i) {
        node_index const node = draw(random, 300);
        if (draw(random, 2) == 0) {
            list.erase(node);
            model.erase(node);
        } else if (list.find(node) == nullptr) {
            list.insert({node, claim::mine, seconds32{node}});
            model[node] = node;
        }
        ASSERT_EQ(list.size(), model.size());
    }
    auto at = list.view().begin();
    for (auto const& [node, since] : model) {
        EXPECT_EQ(at->node(), node);
        EXPECT_EQ(at->since().count(), since);
        ++at;
    }
}

TEST(ClaimList, FindsNothingInAnEmptyList) {
    claim_list list;
    EXPECT_EQ(list.find(0), nullptr);
    list.erase(0);
    EXPECT_TRUE(list.is_empty());
}

TEST(Claim, KeepsFlagsApartFromItsTime) {
    claim c(5, claim::mine, seconds32{0x0fff'ffff});
    c.set(claim::theirs);
    c.set(claim::refused_by_it);
    EXPECT_TRUE(c.is_mutual());
    EXPECT_FALSE(c.has(claim::refused));
    c.clear(claim::mine);
    c.clear(claim::theirs);
    EXPECT_TRUE(c.is_empty());
    EXPECT_EQ(c.since().count(), 0x0fff'ffffU);
}

} // namespace
} // namespace tau::graph
