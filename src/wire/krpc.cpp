#include "wire/krpc.hpp"

namespace tau::wire {
namespace {

constexpr std::size_t id_bytes = node_id::size_bytes;

lt::entry query_entry(char const* method) {
    lt::entry out(lt::entry::dictionary_t);
    out["q"] = method;
    out["a"] = lt::entry(lt::entry::dictionary_t);
    return out;
}

result<lt::bdecode_node> dict_at(lt::bdecode_node const& message, char const* key) {
    if (message.type() != lt::bdecode_node::dict_t)
        return errc::invalid_encoding;
    auto out = message.dict_find_dict(key);
    if (!out)
        return errc::invalid_encoding;
    return out;
}

// Takes compact node infos of `address_bytes` + 2 + 20 octets; a ragged end is ignored.
void append_nodes(std::vector<node_info>& out, byte_view compact, std::size_t endpoint_bytes) {
    auto const stride = id_bytes + endpoint_bytes;
    for (; compact.size() >= stride && out.size() < max_reply_nodes;
         compact = compact.subspan(stride)) {
        auto const where = from_compact(compact.subspan(id_bytes, endpoint_bytes));
        if (where && where.value().port() != 0)
            out.push_back({node_id::from(compact.first(id_bytes)).value(), where.value()});
    }
}

// A bencoded string under `key` as it came, if it is not too large.
std::optional<bytes> take_gossip(lt::bdecode_node const& dict, char const* key) {
    auto const found = dict.dict_find_string(key);
    if (!found || section_of(found).size() > max_get_gossip)
        return std::nullopt;
    return to_bytes(section_of(found));
}

// An optional fixed-size string: absent is fine, another size is not.
template <class Fixed>
error_code take(std::optional<Fixed>& out, lt::bdecode_node const& dict, char const* key) {
    auto const found = find_string(dict, key);
    if (!found)
        return {};
    auto value = Fixed::from(*found);
    if (!value)
        return value.error();
    out = value.value();
    return {};
}

} // namespace

lt::entry encode(get_query const& query) {
    auto out = query_entry("get");
    out["a"]["target"] = string_entry(query.what);
    if (query.seq)
        out["a"]["seq"] = *query.seq;
    if (query.rider) {
        out["a"]["tg"] = raw_entry(query.rider->gossip);
        out["a"]["tk"] = string_entry(query.rider->from);
    }
    return out;
}

result<get_query> decode_get_query(lt::bdecode_node const& message) {
    TAU_TRY(args, dict_at(message, "a"));
    TAU_TRY(what, find_fixed<target>(args, "target"));
    get_query out{what, find_int(args, "seq")};
    auto const from = find_fixed<public_key>(args, "tk");
    auto gossip = take_gossip(args, "tg");
    if (from && gossip)
        out.rider = get_rider{from.value(), std::move(*gossip)};
    return out;
}

lt::entry encode(get_reply const& reply) {
    lt::entry out(lt::entry::dictionary_t);
    out["id"] = string_entry(reply.id);
    if (reply.key)
        out["k"] = string_entry(*reply.key);
    std::string nodes, nodes6;
    for (auto const& node : reply.nodes) {
        auto& list = node.where.address().is_v4() ? nodes : nodes6;
        list += as_text(node.id);
        list += as_text(to_compact(node.where));
    }
    if (!nodes.empty())
        out["nodes"] = nodes;
    if (!nodes6.empty())
        out["nodes6"] = nodes6;
    if (reply.seq)
        out["seq"] = *reply.seq;
    if (reply.sig)
        out["sig"] = string_entry(*reply.sig);
    if (reply.gossip)
        out["tg"] = raw_entry(*reply.gossip);
    if (!reply.token.empty())
        out["token"] = string_entry(reply.token);
    if (reply.value)
        out["v"] = raw_entry(*reply.value);
    return out;
}

result<get_reply> decode_get_reply(lt::bdecode_node const& message) {
    if (message.type() == lt::bdecode_node::dict_t && message.dict_find_list("e"))
        return errc::refused;
    TAU_TRY(r, dict_at(message, "r"));
    get_reply out;
    TAU_TRY(id, find_fixed<node_id>(r, "id"));
    out.id = id;
    if (auto const token = find_string(r, "token")) {
        if (token->size() > max_token_bytes)
            return errc::too_large;
        out.token = to_bytes(*token);
    }
    if (auto const nodes = find_string(r, "nodes"))
        append_nodes(out.nodes, *nodes, 6);
    if (auto const nodes = find_string(r, "nodes6"))
        append_nodes(out.nodes, *nodes, 18);
    if (auto const value = r.dict_find("v")) {
        auto const raw = section_of(value);
        if (raw.size() > max_value_bytes)
            return errc::too_large;
        out.value = to_bytes(raw);
    }
    if (auto const ec = take(out.key, r, "k"))
        return ec;
    if (auto const ec = take(out.sig, r, "sig"))
        return ec;
    out.seq = find_int(r, "seq");
    out.gossip = take_gossip(r, "tg");
    out.seen = seen_endpoint(message);
    return out;
}

result<mutable_item> item_of(get_reply const& reply, item_address const& address) {
    if (!reply.value)
        return errc::not_found;
    if (!reply.key || !reply.sig || !reply.seq || *reply.key != address.key)
        return errc::invalid_signature;
    return mutable_item{address, *reply.seq, *reply.value, *reply.sig};
}

lt::entry encode_put(mutable_item const& item, byte_view token) {
    auto out = encode_put(byte_view(item.value), token);
    auto& args = out["a"];
    args["k"] = string_entry(item.address.key);
    if (!item.address.salt.empty())
        args["salt"] = item.address.salt.octets();
    args["seq"] = item.seq;
    args["sig"] = string_entry(item.sig);
    return out;
}

lt::entry encode_put(byte_view value, byte_view token) {
    auto out = query_entry("put");
    out["a"]["token"] = string_entry(token);
    out["a"]["v"] = raw_entry(value);
    return out;
}

std::optional<endpoint> seen_endpoint(lt::bdecode_node const& message) {
    auto const compact = find_string(message, "ip");
    if (!compact)
        return std::nullopt;
    auto const seen = from_compact(*compact);
    if (!seen || seen.value().port() == 0)
        return std::nullopt;
    return seen.value();
}

} // namespace tau::wire
