#include "core/hex.hpp"
#include "wire/mutable_item.hpp"

#include <gtest/gtest.h>

namespace tau::wire {
namespace {

// The test vectors that BEP 44 publishes.
struct MutableItem : testing::Test {
    public_key const key = fixed_from_hex<public_key>(
                               "77ff84905a91936367c01360803104f92432fcd904a43511876df5cdf3e7e548")
                               .value();
    bytes const value = to_bytes(std::string_view("12:Hello World!"));

    mutable_item item(std::string_view salt_text, std::string_view sig) const {
        return {
            {key, salt::from(salt_text).value()}, 1, value, fixed_from_hex<signature>(sig).value()};
    }

    mutable_item const plain =
        item("", "305ac8aeb6c9c151fa120f120ea2cfb923564e11552d06a5d856091e5e853cff"
                 "1260d3f39e4999684aa92eb73ffd136e6f4f3ecbfda0ce53a1608ecd7ae21f01");
    mutable_item const salted =
        item("foobar", "6834284b6b24c3204eb2fea824d82f88883a3d95e8b4a21b8c0ded553d17d17d"
                       "df9a8a7104b1258f30bed3787e6cb896fca78c58f8e03b5f18f14951a87d9a08");
};

TEST_F(MutableItem, MatchesThePublishedVectorWithoutSalt) {
    EXPECT_EQ(as_text(signed_octets({}, 1, value)), "3:seqi1e1:v12:Hello World!");
    EXPECT_EQ(to_hex(target_of(plain.address)), "4a533d47ec9c7d95b1ad75f576cffc641853b750");
    EXPECT_FALSE(verify(plain));
}

TEST_F(MutableItem, MatchesThePublishedVectorWithSalt) {
    EXPECT_EQ(as_text(signed_octets(salted.address.salt, 1, value)),
              "4:salt6:foobar3:seqi1e1:v12:Hello World!");
    EXPECT_EQ(to_hex(target_of(salted.address)), "411eba73b6f087ca51a3795d9c8c938d365e32c1");
    EXPECT_FALSE(verify(salted));
}

TEST_F(MutableItem, MatchesThePublishedVectorOfAnImmutableItem) {
    EXPECT_EQ(to_hex(target_of_immutable(value)), "e5f96f6f38320f0f33959cb4d3d656452117aadb");
}

TEST_F(MutableItem, FailsIfAnyPartIsAnother) {
    for (auto const& change :
         {+[](mutable_item& i) { i.seq = 2; }, +[](mutable_item& i) { i.value.back() = '?'; },
          +[](mutable_item& i) { i.sig.octets[0] ^= 1; },
          +[](mutable_item& i) { i.address.key.octets[0] ^= 1; },
          +[](mutable_item& i) { i.address.salt = {}; }}) {
        auto item = salted;
        change(item);
        EXPECT_EQ(verify(item), errc::invalid_signature);
    }
}

TEST_F(MutableItem, RefusesValuesThatNoNodeStores) {
    auto item = plain;
    item.value.assign(max_value_bytes + 1, '1');
    EXPECT_EQ(verify(item), errc::too_large);
    for (std::string_view bad : {"", "12:Hello World", "1:xi1e", "d1:a", "i01x"}) {
        item.value = to_bytes(bad);
        EXPECT_EQ(verify(item), errc::invalid_encoding) << bad;
    }
    item.value = to_bytes(std::string_view("l"));
    for (int i = 0; i < 600 / 2; ++i)
        for (char c : std::string_view("0:0:"))
            item.value.push_back(static_cast<std::uint8_t>(c));
    item.value.resize(999);
    item.value.push_back('e');
    EXPECT_TRUE(verify(item));
}

TEST_F(MutableItem, SaltHoldsSixtyFourOctetsAndNoMore) {
    EXPECT_TRUE(salt::from(std::string(64, '\0')));
    EXPECT_EQ(salt::from(std::string(65, '\0')).error(), errc::too_large);
}

} // namespace
} // namespace tau::wire
