#include "wire/bencode_node.hpp"

#include <libtorrent/bencode.hpp>

#include <iterator>

namespace tau::wire {

result<lt::bdecode_node> parse_bencode(byte_view data) {
    auto const text = as_text(data);
    lt::error_code ec;
    auto node = lt::bdecode({text.data(), static_cast<std::ptrdiff_t>(text.size())}, ec, nullptr,
                            max_bencode_depth, max_bencode_tokens);
    if (ec || section_of(node).size() != data.size())
        return errc::invalid_encoding;
    return node;
}

bytes encode_bencode(lt::entry const& value) {
    bytes out;
    lt::bencode(std::back_inserter(out), value);
    return out;
}

lt::entry raw_entry(byte_view raw) {
    return lt::entry(lt::entry::preformatted_type(raw.begin(), raw.end()));
}

lt::entry string_entry(byte_view data) {
    return lt::entry(as_text(data));
}

byte_view section_of(lt::bdecode_node const& node) {
    auto const raw = node.data_section();
    return as_bytes({raw.data(), static_cast<std::size_t>(raw.size())});
}

byte_view string_of(lt::bdecode_node const& node) {
    if (node.type() != lt::bdecode_node::string_t)
        return {};
    return as_bytes({node.string_ptr(), static_cast<std::size_t>(node.string_length())});
}

std::optional<byte_view> find_string(lt::bdecode_node const& dict, std::string_view key) {
    if (dict.type() != lt::bdecode_node::dict_t)
        return std::nullopt;
    auto const node = dict.dict_find_string({key.data(), key.size()});
    if (!node)
        return std::nullopt;
    return string_of(node);
}

std::optional<std::int64_t> find_int(lt::bdecode_node const& dict, std::string_view key) {
    if (dict.type() != lt::bdecode_node::dict_t)
        return std::nullopt;
    auto const node = dict.dict_find_int({key.data(), key.size()});
    if (!node)
        return std::nullopt;
    return node.int_value();
}

result<unix_ms> find_time(lt::bdecode_node const& dict, std::string_view key) {
    constexpr std::int64_t max_ms = 253'402'300'799'999; // the end of the year 9999
    auto const found = find_int(dict, key);
    if (!found)
        return errc::invalid_encoding;
    if (*found < 0 || *found > max_ms)
        return errc::invalid_argument;
    return unix_ms{std::chrono::milliseconds{*found}};
}

} // namespace tau::wire
