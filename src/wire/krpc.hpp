#pragma once

#include "core/endpoint.hpp"
#include "wire/bencode_node.hpp"
#include "wire/mutable_item.hpp"

#include <optional>
#include <vector>

namespace tau::wire {

using node_id = fixed_bytes<20, struct node_id_tag>;

/// A DHT node as BEP 5's compact node info names it.
struct node_info {
    node_id id;
    endpoint where;

    friend bool operator==(node_info const&, node_info const&) = default;
};

/// Nodes taken from one answer; a stock node sends 8 of each family. Ours to set.
inline constexpr std::size_t max_reply_nodes = 32;
/// BEP 44 tokens are opaque; libtorrent's have 4 octets, others up to 20. Ours to set.
inline constexpr std::size_t max_token_bytes = 64;

/// Octets of gossip, a bencoded string, that ride on a `get` or its answer.
inline constexpr std::size_t max_get_gossip = 640;

/// What an answer carries that has none: an empty string.
[[nodiscard]] inline bytes no_gossip() {
    return {'0', ':'};
}

/// What rides on a `get` to the node of a friend; stock nodes pass over it.
struct get_rider {
    public_key from; ///< who asks
    bytes gossip;    ///< boxed for whom is asked, one bencoded string

    friend bool operator==(get_rider const&, get_rider const&) = default;
};

/// BEP 44 `get`. With `seq`, only an item with a higher seq is sent in full.
struct get_query {
    target what;
    std::optional<std::int64_t> seq{};
    std::optional<get_rider> rider{};

    friend bool operator==(get_query const&, get_query const&) = default;
};

/// `q` and `a` of the message; whoever sends it adds `t`, `y` and `a.id`.
[[nodiscard]] lt::entry encode(get_query const& query);
/// `message` is the whole KRPC message; a rider that is malformed or too large is passed over.
/// errc::invalid_encoding, errc::invalid_length.
[[nodiscard]] result<get_query> decode_get_query(lt::bdecode_node const& message);

/// The answer to `get` as it came: nothing in it is verified.
struct get_reply {
    node_id id{};
    bytes token{}; ///< empty: none, no put possible
    std::vector<node_info> nodes{};
    std::optional<bytes> value{}; ///< raw bencoded `v`, up to max_value_bytes
    std::optional<public_key> key{};
    std::optional<signature> sig{};
    std::optional<std::int64_t> seq{};
    std::optional<bytes> gossip{};  ///< ours was taken; theirs for us, or an empty string
    std::optional<endpoint> seen{}; ///< BEP 42 `ip`: how the answerer sees us

    friend bool operator==(get_reply const&, get_reply const&) = default;
};

/// The `r` dictionary of an answer.
[[nodiscard]] lt::entry encode(get_reply const& reply);
/// `message` is the whole KRPC message. errc::refused for an error message,
/// errc::too_large above a limit, errc::invalid_encoding, errc::invalid_length.
[[nodiscard]] result<get_reply> decode_get_reply(lt::bdecode_node const& message);

/// The mutable item at `address` that a reply claims to hold, not verified.
/// errc::not_found without a value, errc::invalid_signature if `k` is another key or
/// `sig` or `seq` is missing.
[[nodiscard]] result<mutable_item> item_of(get_reply const& reply, item_address const& address);

/// BEP 44 `put` of a mutable item to one node that gave `token`; `q` and `a`.
[[nodiscard]] lt::entry encode_put(mutable_item const& item, byte_view token);
/// BEP 44 `put` of an immutable value; `q` and `a`.
[[nodiscard]] lt::entry encode_put(byte_view value, byte_view token);

/// BEP 42's top-level `ip` of any answer: our endpoint as the answerer sees it.
[[nodiscard]] std::optional<endpoint> seen_endpoint(lt::bdecode_node const& message);

} // namespace tau::wire
