#include "wire/sealed_torrent.hpp"

#include "core/hex.hpp"
#include "wire/bencode.hpp"

#include <libtorrent/hasher.hpp>

#include <sodium.h>

#include <array>

namespace tau::wire {
namespace {

constexpr std::string_view name_label = "tau-file-name-v1";
constexpr std::size_t name_octets = 8;

} // namespace

std::string sealed_file_name(file_key const& key) {
    std::array<std::uint8_t, crypto_generichash_BYTES_MIN> digest{};
    auto const label = as_bytes(name_label);
    crypto_generichash(digest.data(), digest.size(), label.data(), label.size(), key.data(),
                       key.size());
    return to_hex(byte_view(digest).first(name_octets));
}

result<bytes> encode_file_info(file_key const& key, std::uint64_t size,
                               std::vector<piece_hash> const& pieces) {
    if (size == 0 || pieces.size() != file_pieces(size))
        return errc::invalid_argument;
    if (size > max_file_bytes)
        return errc::too_large;
    dict_writer out;
    out.integer("length", static_cast<std::int64_t>(sealed_file_bytes(size)));
    out.string("name", sealed_file_name(key));
    out.integer("piece length", static_cast<std::int64_t>(file_piece_bytes(size)));
    out.list("pieces", pieces);
    return out.finish();
}

result<std::vector<piece_hash>> decode_file_info(file_ref const& file, byte_view info) {
    if (hash_of_info(info) != file.torrent)
        return errc::invalid_checksum;
    TAU_TRY(in, dict_reader::parse(info));
    TAU_TRY(pieces, in.list<piece_hash>("pieces", max_file_pieces));
    TAU_TRY(expected, encode_file_info(file.key, file.size, pieces));
    if (!std::equal(expected.begin(), expected.end(), info.begin(), info.end()))
        return errc::invalid_encoding;
    return pieces;
}

info_hash hash_of_info(byte_view info) {
    auto const text = as_text(info);
    lt::hasher h(lt::span<char const>(text.data(), static_cast<std::ptrdiff_t>(text.size())));
    auto const digest = h.final();
    return info_hash::from(as_bytes({digest.data(), info_hash::size_bytes})).value();
}

} // namespace tau::wire
