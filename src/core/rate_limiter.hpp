#pragma once

#include "core/clock.hpp"

#include <algorithm>
#include <cstddef>
#include <list>
#include <unordered_map>
#include <utility>

namespace tau {

/// Token buckets, one per key, in a table of bounded size.
///
/// A bucket holds at most `burst` tokens and regains `per_second` of them. When
/// the table is full the bucket that was used least recently makes room; it starts
/// full again when it returns, so `max_keys` bounds memory, not fairness.
/// Threading: one thread. Time comes from the caller and must not go back.
template <class Key, class Hash = std::hash<Key>>
class rate_limiter {
public:
    rate_limiter(double per_second, double burst, std::size_t max_keys)
        : m_per_second(per_second), m_burst(burst), m_max_keys(max_keys) {}

    /// Takes `amount` tokens of `key`'s bucket; false, taking none, if it holds fewer.
    [[nodiscard]] bool allow(Key const& key, time_point now, double amount = 1) {
        auto& b = refill(key, now);
        if (b.tokens < amount)
            return false;
        b.tokens -= amount;
        return true;
    }

    /// How long until allow() can succeed; zero if it can now, duration::max() if never.
    [[nodiscard]] duration wait_for(Key const& key, time_point now, double amount = 1) {
        auto const& b = refill(key, now);
        if (b.tokens >= amount)
            return duration::zero();
        if (m_per_second <= 0 || amount > m_burst)
            return duration::max();
        std::chrono::duration<double> const wait((amount - b.tokens) / m_per_second);
        return std::chrono::ceil<duration>(wait);
    }

    [[nodiscard]] std::size_t size() const { return m_index.size(); }

private:
    struct bucket {
        Key key;
        double tokens;
        time_point refilled;
    };
    using order = std::list<bucket>; // most recently used first

    bucket& refill(Key const& key, time_point now) {
        if (auto const found = m_index.find(key); found != m_index.end()) {
            m_order.splice(m_order.begin(), m_order, found->second);
            auto& b = m_order.front();
            std::chrono::duration<double> const passed = now - b.refilled;
            b.tokens = std::min(m_burst, b.tokens + passed.count() * m_per_second);
            b.refilled = now;
            return b;
        }
        if (m_index.size() >= m_max_keys && !m_order.empty()) {
            m_index.erase(m_order.back().key);
            m_order.pop_back();
        }
        m_order.push_front({key, m_burst, now});
        m_index.emplace(key, m_order.begin());
        return m_order.front();
    }

    double m_per_second;
    double m_burst;
    std::size_t m_max_keys;
    order m_order;
    std::unordered_map<Key, typename order::iterator, Hash> m_index;
};

} // namespace tau
