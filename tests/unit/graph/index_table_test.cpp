#include "graph/index_table.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace tau::graph {
namespace {

unsigned draw(std::mt19937& random, unsigned bound) {
    return static_cast<unsigned>(random() % bound);
}

// Few distinct hashes, so that runs of slots form and erasing has to close gaps.
std::uint64_t crowded(std::uint32_t position) {
    return position % 37;
}

TEST(IndexTable, AnswersLikeASetWhenHashesCollide) {
    std::mt19937 random(3);
    index_table table;
    std::set<std::uint32_t> model;
    auto const find = [&](std::uint32_t p) {
        return table.find(crowded(p), [p](std::uint32_t other) { return other == p; });
    };
    for (int i = 0; i < 50'000; ++i) {
        std::uint32_t const p = draw(random, 200);
        ASSERT_EQ(find(p) != index_table::none, model.count(p) == 1);
        if (model.erase(p) == 1) {
            table.erase(crowded(p), p, crowded);
        } else {
            model.insert(p);
            table.insert(crowded(p), p, crowded);
        }
        ASSERT_EQ(table.size(), model.size());
    }
}

TEST(IndexTable, AnEmptyTableFindsNothing) {
    index_table const table;
    EXPECT_EQ(table.find(1, [](std::uint32_t) { return true; }), index_table::none);
}

TEST(KeyedHash, DependsOnEveryOctetAndOnTheKey) {
    std::array<std::uint8_t, 20> data{};
    auto const base = keyed_hash(data.data(), 1);
    EXPECT_NE(base, keyed_hash(data.data(), 2));
    for (auto& octet : data) {
        octet = 1;
        EXPECT_NE(keyed_hash(data.data(), 1), base);
        octet = 0;
    }
}

} // namespace
} // namespace tau::graph
