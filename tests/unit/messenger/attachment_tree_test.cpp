#include "messenger/attachment_builder.hpp"
#include "messenger/attachment_tree.hpp"
#include "wire/mutable_item.hpp"

#include <gtest/gtest.h>

#include <set>

namespace tau::messenger {
namespace {

bytes noise(std::size_t size, std::uint64_t seed = 1) {
    seeded_random random(seed);
    bytes out(size);
    random.fill(out);
    return out;
}

TEST(TreeShape, GrowsALevelWhenFiveRootsDoNotSuffice) {
    auto const levels = [](std::uint64_t leaves) {
        return tree_shape::of(leaves * leaf_bytes).value().top_level();
    };
    EXPECT_EQ(levels(1), 0U);
    EXPECT_EQ(levels(5), 0U);
    EXPECT_EQ(levels(6), 1U);
    EXPECT_EQ(levels(5 * 46), 1U);
    EXPECT_EQ(levels(5 * 46 + 1), 2U);
    EXPECT_EQ(tree_shape::of(max_attachment_bytes).value().top_level(), 2U);
}

TEST(TreeShape, KnowsEveryNode) {
    auto const shape = tree_shape::of(max_attachment_bytes).value();
    EXPECT_EQ(shape.nodes(0), 268U);
    EXPECT_EQ(shape.nodes(1), 6U);
    EXPECT_EQ(shape.nodes(2), 1U);
    EXPECT_EQ(shape.nodes(3), 0U);
    EXPECT_EQ(shape.children({2, 0}), 6U);
    EXPECT_EQ(shape.children({1, 0}), 46U);
    EXPECT_EQ(shape.children({1, 5}), 268U - 5U * 46U);
    EXPECT_EQ(shape.children({1, 6}), 0U);
    EXPECT_EQ(shape.children({0, 0}), 0U);
    EXPECT_EQ(shape.leaf_size(0), leaf_bytes);
    EXPECT_EQ(shape.leaf_size(267), max_attachment_bytes - 267 * leaf_bytes);
    EXPECT_EQ(shape.leaf_size(268), 0U);
}

TEST(TreeShape, RefusesNothingAndTooMuch) {
    EXPECT_EQ(tree_shape::of(0).error(), errc::invalid_argument);
    EXPECT_EQ(tree_shape::of(max_attachment_bytes + 1).error(), errc::too_large);
    EXPECT_EQ(tree_shape::of(~std::uint64_t{0}).error(), errc::too_large);
}

TEST(SealedNode, OpensOnlyInItsPlaceAndUnderItsKey) {
    seeded_random random(1);
    auto const key = random.make<wire::content_key>();
    auto const plain = noise(leaf_bytes);
    auto const value = seal_node(key, {0, 7}, plain).value();
    EXPECT_EQ(value.size(), wire::max_value_bytes);
    EXPECT_EQ(open_node(key, {0, 7}, value).value(), plain);
    EXPECT_EQ(open_node(key, {0, 8}, value).error(), errc::invalid_checksum);
    EXPECT_EQ(open_node(key, {1, 7}, value).error(), errc::invalid_checksum);
    EXPECT_EQ(open_node(random.make<wire::content_key>(), {0, 7}, value).error(),
              errc::invalid_checksum);
    EXPECT_EQ(seal_node(key, {0, 7}, noise(leaf_bytes + 1)).error(), errc::too_large);
}

TEST(SealedNode, RefusesEveryTruncationAndChange) {
    auto const value = seal_node({}, {0, 0}, as_bytes("short")).value();
    for (std::size_t i = 0; i < value.size(); ++i) {
        EXPECT_FALSE(open_node({}, {0, 0}, byte_view(value).first(i))) << i;
        auto changed = value;
        changed[i] ^= 1;
        EXPECT_FALSE(open_node({}, {0, 0}, changed)) << i;
    }
}

TEST(AttachmentBuilder, MakesItemsThatLookAlike) {
    seeded_random random(2);
    auto const built = build_attachment(noise(10'000), random).value();
    EXPECT_EQ(built.items.size(), 11U + 1U);
    for (auto const& item : built.items) {
        EXPECT_EQ(item.value.size(), wire::max_value_bytes);
        EXPECT_EQ(item.where, wire::target_of_immutable(item.value));
    }
}

TEST(AttachmentBuilder, StreamsInAnyPieces) {
    auto const content = noise(5'000);
    seeded_random one(3);
    auto const whole = build_attachment(content, one).value();
    for (std::size_t const piece : {1U, 7U, 979U, 980U, 981U, 5'000U}) {
        seeded_random other(3);
        std::vector<target> targets;
        attachment_builder builder(other, [&](auto item) { targets.push_back(item.where); });
        for (std::size_t at = 0; at < content.size(); at += piece)
            ASSERT_FALSE(builder.write(
                byte_view(content).subspan(at, std::min(piece, content.size() - at))));
        EXPECT_EQ(builder.finish().value(), whole.ref);
        EXPECT_EQ(targets.size(), whole.items.size());
    }
}

TEST(AttachmentBuilder, NeverSealsTheSameContentAlike) {
    seeded_random random(4);
    auto const content = noise(3'000);
    std::set<target> seen;
    for (int i = 0; i < 2; ++i) {
        auto const built = build_attachment(content, random).value();
        for (auto const& item : built.items)
            EXPECT_TRUE(seen.insert(item.where).second);
    }
}

TEST(AttachmentBuilder, RefusesNothingAndTooMuch) {
    seeded_random random(5);
    EXPECT_EQ(build_attachment({}, random).error(), errc::invalid_argument);
    EXPECT_EQ(build_attachment(bytes(max_attachment_bytes + 1), random).error(), errc::too_large);
    attachment_builder builder(random, {});
    EXPECT_FALSE(builder.write(bytes(max_attachment_bytes)));
    EXPECT_EQ(builder.write(bytes(1)), error_code(errc::too_large));
}

} // namespace
} // namespace tau::messenger
