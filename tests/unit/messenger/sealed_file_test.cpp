#include "messenger/sealed_file.hpp"

#include <sodium.h>

#include <gtest/gtest.h>

namespace tau::messenger {
namespace {

bytes noise(std::size_t size, std::uint64_t seed) {
    seeded_random random(seed);
    bytes out(size);
    random.fill(out);
    return out;
}

struct sealed {
    sealed_file file;
    bytes octets;
};

sealed seal(bytes const& content, std::size_t part) {
    seeded_random random(5);
    auto sealer = file_sealer::of(content.size(), random).value();
    sealed out;
    auto const sink = [&](byte_view chunk) {
        out.octets.insert(out.octets.end(), chunk.begin(), chunk.end());
        return error_code{};
    };
    for (std::size_t at = 0; at < content.size(); at += part)
        EXPECT_FALSE(sealer.write(
            byte_view(content).subspan(at, std::min(part, content.size() - at)), sink));
    out.file = sealer.finish(sink).value();
    return out;
}

byte_view chunk_of(sealed const& from, std::size_t index) {
    return byte_view(from.octets)
        .subspan(index * wire::sealed_chunk_bytes, wire::sealed_chunk_bytes);
}

TEST(SealedFile, OpensAgainHoweverItWasCut) {
    auto const content = noise(3 * wire::file_chunk_bytes + 17, 1);
    auto const whole = seal(content, content.size());
    for (std::size_t const part : {std::size_t{1000}, wire::file_chunk_bytes, std::size_t{65'536}})
        EXPECT_EQ(seal(content, part).octets, whole.octets) << part;
    EXPECT_EQ(whole.octets.size(), wire::sealed_file_bytes(content.size()));
    bytes plain(wire::file_chunk_bytes);
    bytes back;
    for (std::size_t i = 0; i < wire::file_chunks(content.size()); ++i) {
        ASSERT_FALSE(open_chunk(whole.file.ref.key, i, chunk_of(whole, i), plain));
        back.insert(back.end(), plain.begin(), plain.end());
    }
    back.resize(content.size());
    EXPECT_EQ(back, content);
    hash256 digest;
    crypto_hash_sha256(digest.data(), content.data(), content.size());
    EXPECT_EQ(whole.file.ref.sha256, digest);
    EXPECT_TRUE(std::equal(whole.file.head.begin(), whole.file.head.end(), content.begin()));
}

TEST(SealedFile, ItsTorrentHasTheHashesOfThePieces) {
    auto const content = noise(40 * wire::file_chunk_bytes, 2);
    auto const made = seal(content, 100'000);
    auto const pieces = wire::decode_file_info(made.file.ref, made.file.info);
    ASSERT_TRUE(pieces) << pieces.error().message();
    running_digest sha1(running_digest::kind::sha1);
    sha1.add(chunk_of(made, 7));
    EXPECT_EQ(to_bytes(pieces.value().at(7)), sha1.take());
}

TEST(SealedFile, AChunkOpensOnlyInItsPlaceAndUnderItsKey) {
    auto const made = seal(noise(2 * wire::file_chunk_bytes, 3), 5000);
    bytes plain(wire::file_chunk_bytes);
    auto const& key = made.file.ref.key;
    EXPECT_EQ(open_chunk(key, 1, chunk_of(made, 0), plain), errc::invalid_checksum);
    EXPECT_EQ(open_chunk({}, 0, chunk_of(made, 0), plain), errc::invalid_checksum);
    EXPECT_EQ(open_chunk(key, 0, chunk_of(made, 0).first(100), plain), errc::invalid_length);
    auto bent = to_bytes(chunk_of(made, 0));
    bent[40'000] ^= 1;
    EXPECT_EQ(open_chunk(key, 0, bent, plain), errc::invalid_checksum);
}

TEST(SealedFile, TheSealerKeepsToTheSizeThatWasSaid) {
    seeded_random random(1);
    auto const nowhere = [](byte_view) { return error_code{}; };
    EXPECT_EQ(file_sealer::of(0, random).error(), errc::invalid_argument);
    EXPECT_EQ(file_sealer::of(wire::max_file_bytes + 1, random).error(), errc::too_large);
    auto sealer = file_sealer::of(100, random).value();
    EXPECT_EQ(sealer.write(bytes(101), nowhere), errc::too_large);
    EXPECT_FALSE(sealer.write(bytes(99), nowhere));
    EXPECT_EQ(sealer.finish(nowhere).error(), errc::invalid_argument);
}

TEST(FileCheck, FindsWhatIsNotWhole) {
    auto const made = seal(noise(2 * wire::file_chunk_bytes + 1, 4), 5000);
    file_check check(made.file.ref);
    EXPECT_EQ(check.add(chunk_of(made, 1)), errc::invalid_checksum);
    EXPECT_EQ(check.chunks(), 0U);
    EXPECT_EQ(check.finish(), errc::invalid_argument);
    for (std::size_t i = 0; i < 3; ++i)
        EXPECT_FALSE(check.add(chunk_of(made, i)));
    EXPECT_TRUE(check.is_whole());
    EXPECT_FALSE(check.finish());

    auto other = made.file.ref;
    other.sha256 = {};
    file_check wrong(other);
    for (std::size_t i = 0; i < 3; ++i)
        EXPECT_FALSE(wrong.add(chunk_of(made, i)));
    EXPECT_EQ(wrong.finish(), errc::invalid_checksum);
}

} // namespace
} // namespace tau::messenger
