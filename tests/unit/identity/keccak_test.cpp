#include "identity/keccak.hpp"

#include "core/hex.hpp"
#include "core/random.hpp"

#include <crypto++/keccak.h>
#include <gtest/gtest.h>

namespace tau::identity {
namespace {

hash256 oracle(byte_view data) {
    CryptoPP::Keccak_256 hash;
    hash256 out;
    hash.Update(data.data(), data.size());
    hash.Final(out.data());
    return out;
}

TEST(Keccak, GivesThePublishedHashes) {
    EXPECT_EQ(to_hex(keccak256({})),
              "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
    EXPECT_EQ(to_hex(keccak256(as_bytes("abc"))),
              "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45");
    EXPECT_EQ(to_hex(keccak256(as_bytes("The quick brown fox jumps over the lazy dog"))),
              "4d741b6f1eb29cb2a9b9911c82f56fa8d73b04959d3d9d222895df6c0b28aa15");
}

TEST(Keccak, AgreesWithCryptoPpAtEveryLengthOverThreeBlocks) {
    seeded_random random(1);
    bytes data(3 * 136 + 2);
    random.fill(data);
    for (std::size_t size = 0; size <= data.size(); ++size) {
        auto const part = byte_view(data).first(size);
        ASSERT_EQ(keccak256(part), oracle(part)) << size;
    }
}

TEST(Keccak, AgreesWithCryptoPpOnAMegabyte) {
    seeded_random random(2);
    bytes data(1'000'003);
    random.fill(data);
    EXPECT_EQ(keccak256(data), oracle(data));
}

} // namespace
} // namespace tau::identity
