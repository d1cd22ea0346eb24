#include "wire/packet.hpp"

#include "core/random.hpp"

#include <gtest/gtest.h>

namespace tau::wire {
namespace {

struct Packets : testing::Test {
    seeded_random random{13};

    std::vector<packet> samples() {
        auto const torrent = random.make<info_hash>();
        bytes block(packet_block_bytes, 5);
        return {want_info{torrent},
                info_part{torrent, 40'000, 16'384, bytes(16'384, 1)},
                want_blocks{torrent, 77, {{0, 16}, {40, 1}}},
                file_block{torrent, 9, block},
                want_items{{random.make<target>(), random.make<target>()}},
                item_values{{bytes(1000, 2), bytes(3, 1)}}};
    }
};

TEST_F(Packets, RoundTrip) {
    for (auto const& one : samples()) {
        auto const plain = encode_packet(one);
        ASSERT_TRUE(plain) << plain.error().message();
        EXPECT_LE(plain.value().size() + 64, 32'768U) << "a frame takes it";
        EXPECT_EQ(decode_packet(plain.value()).value(), one);
    }
}

TEST_F(Packets, HaveTheDocumentedOctets) {
    auto const plain = encode_packet(want_blocks{{}, 258, {{3, 2}}}).value();
    bytes expected(21);
    expected[0] = 3;
    for (auto const octet : {0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 3, 0, 2})
        expected.push_back(static_cast<std::uint8_t>(octet));
    EXPECT_EQ(plain, expected);
}

// A list of items or runs that ends early at a member is a shorter list; nothing else is.
TEST_F(Packets, RefuseEveryTruncationThatIsNoPacket) {
    for (auto const& one : samples()) {
        auto const plain = encode_packet(one).value();
        for (std::size_t length = 0; length < plain.size(); ++length) {
            auto const back = decode_packet(byte_view(plain).first(length));
            if (back) {
                EXPECT_EQ(encode_packet(back.value()).value(),
                          to_bytes(byte_view(plain).first(length)));
            }
        }
    }
    EXPECT_FALSE(decode_packet({}));
    auto const block = encode_packet(samples()[3]).value();
    EXPECT_FALSE(decode_packet(byte_view(block).first(block.size() - 1)));
}

TEST_F(Packets, KeepToTheirLimits) {
    want_blocks many{{}, 0, std::vector<block_run>(max_block_runs + 1, {0, 1})};
    EXPECT_EQ(encode_packet(many).error(), errc::too_large);
    EXPECT_EQ(encode_packet(want_blocks{{}, 0, {{0, 65}}}).error(), errc::too_large);
    EXPECT_EQ(encode_packet(want_blocks{{}, 0, {{0, 0}}}).error(), errc::invalid_argument);
    EXPECT_EQ(encode_packet(want_blocks{}).error(), errc::invalid_argument);
    EXPECT_EQ(encode_packet(file_block{}).error(), errc::invalid_length);
    EXPECT_EQ(encode_packet(info_part{{}, max_info_bytes + 1, 0, bytes(1)}).error(),
              errc::too_large);
    EXPECT_EQ(encode_packet(info_part{{}, 10, 8, bytes(3)}).error(), errc::invalid_argument);
    EXPECT_EQ(encode_packet(want_items{}).error(), errc::invalid_argument);
    EXPECT_EQ(encode_packet(want_items{std::vector<target>(max_wanted_items + 1)}).error(),
              errc::too_large);
    EXPECT_EQ(
        encode_packet(item_values{std::vector<bytes>(max_packet_items + 1, bytes(1))}).error(),
        errc::too_large);
    EXPECT_EQ(encode_packet(item_values{{bytes(1001)}}).error(), errc::too_large);
    EXPECT_EQ(decode_packet(bytes{9}).error(), errc::unsupported_version);
    auto longer = encode_packet(want_info{}).value();
    longer.push_back(0);
    EXPECT_EQ(decode_packet(longer).error(), errc::invalid_encoding);
}

} // namespace
} // namespace tau::wire
