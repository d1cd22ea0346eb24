#pragma once

#include "core/bytes.hpp"
#include "wire/attachment_index.hpp"
#include "wire/message_body.hpp"

#include <cstdint>

namespace tau::messenger {

/// Octets of content in one leaf: an immutable item holds 996 octets as a bencoded
/// string, 16 of them are the authenticator.
inline constexpr std::size_t leaf_bytes = 980;

/// The largest content that travels as a tree of items. Larger files are for sealed
/// torrents, another form of content_ref in a later version of the body.
inline constexpr std::uint64_t max_attachment_bytes = 256 * 1024;

/// A node of the tree: level 0 are leaves, from the left.
struct tree_position {
    unsigned level = 0;
    std::uint64_t index = 0;

    friend auto operator<=>(tree_position const&, tree_position const&) = default;
};

/// The shape that a content of a given size has; nothing about it is left to the sender.
/// The root message names the nodes of the top level, 1 to 5 of them.
class tree_shape {
public:
    /// errc::invalid_argument for size 0, errc::too_large above max_attachment_bytes.
    [[nodiscard]] static result<tree_shape> of(std::uint64_t size);

    [[nodiscard]] unsigned top_level() const { return m_top_level; }
    /// Nodes of a level; 0 above the top.
    [[nodiscard]] std::uint64_t nodes(unsigned level) const;
    /// Children of an index node. Level 0 has none.
    [[nodiscard]] std::uint64_t children(tree_position where) const;
    /// Octets of content in a leaf.
    [[nodiscard]] std::size_t leaf_size(std::uint64_t index) const;
    [[nodiscard]] std::uint64_t size() const { return m_size; }

private:
    [[nodiscard]] std::uint64_t nodes_below_top(unsigned level) const;

    std::uint64_t m_size = 0;
    unsigned m_top_level = 0;
};

/// Encrypts one node (XChaCha20-Poly1305 under the content's own random key; the place in
/// the tree is nonce and associated data). Leaves and index items come out alike: a
/// bencoded value of exactly 1000 octets, so a storing node cannot tell them apart.
/// errc::too_large above leaf_bytes.
[[nodiscard]] result<bytes> seal_node(wire::content_key const& key, tree_position where,
                                      byte_view plain);

/// The leaf_bytes octets that seal_node() took, zeros where the plain ones were fewer.
/// errc::invalid_encoding, or errc::invalid_checksum if it was made for another place or key.
[[nodiscard]] result<bytes> open_node(wire::content_key const& key, tree_position where,
                                      byte_view value);

} // namespace tau::messenger
