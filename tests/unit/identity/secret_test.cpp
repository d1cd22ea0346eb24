#include "identity/secret.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>
#include <type_traits>
#include <vector>

namespace tau::identity {
namespace {

template <class T>
concept printable = requires(std::ostream& out, T const& value) {
    out << value;
};

static_assert(!printable<secret_bytes>);
static_assert(!std::is_copy_constructible_v<secret_bytes>);
static_assert(!std::is_copy_assignable_v<secret_bytes>);
static_assert(std::is_nothrow_move_constructible_v<secret_bytes>);

TEST(SecretBytes, StartsZeroedAndMovesItsOctets) {
    secret_bytes a(3);
    EXPECT_EQ(to_bytes(a.view()), (bytes{0, 0, 0}));
    a.data()[1] = 7;
    secret_bytes b(std::move(a));
    EXPECT_TRUE(a.empty()); // NOLINT(bugprone-use-after-move): the moved-from state is promised
    EXPECT_EQ(to_bytes(b.view()), (bytes{0, 7, 0}));
    secret_bytes c(5);
    c = std::move(b);
    EXPECT_EQ(c.size(), 3u);
}

TEST(SecretBytes, ComparesByContentAndSize) {
    auto const a = secret_bytes::from(as_bytes("abc"));
    EXPECT_EQ(a, a.copy());
    EXPECT_FALSE(a == secret_bytes::from(as_bytes("abd")));
    EXPECT_FALSE(a == secret_bytes::from(as_bytes("ab")));
    EXPECT_TRUE(secret_bytes() == secret_bytes(0));
}

TEST(SecretBytes, HoldsMoreThanItLocks) {
    seeded_random random(1);
    auto const large = secret_bytes::random(secret_bytes::max_locked_bytes + 1, random);
    EXPECT_EQ(large, large.copy());
}

// A process may have 65,530 mappings; three secrets of each of many friends must not use them up.
TEST(SecretBytes, ManyKeysShareGuardedBlocks) {
    auto const mappings = [] {
        std::ifstream in("/proc/self/maps");
        return std::count(std::istreambuf_iterator<char>(in), {}, '\n');
    };
    auto const before = mappings();
    std::vector<secret_bytes> all;
    seeded_random random(2);
    for (int i = 0; i < 60'000; ++i)
        all.push_back(secret_bytes::random(32, random));
    EXPECT_LT(mappings() - before, 5'000);
    EXPECT_FALSE(all.front() == all.back());
}

} // namespace
} // namespace tau::identity
