#include "gossip/serve_budget.hpp"

namespace tau::gossip {

bool serve_budget::charge(public_key const& who, std::size_t size, time_point now) {
    auto& own = m_accounts[who];
    while (!own.last_minute.empty()
           && now - own.last_minute.front().at >= std::chrono::minutes(1)) {
        own.sum -= own.last_minute.front().octets;
        own.last_minute.pop_front();
    }
    if (own.sum + size > m_settings.served_bytes_per_minute)
        return false;
    own.sum += size;
    own.last_minute.push_back({now, size});
    return true;
}

void serve_budget::expire(time_point now) {
    while (!m_put_order.empty() && now - m_put_order.front().first >= m_settings.item_put_pause) {
        auto const found = m_put.find(m_put_order.front().second);
        if (found != m_put.end() && found->second == m_put_order.front().first)
            m_put.erase(found);
        m_put_order.pop_front();
    }
}

bool serve_budget::may_put(target const& what, time_point now) {
    expire(now);
    if (m_put.contains(what) || m_put.size() >= max_remembered)
        return false;
    on_put(what, now);
    return true;
}

void serve_budget::on_put(target const& what, time_point now) {
    expire(now);
    if (m_put.size() >= max_remembered)
        return;
    m_put.insert_or_assign(what, now);
    m_put_order.emplace_back(now, what);
}

} // namespace tau::gossip
