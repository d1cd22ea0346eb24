#include "wire/endpoint_value.hpp"

#include "wire/bencode_node.hpp"

namespace tau::wire {

bytes encode(endpoint_value const& value) {
    lt::entry out(lt::entry::dictionary_t);
    auto& list = (out["e"] = lt::entry(lt::entry::list_t)).list();
    for (auto const& where : value.endpoints)
        if (list.size() < max_cidr_endpoints)
            list.push_back(string_entry(to_compact(where)));
    out["n"] = static_cast<int>(value.nat);
    out["t"] = value.time.time_since_epoch().count();
    return encode_bencode(out);
}

result<endpoint_value> decode_endpoint_value(byte_view data) {
    TAU_TRY(node, parse_bencode(data));
    if (node.type() != lt::bdecode_node::dict_t)
        return errc::invalid_encoding;
    auto const list = node.dict_find_list("e");
    auto const time = find_time(node, "t");
    if (!list)
        return errc::invalid_encoding;
    if (!time)
        return time.error();
    if (list.list_size() > static_cast<int>(max_cidr_endpoints))
        return errc::too_large;
    endpoint_value out;
    for (int i = 0; i < list.list_size(); ++i) {
        TAU_TRY(where, from_compact(string_of(list.list_at(i))));
        if (where.port() == 0)
            return errc::invalid_argument;
        out.endpoints.push_back(where);
    }
    out.time = time.value();
    // A kind that a later version adds is one that we do not know.
    auto const nat = find_int(node, "n").value_or(0);
    if (nat >= 0 && nat <= static_cast<int>(stated_nat::symmetric))
        out.nat = static_cast<stated_nat>(nat);
    return out;
}

} // namespace tau::wire
