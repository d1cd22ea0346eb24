#pragma once

#include "core/clock.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>

namespace tau::messenger {

/// What is to be done later, in order of time and, at one time, of setting.
///
/// Threading: tau thread only. It owns no timer: somebody calls run_due() at next().
class alarm_queue {
public:
    using id = std::uint64_t;

    id set(time_point when, std::function<void()> what) {
        auto const name = ++m_last;
        m_alarms.emplace(std::pair{when, name}, std::move(what));
        m_times.emplace(name, when);
        return name;
    }
    /// Unknown ids, and 0, are ignored.
    void cancel(id name) {
        auto const found = m_times.find(name);
        if (found == m_times.end())
            return;
        m_alarms.erase({found->second, name});
        m_times.erase(found);
    }
    [[nodiscard]] bool is_set(id name) const { return m_times.contains(name); }
    [[nodiscard]] std::optional<time_point> next() const {
        if (m_alarms.empty())
            return std::nullopt;
        return m_alarms.begin()->first.first;
    }
    /// Runs what was due when it was called; what that sets waits for the next call.
    void run_due(time_point now) {
        auto const newest = m_last;
        while (!m_alarms.empty() && m_alarms.begin()->first.first <= now) {
            auto const first = m_alarms.begin();
            if (first->first.second > newest)
                break;
            auto const what = std::move(first->second);
            m_times.erase(first->first.second);
            m_alarms.erase(first);
            what();
        }
    }

private:
    std::map<std::pair<time_point, id>, std::function<void()>> m_alarms;
    std::map<id, time_point> m_times;
    id m_last = 0;
};

} // namespace tau::messenger
