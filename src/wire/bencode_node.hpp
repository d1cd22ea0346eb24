#pragma once

#include "core/bytes.hpp"
#include "core/clock.hpp"

#include <libtorrent/bdecode.hpp>
#include <libtorrent/entry.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace tau::wire {

/// libtorrent drops datagrams with more bencode tokens than this, so nothing that we
/// send or store may have them.
inline constexpr int max_bencode_tokens = 500;
/// Lists and dictionaries nest at most this deep; ours need five levels.
inline constexpr int max_bencode_depth = 32;

/// Parses exactly one bencoded value that fills `data`, which must outlive the result.
/// errc::invalid_encoding for anything else or above the two limits.
[[nodiscard]] result<lt::bdecode_node> parse_bencode(byte_view data);

/// The bencoded form of `value`.
[[nodiscard]] bytes encode_bencode(lt::entry const& value);

/// An entry that encodes to exactly `raw`, which must be one bencoded value.
[[nodiscard]] lt::entry raw_entry(byte_view raw);

/// A bencode string with the octets of `data`.
[[nodiscard]] lt::entry string_entry(byte_view data);

/// The octets from which `node` was parsed, not copied.
[[nodiscard]] byte_view section_of(lt::bdecode_node const& node);

/// The octets of a bencode string, not copied; empty unless `node` is a string.
[[nodiscard]] byte_view string_of(lt::bdecode_node const& node);

/// The string at `key` of a dictionary; nullopt if there is none.
[[nodiscard]] std::optional<byte_view> find_string(lt::bdecode_node const& dict,
                                                   std::string_view key);

/// The integer at `key` of a dictionary; nullopt if there is none.
[[nodiscard]] std::optional<std::int64_t> find_int(lt::bdecode_node const& dict,
                                                   std::string_view key);

/// The unix time in milliseconds at `key`; errc::invalid_encoding if there is none,
/// errc::invalid_argument before 1970 or after 9999, which RFC 3339 cannot show.
[[nodiscard]] result<unix_ms> find_time(lt::bdecode_node const& dict, std::string_view key);

/// The fixed-size string at `key`; errc::invalid_encoding if there is none,
/// errc::invalid_length if it has another size.
template <class Fixed>
[[nodiscard]] result<Fixed> find_fixed(lt::bdecode_node const& dict, std::string_view key) {
    auto const found = find_string(dict, key);
    if (!found)
        return errc::invalid_encoding;
    return Fixed::from(*found);
}

} // namespace tau::wire
