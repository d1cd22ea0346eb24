#include "wire/links_value.hpp"

#include "wire/bencode_node.hpp"

#include <algorithm>

namespace tau::wire {

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
    auto const time = find_time(node, "t");
    if (!all)
        return errc::invalid_encoding;
    if (!time)
        return time.error();
    constexpr auto each = wallet_address::size_bytes;
    if (all->size() % each != 0)
        return errc::invalid_length;
    if (all->size() / each > max_links_value)
        return errc::too_large;
    links_value out;
    out.time = time.value();
    for (std::size_t at = 0; at < all->size(); at += each)
        out.links.push_back(wallet_address::from(all->subspan(at, each)).value());
    return out;
}

} // namespace tau::wire
