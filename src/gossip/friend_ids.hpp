#pragma once

#include "wire/gossip_vector.hpp"

#include <map>
#include <set>
#include <vector>

namespace tau::gossip {

/// Friends by their short ids, in both forms. An id may name several: all are candidates.
/// Threading: one thread.
class friend_ids {
public:
    void add(public_key const& key);
    void remove(public_key const& key);
    [[nodiscard]] std::vector<public_key> matching(wire::pk_id const& id,
                                                   wire::pk_id_form form) const;
    [[nodiscard]] bool contains(public_key const& key) const { return m_keys.contains(key); }
    [[nodiscard]] std::set<public_key> const& all() const { return m_keys; }

private:
    std::set<public_key> m_keys;
    std::multimap<wire::pk_id, public_key> m_by_last;
    std::multimap<wire::pk_id, public_key> m_by_first;
};

} // namespace tau::gossip
