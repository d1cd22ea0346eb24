#include "wire/links_value.hpp"

#include "wire/bencode_node.hpp"

#include <algorithm>

namespace tau::wire {
namespace {

// Keeps a time inside what a unix_ms and RFC 3339 can show: up to the year 9999.
constexpr std::int64_t max_time_ms = 253'402'300'799'999;

} // namespace

bytes encode(links_value const& value) {
    bytes all;
    auto const count = std::min(value.links.size(), max_links_value);
    for (std::size_t i = 0; i < count; ++i)
        all.insert(all.end(), value.links[i].begin(), value.links[i].end());
    lt::entry out(lt::entry::dictionary_t);
    out["l"] = string_entry(all);
    out["t"] = value.time.time_since_epoch().count();
    return encode_bencode(out);
}

result<links_value> decode_links_value(byte_view data) {
    TAU_TRY(node, parse_bencode(data));
    if (node.type() != lt::bdecode_node::dict_t)
        return errc::invalid_encoding;
    auto const all = find_string(node, "l");
    auto const time = find_int(node, "t");
    if (!all || !time)
        return errc::invalid_encoding;
    constexpr auto each = wallet_address::size_bytes;
    if (all->size() % each != 0)
        return errc::invalid_length;
    if (all->size() / each > max_links_value)
        return errc::too_large;
    if (*time < 0 || *time > max_time_ms)
        return errc::invalid_argument;
    links_value out;
    out.time = unix_ms{std::chrono::milliseconds{*time}};
    for (std::size_t at = 0; at < all->size(); at += each)
        out.links.push_back(wallet_address::from(all->subspan(at, each)).value());
    return out;
}

} // namespace tau::wire
