#pragma once

#include "wire/sealed_torrent.hpp"

#include <variant>
#include <vector>

namespace tau::wire {

/// The first octet of a packet; that of a sealed message is another.
inline constexpr std::uint8_t packet_version = 2;
/// Octets of one block of a sealed file: a quarter of a chunk.
inline constexpr std::size_t packet_block_bytes = 16'384;
/// Runs of blocks in one request, and blocks of all of them.
inline constexpr std::size_t max_block_runs = 32;
inline constexpr std::uint32_t max_wanted_blocks = 64;
/// Items of attachments that one packet asks for, and that one brings.
inline constexpr std::size_t max_wanted_items = 64;
inline constexpr std::size_t max_packet_items = 16;
inline constexpr std::size_t max_packet_item_bytes = 1'000;
/// Octets of an info dictionary.
inline constexpr std::uint32_t max_info_bytes = 64 * 1024;

/// Blocks of a sealed file of so many octets.
[[nodiscard]] constexpr std::uint64_t file_blocks(std::uint64_t size) {
    return sealed_file_bytes(size) / packet_block_bytes;
}

/// Blocks of a file in a row, numbered from its beginning.
struct block_run {
    std::uint32_t first = 0;
    std::uint16_t count = 0;

    friend bool operator==(block_run const&, block_run const&) = default;
};

// What the nodes of two friends say to each other over links and paths, besides messages.
struct want_info {
    info_hash torrent;
    friend bool operator==(want_info const&, want_info const&) = default;
};
struct info_part {
    info_hash torrent;
    std::uint32_t total = 0; ///< octets of the whole dictionary
    std::uint32_t from = 0;
    bytes octets;
    friend bool operator==(info_part const&, info_part const&) = default;
};
struct want_blocks {
    info_hash torrent;
    std::uint64_t here = 0; ///< octets of the file that whoever asks has
    std::vector<block_run> runs;
    friend bool operator==(want_blocks const&, want_blocks const&) = default;
};
struct file_block {
    info_hash torrent;
    std::uint32_t index = 0;
    bytes octets; ///< packet_block_bytes, sealed as in the file
    friend bool operator==(file_block const&, file_block const&) = default;
};
struct want_items {
    std::vector<target> targets;
    friend bool operator==(want_items const&, want_items const&) = default;
};
struct item_values {
    std::vector<bytes> values; ///< bencoded, as dht::access has them
    friend bool operator==(item_values const&, item_values const&) = default;
};
using packet = std::variant<want_info, info_part, want_blocks, file_block, want_items, item_values>;

/// The plain octets of a packet. errc::invalid_argument or errc::too_large for what
/// decode_packet() would refuse.
///
/// Source: docs/wire/packets.md. Threading: any.
[[nodiscard]] result<bytes> encode_packet(packet const& what);
/// errc::unsupported_version for an unknown kind, errc::invalid_encoding,
/// errc::invalid_argument, errc::too_large.
[[nodiscard]] result<packet> decode_packet(byte_view plain);

} // namespace tau::wire
