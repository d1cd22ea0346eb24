#include "wire/sealed_torrent.hpp"

#include "core/random.hpp"

#include <gtest/gtest.h>

namespace tau::wire {
namespace {

struct SealedTorrent : testing::Test {
    seeded_random random{3};
    file_ref file;
    std::vector<piece_hash> pieces;

    void make(std::uint64_t size) {
        file.key = random.make<file_key>();
        file.size = size;
        pieces.clear();
        for (std::uint64_t i = 0; i < file_pieces(size); ++i)
            pieces.push_back(random.make<piece_hash>());
    }
};

TEST(FileShape, FollowsFromTheSize) {
    EXPECT_EQ(file_chunks(1), 1U);
    EXPECT_EQ(sealed_file_bytes(1), sealed_chunk_bytes);
    EXPECT_EQ(file_chunks(file_chunk_bytes + 1), 2U);
    EXPECT_EQ(file_piece_bytes(1), sealed_chunk_bytes);
    EXPECT_EQ(file_piece_bytes(max_file_pieces * file_chunk_bytes), sealed_chunk_bytes);
    EXPECT_EQ(file_piece_bytes(max_file_pieces * file_chunk_bytes + 1), 2 * sealed_chunk_bytes);
    EXPECT_EQ(file_pieces(max_file_pieces * file_chunk_bytes + 1), max_file_pieces / 2 + 1);
    EXPECT_LE(file_pieces(max_file_bytes), max_file_pieces);
    EXPECT_EQ(file_piece_bytes(max_file_bytes), std::uint64_t{4} << 20);
}

TEST_F(SealedTorrent, RoundTrips) {
    for (auto const size : {std::uint64_t{1}, std::uint64_t{5'000'000}, max_file_bytes}) {
        make(size);
        auto const info = encode_file_info(file.key, size, pieces);
        ASSERT_TRUE(info);
        file.torrent = hash_of_info(info.value());
        auto const back = decode_file_info(file, info.value());
        ASSERT_TRUE(back) << back.error().message();
        EXPECT_EQ(back.value(), pieces);
    }
}

TEST_F(SealedTorrent, RefusesWhatIsNotOfThisFile) {
    make(5'000'000);
    auto const info = encode_file_info(file.key, file.size, pieces).value();
    file.torrent = hash_of_info(info);
    for (std::size_t length = 0; length < info.size(); ++length)
        EXPECT_FALSE(decode_file_info(file, byte_view(info).first(length))) << length;
    auto other = file;
    other.key = random.make<file_key>();
    EXPECT_EQ(decode_file_info(other, info).error(), errc::invalid_encoding) << "another name";
    other = file;
    other.size += file_chunk_bytes;
    EXPECT_FALSE(decode_file_info(other, info));
    auto more = to_bytes(info);
    more.insert(more.end() - 1, {'1', ':', 'z', 'i', '1', 'e'});
    other = file;
    other.torrent = hash_of_info(more);
    EXPECT_FALSE(decode_file_info(other, more)) << "nothing is left to the sender";
}

TEST_F(SealedTorrent, CountsItsPieces) {
    make(5'000'000);
    pieces.pop_back();
    EXPECT_EQ(encode_file_info(file.key, file.size, pieces).error(), errc::invalid_argument);
    EXPECT_EQ(encode_file_info(file.key, 0, {}).error(), errc::invalid_argument);
}

TEST_F(SealedTorrent, IsNamedByItsKeyAlone) {
    make(1);
    EXPECT_EQ(sealed_file_name(file.key).size(), 16U);
    EXPECT_NE(sealed_file_name(file.key), sealed_file_name(random.make<file_key>()));
}

} // namespace
} // namespace tau::wire
