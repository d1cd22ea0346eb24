#include "messenger/attachment_tree.hpp"

#include "wire/bencode.hpp"
#include "wire/mutable_item.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>

namespace tau::messenger {
namespace {

constexpr std::size_t nonce_bytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t tag_bytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t node_bytes = leaf_bytes + tag_bytes;
static_assert(4 + node_bytes == wire::max_value_bytes);
static_assert(crypto_aead_xchacha20poly1305_ietf_KEYBYTES == wire::content_key::size_bytes);

constexpr std::string_view node_label = "tau-content-v1";

constexpr std::uint64_t divided_up(std::uint64_t count, std::uint64_t by) {
    return (count + by - 1) / by;
}

// The key serves one content only, so a place in the tree never repeats under it.
std::array<std::uint8_t, nonce_bytes> nonce_of(tree_position where) {
    std::array<std::uint8_t, nonce_bytes> out{};
    out[0] = static_cast<std::uint8_t>(where.level);
    for (unsigned i = 0; i < 8; ++i)
        out[1 + i] = static_cast<std::uint8_t>(where.index >> (56 - 8 * i));
    return out;
}

} // namespace

result<tree_shape> tree_shape::of(std::uint64_t size) {
    if (size == 0)
        return errc::invalid_argument;
    if (size > max_attachment_bytes)
        return errc::too_large;
    tree_shape out;
    out.m_size = size;
    while (out.nodes_below_top(out.m_top_level) > wire::max_content_roots)
        ++out.m_top_level;
    return out;
}

std::uint64_t tree_shape::nodes_below_top(unsigned level) const {
    auto count = divided_up(m_size, leaf_bytes);
    for (unsigned i = 0; i < level; ++i)
        count = divided_up(count, wire::max_index_targets);
    return count;
}

std::uint64_t tree_shape::nodes(unsigned level) const {
    return level > m_top_level ? 0 : nodes_below_top(level);
}

std::uint64_t tree_shape::children(tree_position where) const {
    if (where.level == 0 || where.index >= nodes(where.level))
        return 0;
    auto const before = where.index * wire::max_index_targets;
    return std::min<std::uint64_t>(wire::max_index_targets, nodes(where.level - 1) - before);
}

std::size_t tree_shape::leaf_size(std::uint64_t index) const {
    if (index >= nodes(0))
        return 0;
    return static_cast<std::size_t>(
        std::min<std::uint64_t>(leaf_bytes, m_size - index * leaf_bytes));
}

result<bytes> seal_node(wire::content_key const& key, tree_position where, byte_view plain) {
    if (plain.size() > leaf_bytes)
        return errc::too_large;
    bytes padded = to_bytes(plain);
    padded.resize(leaf_bytes);
    auto const nonce = nonce_of(where);
    auto const label = as_bytes(node_label);
    bytes sealed(node_bytes);
    crypto_aead_xchacha20poly1305_ietf_encrypt(sealed.data(), nullptr, padded.data(), padded.size(),
                                               label.data(), label.size(), nullptr, nonce.data(),
                                               key.data());
    return wire::wrap_string(sealed);
}

result<bytes> open_node(wire::content_key const& key, tree_position where, byte_view value) {
    TAU_TRY(sealed, wire::unwrap_string(value));
    if (sealed.size() != node_bytes)
        return errc::invalid_encoding;
    auto const nonce = nonce_of(where);
    auto const label = as_bytes(node_label);
    bytes plain(leaf_bytes);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain.data(), nullptr, nullptr, sealed.data(),
                                                   sealed.size(), label.data(), label.size(),
                                                   nonce.data(), key.data())
        != 0)
        return errc::invalid_checksum;
    return plain;
}

} // namespace tau::messenger
