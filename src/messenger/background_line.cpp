#include "messenger/background_line.hpp"

#include "messenger/engine_core.hpp"

#include <algorithm>

namespace tau::messenger {

void background_line::start() {
    m_started = m_next = m_core.now().mono;
}

void background_line::push(std::function<void()> what) {
    m_line.push_back(std::move(what));
    arm();
}

void background_line::arm() {
    if (m_armed || m_line.empty())
        return;
    m_armed = true;
    auto const now = m_core.now().mono;
    auto const wait = std::chrono::ceil<std::chrono::milliseconds>(std::max(m_next, now) - now);
    m_core.after(wait, [this] {
        m_armed = false;
        auto const t = m_core.now().mono;
        m_next = t + (t - m_started < eager_time ? eager_pause : m_core.settings.idle_read_pause);
        auto const what = std::move(m_line.front());
        m_line.pop_front();
        if (m_core.running)
            what();
        arm();
    });
}

} // namespace tau::messenger
