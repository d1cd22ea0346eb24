#include "gossip/relay_book.hpp"

#include <algorithm>

namespace tau::gossip {

void relay_book::remove(std::map<name, kept>::iterator at) {
    auto const own = m_by_friend.find(at->second.told_by);
    own->second.erase(at->second.order);
    if (own->second.empty())
        m_by_friend.erase(own);
    m_entries.erase(at);
}

void relay_book::make_room(public_key const& told_by) {
    auto const own = m_by_friend.find(told_by);
    if (own != m_by_friend.end() && own->second.size() >= m_settings.relayed_per_friend) {
        remove(m_entries.find(own->second.begin()->second));
        return;
    }
    if (m_entries.size() < m_settings.relayed_total)
        return;
    auto const most =
        std::max_element(m_by_friend.begin(), m_by_friend.end(), [](auto const& a, auto const& b) {
            return a.second.size() < b.second.size();
        });
    remove(m_entries.find(most->second.begin()->second));
}

bool relay_book::add(wire::gossip_entry const& entry, public_key const& told_by) {
    // Of a state there is one, the newest; a hash is a thing of its own.
    name const key{entry.sender, entry.receiver, entry.type,
                   wire::has_hash(entry.type) ? entry.hash : target{}};
    if (auto const found = m_entries.find(key); found != m_entries.end()) {
        bool const newer = entry.minute > found->second.entry.minute;
        if (newer)
            found->second.entry = entry;
        return newer && !wire::has_hash(entry.type);
    }
    make_room(told_by);
    auto const order = ++m_last;
    m_entries.emplace(key, kept{entry, told_by, order});
    m_by_friend[told_by].emplace(order, key);
    return true;
}

void relay_book::drop(target const& hash) {
    for (auto at = m_entries.begin(); at != m_entries.end();) {
        auto const next = std::next(at);
        if (wire::has_hash(at->second.entry.type) && at->second.entry.hash == hash)
            remove(at);
        at = next;
    }
}

void relay_book::forget(public_key const& told_by) {
    auto const own = m_by_friend.find(told_by);
    if (own == m_by_friend.end())
        return;
    for (auto const& [order, key] : own->second)
        m_entries.erase(key);
    m_by_friend.erase(own);
}

std::vector<entry_group> relay_book::groups(std::int64_t minute) const {
    std::vector<entry_group> out;
    for (auto const& [key, one] : m_entries)
        if (minute - one.entry.minute < std::chrono::minutes(m_settings.relayed_lifetime).count())
            out.push_back({one.entry});
    std::stable_sort(out.begin(), out.end(), [](auto const& a, auto const& b) {
        return a.front().minute > b.front().minute;
    });
    return out;
}

std::vector<entry_group> relay_book::groups_for(wire::pk_id const& receiver,
                                                std::int64_t minute) const {
    auto out = groups(minute);
    std::erase_if(out, [&](auto const& group) { return group.front().receiver != receiver; });
    return out;
}

} // namespace tau::gossip
