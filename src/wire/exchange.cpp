#include "wire/exchange.hpp"

#include <sodium.h>

#include <limits>

namespace tau::wire {
namespace {

constexpr std::string_view proof_label = "tau-exchange-v1";

lt::entry encode_item(mutable_item const& item, public_key const& sender) {
    lt::entry out(lt::entry::list_t);
    auto& list = out.list();
    list.emplace_back(item.address.salt.octets());
    list.emplace_back(item.seq);
    list.push_back(string_entry(item.sig));
    list.push_back(raw_entry(item.value));
    if (item.address.key != sender)
        list.push_back(string_entry(item.address.key));
    return out;
}

void encode_load(lt::entry& out, exchange_load const& load, public_key const& sender) {
    if (!load.immutables.empty()) {
        auto& list = (out["b"] = lt::entry(lt::entry::list_t)).list();
        for (auto const& value : load.immutables)
            list.push_back(raw_entry(value));
    }
    if (!load.items.empty()) {
        auto& list = (out["i"] = lt::entry(lt::entry::list_t)).list();
        for (auto const& item : load.items)
            list.push_back(encode_item(item, sender));
    }
    if (!load.gossip.empty())
        out["g"] = raw_entry(load.gossip);
}

result<mutable_item> decode_item(lt::bdecode_node const& node, public_key const& sender) {
    if (node.type() != lt::bdecode_node::list_t || node.list_size() < 4)
        return errc::invalid_encoding;
    if (node.list_at(0).type() != lt::bdecode_node::string_t
        || node.list_at(1).type() != lt::bdecode_node::int_t)
        return errc::invalid_encoding;
    mutable_item out;
    TAU_TRY(where, salt::from(as_text(string_of(node.list_at(0)))));
    out.address = {sender, where};
    out.seq = node.list_int_value_at(1);
    TAU_TRY(sig, signature::from(string_of(node.list_at(2))));
    out.sig = sig;
    auto const value = section_of(node.list_at(3));
    if (value.size() > max_value_bytes)
        return errc::too_large;
    out.value = to_bytes(value);
    if (node.list_size() > 4) {
        TAU_TRY(key, public_key::from(string_of(node.list_at(4))));
        out.address.key = key;
    }
    return out;
}

result<exchange_load> decode_load(lt::bdecode_node const& dict, public_key const& sender) {
    constexpr auto limit = static_cast<int>(max_exchange_items);
    exchange_load out;
    if (auto const gossip = dict.dict_find_string("g")) {
        auto const raw = section_of(gossip);
        if (raw.size() > max_exchange_gossip)
            return errc::too_large;
        out.gossip = to_bytes(raw);
    }
    if (auto const list = dict.dict_find_list("b")) {
        if (list.list_size() > limit)
            return errc::too_large;
        for (int i = 0; i < list.list_size(); ++i) {
            auto const value = section_of(list.list_at(i));
            if (value.size() > max_value_bytes)
                return errc::too_large;
            out.immutables.push_back(to_bytes(value));
        }
    }
    if (auto const list = dict.dict_find_list("i")) {
        if (list.list_size() > limit)
            return errc::too_large;
        for (int i = 0; i < list.list_size(); ++i) {
            TAU_TRY(item, decode_item(list.list_at(i), sender));
            out.items.push_back(std::move(item));
        }
    }
    return out;
}

result<std::uint32_t> find_u32(lt::bdecode_node const& dict, char const* key) {
    auto const value = find_int(dict, key).value_or(0);
    if (value < 0 || value > std::numeric_limits<std::uint32_t>::max())
        return errc::invalid_argument;
    return static_cast<std::uint32_t>(value);
}

result<std::optional<std::uint16_t>> find_cursor(lt::bdecode_node const& dict) {
    auto const value = find_int(dict, "o");
    if (!value)
        return std::optional<std::uint16_t>{};
    if (*value < 0 || *value > max_exchange_cursor)
        return errc::invalid_argument;
    return std::optional{static_cast<std::uint16_t>(*value)};
}

result<lt::bdecode_node> body_of(lt::bdecode_node const& message, char const* key) {
    if (message.type() != lt::bdecode_node::dict_t)
        return errc::invalid_encoding;
    if (section_of(message).size() > max_exchange_bytes)
        return errc::too_large;
    if (message.dict_find_list("e"))
        return errc::refused;
    auto out = message.dict_find_dict(key);
    if (!out)
        return errc::invalid_encoding;
    return out;
}

// "<n>:" before a string of n octets.
std::size_t string_cost(std::size_t length) {
    return std::to_string(length).size() + 1 + length;
}

} // namespace

lt::entry encode(exchange_query const& query) {
    lt::entry out(lt::entry::dictionary_t);
    out["q"] = std::string(exchange_method);
    auto& args = out["a"] = lt::entry(lt::entry::dictionary_t);
    encode_load(args, query.load, query.from);
    if (query.proof) {
        args["c"] = string_entry(query.proof->challenge);
        args["s"] = string_entry(query.proof->sig);
    }
    args["f"] = query.capabilities;
    args["k"] = string_entry(query.from);
    args["n"] = string_entry(query.fresh);
    if (query.cursor)
        args["o"] = *query.cursor;
    args["r"] = query.accepted_rate;
    return out;
}

lt::entry encode(exchange_reply const& reply) {
    lt::entry out(lt::entry::dictionary_t);
    encode_load(out, reply.load, reply.from);
    out["a"] = string_entry(to_compact(reply.seen));
    out["f"] = reply.capabilities;
    out["k"] = string_entry(reply.from);
    out["n"] = string_entry(reply.challenge);
    if (reply.next)
        out["o"] = *reply.next;
    out["r"] = reply.accepted_rate;
    if (reply.proof)
        out["s"] = string_entry(*reply.proof);
    return out;
}

result<exchange_query> decode_exchange_query(lt::bdecode_node const& message) {
    TAU_TRY(args, body_of(message, "a"));
    exchange_query out;
    TAU_TRY(from, find_fixed<public_key>(args, "k"));
    out.from = from;
    TAU_TRY(fresh, find_fixed<nonce>(args, "n"));
    out.fresh = fresh;
    if (find_string(args, "c")) {
        TAU_TRY(challenge, find_fixed<nonce>(args, "c"));
        TAU_TRY(sig, find_fixed<signature>(args, "s"));
        out.proof = exchange_proof{challenge, sig};
    }
    TAU_TRY(rate, find_u32(args, "r"));
    out.accepted_rate = rate;
    TAU_TRY(capabilities, find_u32(args, "f"));
    out.capabilities = capabilities;
    TAU_TRY(cursor, find_cursor(args));
    out.cursor = cursor;
    TAU_TRY(load, decode_load(args, from));
    out.load = std::move(load);
    return out;
}

result<exchange_reply> decode_exchange_reply(lt::bdecode_node const& message) {
    TAU_TRY(body, body_of(message, "r"));
    exchange_reply out;
    TAU_TRY(from, find_fixed<public_key>(body, "k"));
    out.from = from;
    TAU_TRY(challenge, find_fixed<nonce>(body, "n"));
    out.challenge = challenge;
    auto const seen = find_string(body, "a");
    if (!seen)
        return errc::invalid_encoding;
    TAU_TRY(where, from_compact(*seen));
    out.seen = where;
    if (find_string(body, "s")) {
        TAU_TRY(sig, find_fixed<signature>(body, "s"));
        out.proof = sig;
    }
    TAU_TRY(rate, find_u32(body, "r"));
    out.accepted_rate = rate;
    TAU_TRY(capabilities, find_u32(body, "f"));
    out.capabilities = capabilities;
    TAU_TRY(next, find_cursor(body));
    out.next = next;
    TAU_TRY(load, decode_load(body, from));
    out.load = std::move(load);
    return out;
}

std::size_t exchange_cost(mutable_item const& item, public_key const& sender) {
    auto cost = 2 + string_cost(item.address.salt.octets().size()) + 2
                + std::to_string(item.seq).size() + string_cost(signature::size_bytes)
                + item.value.size();
    if (item.address.key != sender)
        cost += string_cost(public_key::size_bytes);
    return cost;
}

std::size_t exchange_cost(bytes const& immutable) {
    return immutable.size();
}

std::size_t exchange_gossip_cost(bytes const& gossip) {
    return gossip.empty() ? 0 : 3 + gossip.size();
}

std::size_t exchange_overhead(bool proven) {
    // Keys, key, nonce, rate, capabilities, cursor, and the two list frames.
    constexpr std::size_t fixed = 3 + 35 + 3 + 19 + 3 + 12 + 3 + 12 + 3 + 7 + 10 + 3 + 21;
    constexpr std::size_t proof = 3 + 19 + 3 + 67;
    return exchange_envelope_bytes + fixed + (proven ? proof : 0);
}

bytes proof_octets(exchange_role role, exchange_binding const& binding) {
    bytes out = to_bytes(proof_label);
    out.push_back(static_cast<std::uint8_t>(role));
    for (byte_view part : {binding.query_nonce.view(), binding.challenge.view(),
                           binding.asker.view(), binding.answerer.view()})
        out.insert(out.end(), part.begin(), part.end());
    auto const seen = to_compact(binding.asker_seen_at);
    out.insert(out.end(), seen.begin(), seen.end());
    return out;
}

bool is_signed_by(public_key const& signer, byte_view octets, signature const& sig) {
    return crypto_sign_verify_detached(sig.data(), octets.data(), octets.size(), signer.data())
           == 0;
}

} // namespace tau::wire
