#include "channel/salts.hpp"

#include "core/hex.hpp"
#include "core/random.hpp"

#include <gtest/gtest.h>

#include <set>

namespace tau::channel {
namespace {

// Slot 2,833,333 is 14 November 2023, 22:10 UTC.
constexpr slot_number slot = 2'833'333;
std::string const slot_octets("\x00\x00\x00\x00\x00\x2b\x3b\xb5", 8);

public_key key_of(std::uint8_t octet) {
    public_key out;
    out.octets.fill(octet);
    return out;
}

pair_secret secret_of(std::uint8_t octet) {
    return pair_secret::from(bytes(32, octet));
}

std::string hex_of(wire::salt const& salt) {
    return to_hex(as_bytes(salt.octets()));
}

TEST(Salts, ConstantChannelsAreTheirNames) {
    EXPECT_EQ(gossip_salt().octets(), "gossip");
    EXPECT_EQ(cidr_salt().octets(), "cidr");
    EXPECT_EQ(links_salt().octets(), "links");
    EXPECT_EQ(wallet_salt().octets(), "wallet");
}

TEST(Salts, GossipOfASlotEndsInTheSlot) {
    EXPECT_EQ(gossip_salt(slot).octets(), "gossip" + slot_octets);
}

TEST(Salts, PlainMessageHoldsReceiverAndSlot) {
    EXPECT_EQ(plain_message_salt(key_of('R'), slot).octets(),
              "msg" + std::string(32, 'R') + slot_octets);
}

TEST(Salts, TipsHoldTheChainId) {
    EXPECT_EQ(plain_message_tip_salt(as_bytes("chain")).value().octets(), "msgTipchain");
    EXPECT_EQ(block_tip_salt(as_bytes("chain"), slot).value().octets(),
              "blkTipchain" + slot_octets);
    EXPECT_EQ(transaction_tip_salt(as_bytes("chain"), slot).value().octets(),
              "txTipchain" + slot_octets);
}

TEST(Salts, FillExactly64OctetsBeforeTheyAreHashed) {
    auto const longest = std::string(64 - 6 - 8, 'c');
    EXPECT_EQ(block_tip_salt(as_bytes(longest), slot).value().octets(),
              "blkTip" + longest + slot_octets);
    auto const hashed = block_tip_salt(as_bytes(longest + "c"), slot).value().octets();
    EXPECT_EQ(hashed.size(), 6U + 32U);
    EXPECT_TRUE(hashed.starts_with("blkTip"));
}

// sha256sum of 64 times "c": what follows the name in a hashed salt.
TEST(Salts, HashTheRestWithSha256) {
    EXPECT_EQ(to_hex(as_bytes(named_salt("x", bytes(64, 'c')).octets()).subspan(1)),
              "52b6419d27bd7f547cee3b92f8c17a908b8a49601ecbec161e5030de1dfe9e0a");
}

TEST(Salts, RefuseChainIdsAboveTheLimit) {
    bytes const chain(max_chain_id_bytes, 'c');
    EXPECT_TRUE(plain_message_tip_salt(chain));
    EXPECT_TRUE(block_tip_salt(chain, slot));
    bytes const over(max_chain_id_bytes + 1, 'c');
    EXPECT_EQ(plain_message_tip_salt(over).error(), errc::too_large);
    EXPECT_EQ(block_tip_salt(over, slot).error(), errc::too_large);
    EXPECT_EQ(transaction_tip_salt(over, slot).error(), errc::too_large);
}

TEST(Salts, BlindedSaltsHaveTheDocumentedOctets) {
    EXPECT_EQ(hex_of(blinded_message_salt(secret_of(1), key_of('A'), key_of('B'), slot)),
              "702bf6b78277ac42ef724dc5cb4b28bdd1946d3a2d2a66b446bcbdac0dc81b26");
    EXPECT_EQ(hex_of(blinded_message_tip_salt(secret_of(1), key_of('A'), key_of('B'))),
              "843d80f176d03c6813d33a4e64a99bfaa7195b40d83766ba6bb07dc05123ef75");
}

TEST(Salts, BlindedSaltsDependOnEverything) {
    auto const a = key_of('A');
    auto const b = key_of('B');
    std::set<std::string> const all{
        blinded_message_salt(secret_of(1), a, b, slot).octets(),
        blinded_message_salt(secret_of(1), b, a, slot).octets(),
        blinded_message_salt(secret_of(1), a, b, slot + 1).octets(),
        blinded_message_salt(secret_of(2), a, b, slot).octets(),
        blinded_message_tip_salt(secret_of(1), a, b).octets(),
        blinded_message_tip_salt(secret_of(1), b, a).octets(),
        blinded_message_tip_salt(secret_of(2), a, b).octets(),
    };
    EXPECT_EQ(all.size(), 7U);
    for (auto const& octets : all)
        EXPECT_EQ(octets.size(), 32U);
}

TEST(Salts, FreeChannelsAreTheirNames) {
    EXPECT_EQ(free_salt("news").value().octets(), "news");
    EXPECT_EQ(free_salt("caf\xc3\xa9").value().octets(), "caf\xc3\xa9");
    EXPECT_EQ(free_salt("gossip column").value().octets(), "gossip column");
    EXPECT_TRUE(free_salt(std::string(64, 'n')));
}

TEST(Salts, FreeChannelsCannotTakeOurLayouts) {
    for (auto const* name :
         {"", "gossip", "cidr", "wallet", "msg", "msgTip", "msgTips", "blkTip", "txTip"})
        EXPECT_EQ(free_salt(name).error(), errc::invalid_argument) << name;
    EXPECT_EQ(free_salt(gossip_salt(slot).octets()).error(), errc::invalid_encoding);
    EXPECT_EQ(free_salt(plain_message_salt(key_of('R'), slot).octets()).error(),
              errc::invalid_encoding);
    EXPECT_EQ(free_salt(block_tip_salt(as_bytes("c"), slot).value().octets()).error(),
              errc::invalid_encoding);
}

TEST(Salts, FreeChannelsAreReadableAndShort) {
    EXPECT_EQ(free_salt("\xff").error(), errc::invalid_encoding);
    EXPECT_EQ(free_salt("a\nb").error(), errc::invalid_encoding);
    EXPECT_EQ(free_salt(std::string(65, 'n')).error(), errc::too_large);
}

} // namespace
} // namespace tau::channel
