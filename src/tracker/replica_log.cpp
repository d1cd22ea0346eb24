#include "tracker/replica_log.hpp"

#include <algorithm>

namespace tau::tracker {

replica_log::verdict replica_log::take(std::uint64_t front_end, std::uint64_t number,
                                       std::uint32_t now_s) {
    auto const known = m_last.find(front_end);
    if (known == m_last.end()) {
        if (m_last.size() >= max_front_ends)
            make_room(now_s);
        m_last[front_end] = {number, now_s};
        return verdict::fresh;
    }
    auto& last = known->second;
    last.seen_s = now_s;
    if (number <= last.number)
        return verdict::known;
    bool const is_next = number == last.number + 1;
    last.number = number;
    return is_next ? verdict::fresh : verdict::gap;
}

void replica_log::make_room(std::uint32_t now_s) {
    std::erase_if(m_last,
                  [&](auto const& entry) { return now_s - entry.second.seen_s > lifetime_s; });
    if (m_last.size() < max_front_ends)
        return;
    m_last.erase(std::min_element(m_last.begin(), m_last.end(), [](auto const& a, auto const& b) {
        return a.second.seen_s < b.second.seen_s;
    }));
}

} // namespace tau::tracker
