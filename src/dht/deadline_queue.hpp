#pragma once

#include "core/clock.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

namespace tau::dht {

/// At most one deadline for each id, in order of time. Threading: one thread.
class deadline_queue {
public:
    /// Replaces the deadline of `id`; nullopt removes it.
    void set(std::uint64_t id, std::optional<time_point> when) {
        if (auto const found = m_when.find(id); found != m_when.end()) {
            if (when && found->second == *when)
                return;
            m_order.erase({found->second, id});
            m_when.erase(found);
        }
        if (when) {
            m_order.emplace(*when, id);
            m_when.emplace(id, *when);
        }
    }

    [[nodiscard]] std::optional<time_point> next() const {
        if (m_order.empty())
            return std::nullopt;
        return m_order.begin()->first;
    }

    /// Removes and returns an id whose deadline has come; nullopt if there is none.
    [[nodiscard]] std::optional<std::uint64_t> pop_due(time_point now) {
        if (m_order.empty() || m_order.begin()->first > now)
            return std::nullopt;
        auto const id = m_order.begin()->second;
        m_order.erase(m_order.begin());
        m_when.erase(id);
        return id;
    }

private:
    std::set<std::pair<time_point, std::uint64_t>> m_order;
    std::unordered_map<std::uint64_t, time_point> m_when;
};

/// The earlier of two moments, where absence means never.
[[nodiscard]] inline std::optional<time_point> earlier(std::optional<time_point> a,
                                                       std::optional<time_point> b) {
    if (!a || (b && *b < *a))
        return b;
    return a;
}

} // namespace tau::dht
