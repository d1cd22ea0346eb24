#include "gossip/friend_ids.hpp"

namespace tau::gossip {

using wire::pk_id_form;

void friend_ids::add(public_key const& key) {
    if (!m_keys.insert(key).second)
        return;
    m_by_last.emplace(wire::pk_id_of(key, pk_id_form::last), key);
    m_by_first.emplace(wire::pk_id_of(key, pk_id_form::first), key);
}

void friend_ids::remove(public_key const& key) {
    if (m_keys.erase(key) == 0)
        return;
    auto const is_it = [&](auto const& entry) { return entry.second == key; };
    std::erase_if(m_by_last, is_it);
    std::erase_if(m_by_first, is_it);
}

std::vector<public_key> friend_ids::matching(wire::pk_id const& id, pk_id_form form) const {
    auto const& index = form == pk_id_form::last ? m_by_last : m_by_first;
    std::vector<public_key> out;
    auto const [begin, end] = index.equal_range(id);
    for (auto at = begin; at != end; ++at)
        out.push_back(at->second);
    return out;
}

} // namespace tau::gossip
