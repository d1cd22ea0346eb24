#include "plugins/session/wake_timer.hpp"

namespace tau::plugins {

wake_timer::wake_timer(boost::asio::io_context& context, clock_source const& clock,
                       wake_query wake_at, time_handler on_time)
    : m_timer(context), m_clock(clock), m_wake_at(std::move(wake_at)),
      m_on_time(std::move(on_time)) {}

void wake_timer::update() {
    if (m_stopped)
        return;
    auto const due = m_wake_at();
    // One that is set for earlier looks again then: to set it anew costs a system call.
    if (due && m_armed && *m_armed <= *due)
        return;
    if (due) {
        arm(*due);
        return;
    }
    m_armed.reset();
    m_timer.cancel();
}

void wake_timer::stop() {
    m_stopped = true;
    m_armed.reset();
    m_timer.cancel();
}

void wake_timer::arm(time_point due) {
    m_armed = due;
    m_timer.expires_at(due); // cancels the wait before it
    m_timer.async_wait([this, due, alive = std::weak_ptr(m_alive)](error_code const& failed) {
        // A wait whose handler was queued already may belong to a timer that is gone, or to a
        // time that is no longer wanted.
        if (failed || alive.expired() || m_armed != due)
            return;
        m_armed.reset();
        auto const now = m_clock.now();
        if (auto const wanted = m_wake_at(); wanted && *wanted <= now.mono)
            m_on_time(now);
        if (!alive.expired())
            update();
    });
}

} // namespace tau::plugins
