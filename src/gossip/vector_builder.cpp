#include "gossip/vector_builder.hpp"

#include <algorithm>
#include <utility>

namespace tau::gossip {

entry_name name_of(entry_group const& group) {
    if (group.empty())
        return {};
    auto const& first = group.front();
    return {first.sender, first.receiver, first.type, first.hash};
}

vector_builder::vector_builder(public_key const& self, wire::pk_id_form form, unix_ms time,
                               std::size_t limit)
    : m_own(wire::pk_id_of(self, form)), m_minute(wire::minute_of(time)),
      m_limit(std::min(limit, wire::max_gossip_bytes)) {
    m_out.time = time;
    m_out.form = form;
}

bool vector_builder::add(entry_group group) {
    if (group.empty())
        return true;
    auto const key = name_of(group);
    if (m_known.contains(key))
        return true;
    if (m_out.entries.size() + group.size() > wire::max_gossip_entries)
        return false;
    auto const* before = m_out.entries.empty() ? nullptr : &m_out.entries.back();
    std::size_t cost = 0;
    for (auto& entry : group) {
        entry.minute = std::min(entry.minute, m_minute);
        cost += wire::gossip_cost(entry, before, m_own, m_minute);
        before = &entry;
    }
    if (m_size + cost > m_limit)
        return false;
    m_size += cost;
    m_known.insert(key);
    m_out.entries.insert(m_out.entries.end(), group.begin(), group.end());
    return true;
}

wire::gossip_vector vector_builder::finish(bool own_complete) {
    m_out.own_complete = own_complete;
    return std::move(m_out);
}

} // namespace tau::gossip
