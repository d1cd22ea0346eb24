#pragma once

#include "core/bytes.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tau::wire {

/// The largest file that one message names.
inline constexpr std::uint64_t max_file_bytes = std::uint64_t{4} << 30;
/// Octets of the file in one chunk, and of the chunk once it is sealed.
inline constexpr std::size_t file_chunk_bytes = 65'520;
inline constexpr std::size_t sealed_chunk_bytes = 65'536;
/// A torrent has at most this many pieces, unless they are as small as pieces may be.
inline constexpr std::uint64_t max_file_pieces = 2'048;

using file_key = fixed_bytes<32, struct file_key_tag>;     ///< opens one sealed file
using piece_hash = fixed_bytes<20, struct piece_hash_tag>; ///< SHA-1 of a piece, BEP 3

/// A file that is a sealed torrent (docs/wire/messages.md, "Sealed files").
struct file_ref {
    info_hash torrent;      ///< of the sealed octets
    file_key key;           ///< random, for this file alone
    std::uint64_t size = 0; ///< octets of the file, 1 to max_file_bytes
    hash256 sha256;         ///< of the file

    friend bool operator==(file_ref const&, file_ref const&) = default;
};

// What a file's size alone decides; nothing of it is left to the sender.
[[nodiscard]] constexpr std::uint64_t file_chunks(std::uint64_t size) {
    return (size + file_chunk_bytes - 1) / file_chunk_bytes;
}
[[nodiscard]] constexpr std::uint64_t sealed_file_bytes(std::uint64_t size) {
    return file_chunks(size) * sealed_chunk_bytes;
}
/// The smallest power of two from sealed_chunk_bytes on that makes no more than
/// max_file_pieces of it.
[[nodiscard]] constexpr std::uint64_t file_piece_bytes(std::uint64_t size) {
    std::uint64_t out = sealed_chunk_bytes;
    while (out * max_file_pieces < sealed_file_bytes(size))
        out *= 2;
    return out;
}
[[nodiscard]] constexpr std::uint64_t file_pieces(std::uint64_t size) {
    return (sealed_file_bytes(size) + file_piece_bytes(size) - 1) / file_piece_bytes(size);
}

/// The name that the torrent gives its one file: 16 hexadecimal digits that nobody without
/// the key can tell from chance.
[[nodiscard]] std::string sealed_file_name(file_key const& key);

/// The info dictionary (BEP 3). errc::invalid_argument unless there are as many hashes as
/// the size asks for.
///
/// Source: docs/wire/messages.md. Threading: any.
[[nodiscard]] result<bytes> encode_file_info(file_key const& key, std::uint64_t size,
                                             std::vector<piece_hash> const& pieces);
/// The piece hashes of an info dictionary that encode_file_info() could have made for this
/// file; errc::invalid_checksum if it has another hash, errc::invalid_encoding and
/// errc::invalid_argument for any other.
[[nodiscard]] result<std::vector<piece_hash>> decode_file_info(file_ref const& file,
                                                               byte_view info);
/// SHA-1, as a swarm is named.
[[nodiscard]] info_hash hash_of_info(byte_view info);

} // namespace tau::wire
