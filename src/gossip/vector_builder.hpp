#pragma once

#include "wire/gossip_vector.hpp"

#include <set>
#include <tuple>

namespace tau::gossip {

/// Entries that only make sense together: a message and the manifests that belong to it.
using entry_group = std::vector<wire::gossip_entry>;
/// What tells one group from another.
using entry_name = std::tuple<wire::pk_id, wire::pk_id, wire::gossip_type, target>;
[[nodiscard]] entry_name name_of(entry_group const& group);

/// Fills a vector, group by group, until it is full. Threading: one thread.
class vector_builder {
public:
    vector_builder(public_key const& self, wire::pk_id_form form, unix_ms time,
                   std::size_t limit = wire::max_gossip_bytes);

    /// False if the group does not fit; one that is in already fits. Entries from the future
    /// become of now.
    bool add(entry_group group);
    /// What names a page in it.
    [[nodiscard]] wire::gossip_entry page_entry(target const& page) const {
        return wire::page_entry(m_own, page, m_minute);
    }
    [[nodiscard]] std::size_t size() const { return m_size; }
    [[nodiscard]] wire::gossip_vector finish(bool own_complete);

private:
    wire::pk_id m_own;
    std::int64_t m_minute;
    std::size_t m_limit;
    wire::gossip_vector m_out;
    std::set<entry_name> m_known;
    std::size_t m_size = wire::gossip_header_bytes;
};

} // namespace tau::gossip
