#pragma once

#include "core/clock.hpp"
#include "messenger/alarm_queue.hpp"

#include <deque>
#include <functional>

namespace tau::messenger {

struct engine_core;

/// Recursive operations that nobody waits for, one after the other at a pace that keeps
/// an idle node quiet: reads of idle friends' tips, and putting again what nobody fetched.
/// For `eager_time` after the start the pace is fast, to catch up.
///
/// Threading: tau thread only.
class background_line {
public:
    static constexpr std::chrono::minutes eager_time{4};
    static constexpr std::chrono::milliseconds eager_pause{250};

    explicit background_line(engine_core& core) : m_core(core) {}
    void start();
    void push(std::function<void()> what);

private:
    void arm();

    engine_core& m_core;
    std::deque<std::function<void()>> m_line;
    time_point m_started{};
    time_point m_next{};
    bool m_armed = false;
};

} // namespace tau::messenger
