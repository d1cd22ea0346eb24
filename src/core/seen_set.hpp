#pragma once

#include <cstddef>
#include <deque>
#include <unordered_set>

namespace tau {

/// Remembers the newest `limit` values; older ones are forgotten in the order they came.
/// Threading: one thread.
template <class Value>
class seen_set {
public:
    explicit seen_set(std::size_t limit) : m_limit(limit) {}

    /// False if it was there already.
    bool add(Value const& value) {
        if (!m_values.insert(value).second)
            return false;
        m_order.push_back(value);
        if (m_order.size() > m_limit) {
            m_values.erase(m_order.front());
            m_order.pop_front();
        }
        return true;
    }
    [[nodiscard]] bool has(Value const& value) const { return m_values.contains(value); }
    [[nodiscard]] std::size_t size() const { return m_order.size(); }

private:
    std::size_t m_limit;
    std::unordered_set<Value> m_values;
    std::deque<Value> m_order;
};

} // namespace tau
