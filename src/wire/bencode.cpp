#include "wire/bencode.hpp"

#include "core/text.hpp"
#include "wire/bencode_node.hpp"

#include <cassert>

namespace tau::wire {
namespace {

lt::string_view key_of(std::string_view key) {
    return {key.data(), key.size()};
}

} // namespace

void dict_writer::write_key(std::string_view key) {
    assert(m_out == "d" || m_last_key < key);
    m_last_key = key;
    m_out += std::to_string(key.size()) + ":" + m_last_key;
}

void dict_writer::integer(std::string_view key, std::int64_t value) {
    write_key(key);
    m_out += "i" + std::to_string(value) + "e";
}

void dict_writer::string(std::string_view key, byte_view value) {
    write_key(key);
    m_out += std::to_string(value.size()) + ":";
    m_out += as_text(value);
}

void dict_writer::string(std::string_view key, std::string_view value) {
    string(key, as_bytes(value));
}

bytes dict_writer::finish() {
    m_out += "e";
    return to_bytes(m_out);
}

result<dict_reader> dict_reader::parse(byte_view data) {
    TAU_TRY(root, parse_bencode(data));
    if (root.type() != lt::bdecode_node::dict_t)
        return errc::invalid_encoding;
    dict_reader out;
    out.m_root = std::move(root);
    return out;
}

bool dict_reader::has(std::string_view key) const {
    return m_root.dict_find(key_of(key)).type() != lt::bdecode_node::none_t;
}

result<std::int64_t> dict_reader::integer(std::string_view key, std::int64_t min,
                                          std::int64_t max) const {
    auto const node = m_root.dict_find(key_of(key));
    if (node.type() != lt::bdecode_node::int_t)
        return errc::invalid_encoding;
    auto const value = node.int_value();
    if (value < min || value > max)
        return errc::invalid_argument;
    return value;
}

result<byte_view> dict_reader::string(std::string_view key, std::size_t max_bytes) const {
    auto const node = m_root.dict_find(key_of(key));
    if (node.type() != lt::bdecode_node::string_t)
        return errc::invalid_encoding;
    auto const out = string_of(node);
    if (out.size() > max_bytes)
        return errc::too_large;
    return out;
}

result<std::string> dict_reader::text(std::string_view key, std::size_t max_bytes) const {
    if (!has(key))
        return std::string{};
    TAU_TRY(data, string(key, max_bytes));
    if (!is_utf8(as_text(data)))
        return errc::invalid_encoding;
    return std::string{as_text(data)};
}

error_code dict_reader::check_version(std::int64_t supported) const {
    auto const node = m_root.dict_find("v");
    if (node.type() != lt::bdecode_node::int_t)
        return errc::invalid_encoding;
    return node.int_value() == supported ? error_code{} : errc::unsupported_version;
}

bytes wrap_string(byte_view data) {
    bytes out = to_bytes(std::to_string(data.size()) + ":");
    out.insert(out.end(), data.begin(), data.end());
    return out;
}

result<byte_view> unwrap_string(byte_view value) {
    TAU_TRY(node, parse_bencode(value));
    if (node.type() != lt::bdecode_node::string_t)
        return errc::invalid_encoding;
    return string_of(node);
}

} // namespace tau::wire
