#include "messenger/ferry_pace.hpp"

#include <algorithm>

namespace tau::messenger {

void ferry_pace::remember(duration took, time_point now) {
    if (!m_fastest || now - m_since >= memory) {
        m_fastest_before = m_fastest;
        m_fastest = took;
        m_since = now;
    }
    m_fastest = std::min(*m_fastest, took);
    m_usual = m_usual == duration{} ? took : (m_usual * 7 + took) / 8;
}

void ferry_pace::on_block(duration took, time_point now) {
    remember(took, now);
    auto const fastest = m_fastest_before ? std::min(*m_fastest, *m_fastest_before) : *m_fastest;
    if (took > fastest + spare)
        return shrink(0.7, now);
    m_window += m_is_starting ? 1 : 1 / m_window;
    m_window = std::min<double>(m_window, max_window);
}

void ferry_pace::on_lost(time_point now) {
    shrink(0.5, now);
}

// Once for what was asked for together.
void ferry_pace::shrink(double part, time_point now) {
    m_is_starting = false;
    if (m_shrunk != time_point{} && now - m_shrunk < m_usual)
        return;
    m_shrunk = now;
    m_window = std::max<double>(m_window * part, min_window);
}

} // namespace tau::messenger
