#include "channel/value_box.hpp"

#include "wire/mutable_item.hpp"

#include <gtest/gtest.h>

namespace tau::channel {
namespace {

struct ValueBox : testing::Test {
    seeded_random random{11};
    wire::contact_key const contact = random.make<wire::contact_key>();
    wire::item_address const where{random.make<public_key>(), gossip_salt()};

    std::vector<box_key> keys(std::vector<wire::contact_key> const& from) {
        std::vector<box_key> out;
        for (auto const& key : from)
            out.push_back(contact_box_key(key));
        return out;
    }
    bytes boxed(byte_view plain) {
        return box_value(contact_box_key(contact), where, plain, random).value();
    }
};

TEST_F(ValueBox, OpensWhatItBoxed) {
    for (std::size_t const size : {0U, 1U, 255U, 256U, 511U, 512U, 949U, 950U}) {
        bytes const plain(size, 'x');
        EXPECT_EQ(open_value(keys({contact}), where, boxed(plain)).value(), plain) << size;
    }
    bytes const zeros(40, 0);
    EXPECT_EQ(open_value(keys({contact}), where, boxed(zeros)).value(), zeros);
}

TEST_F(ValueBox, FitsABep44ValueAndNoMore) {
    EXPECT_EQ(boxed(bytes(max_boxed_bytes, 'x')).size(), wire::max_value_bytes);
    EXPECT_EQ(
        box_value(contact_box_key(contact), where, bytes(max_boxed_bytes + 1), random).error(),
        errc::too_large);
}

TEST_F(ValueBox, HidesLengthsWithinThreeSizes) {
    EXPECT_EQ(boxed(bytes(0)).size(), boxed(bytes(255)).size());
    EXPECT_EQ(boxed(bytes(256)).size(), boxed(bytes(511)).size());
    EXPECT_EQ(boxed(bytes(512)).size(), boxed(bytes(950)).size());
}

TEST_F(ValueBox, NeverLooksTheSameTwice) {
    EXPECT_NE(boxed(as_bytes("same")), boxed(as_bytes("same")));
}

TEST_F(ValueBox, OpensUnderTheKeyBeforeARotation) {
    auto const next = random.make<wire::contact_key>();
    auto const value = boxed(as_bytes("old"));
    EXPECT_TRUE(open_value(keys({next, contact}), where, value));
}

TEST_F(ValueBox, ARemovedFriendReadsNothingAfterTheRotation) {
    auto const next = random.make<wire::contact_key>();
    auto const value = box_value(contact_box_key(next), where, as_bytes("new"), random).value();
    EXPECT_EQ(open_value(keys({contact}), where, value).error(), errc::not_found);
    EXPECT_EQ(open_value({}, where, value).error(), errc::not_found);
}

TEST_F(ValueBox, OpensNowhereElse) {
    auto const value = boxed(as_bytes("x"));
    auto elsewhere = where;
    elsewhere.salt = cidr_salt();
    EXPECT_FALSE(open_value(keys({contact}), elsewhere, value));
    elsewhere = where;
    elsewhere.key.octets[0] ^= 1;
    EXPECT_FALSE(open_value(keys({contact}), elsewhere, value));
}

TEST_F(ValueBox, NoticesEveryChangedOctet) {
    auto const value = boxed(as_bytes("hello"));
    for (std::size_t i = 0; i < value.size(); ++i) {
        auto changed = value;
        changed[i] ^= 1;
        EXPECT_FALSE(open_value(keys({contact}), where, changed)) << i;
    }
}

TEST_F(ValueBox, RefusesEveryTruncation) {
    auto const value = boxed(as_bytes("hello"));
    for (std::size_t length = 0; length < value.size(); ++length)
        EXPECT_FALSE(open_value(keys({contact}), where, byte_view(value).first(length)));
    EXPECT_EQ(open_value(keys({contact}), where, as_bytes("0:")).error(), errc::invalid_encoding);
    EXPECT_EQ(open_value(keys({contact}), where, as_bytes("1:\x01")).error(),
              errc::invalid_encoding);
}

TEST_F(ValueBox, NamesAnotherVersion) {
    EXPECT_EQ(open_value(keys({contact}), where, as_bytes("3:\x02xx")).error(),
              errc::unsupported_version);
}

TEST_F(ValueBox, TellsBoxedFromPlain) {
    EXPECT_TRUE(is_boxed(boxed(as_bytes("x"))));
    EXPECT_FALSE(is_boxed(as_bytes("d1:vi1ee")));
    EXPECT_FALSE(is_boxed({}));
}

TEST_F(ValueBox, PairKeysDependOnDirectionAndSecret) {
    auto const a = random.make<public_key>();
    auto const b = random.make<public_key>();
    auto const secret = pair_secret::from(bytes(32, 1));
    auto const other = pair_secret::from(bytes(32, 2));
    EXPECT_TRUE(pair_box_key(secret, a, b).secret == pair_box_key(secret, a, b).secret);
    EXPECT_FALSE(pair_box_key(secret, a, b).secret == pair_box_key(secret, b, a).secret);
    EXPECT_FALSE(pair_box_key(secret, a, b).secret == pair_box_key(other, a, b).secret);
}

} // namespace
} // namespace tau::channel
