#include "gossip/visit_planner.hpp"

#include <algorithm>

namespace tau::gossip {

void visit_planner::start(moment now) {
    m_started = now.mono;
    m_last.reset();
    for (auto& [key, one] : m_friends)
        one = {now.mono, m_settings.visit_pause_min, false, false};
}

void visit_planner::add(public_key const& who, time_point now) {
    m_friends.try_emplace(who, state{now, m_settings.visit_pause_min, true, false});
}

void visit_planner::refer(public_key const& who, time_point now) {
    auto const found = m_friends.find(who);
    if (found == m_friends.end() || found->second.referred)
        return;
    auto& one = found->second;
    one.referred = true;
    one.due = std::min(one.due, now);
}

void visit_planner::on_visited(public_key const& who, bool news, time_point now) {
    auto const found = m_friends.find(who);
    if (found == m_friends.end())
        return;
    auto& one = found->second;
    one.under_way = false;
    one.referred = false;
    one.pause =
        news ? m_settings.visit_pause_min : std::min(one.pause * 2, m_settings.visit_pause_max);
    auto const spread = static_cast<std::uint64_t>(one.pause.count()) / 4 + 1;
    one.due = now + one.pause + std::chrono::milliseconds(m_random.below(spread));
}

void visit_planner::on_visit_ended(public_key const& who, time_point now) {
    auto const found = m_friends.find(who);
    if (found != m_friends.end() && found->second.under_way)
        on_visited(who, false, now);
}

bool visit_planner::is_eager(time_point now) const {
    return now - m_started < m_settings.eager_time;
}

time_point visit_planner::earliest(state const& of) const {
    if (!m_last)
        return of.due;
    auto const pause = is_eager(std::max(*m_last, of.due)) ? m_settings.eager_visit_pause
                       : of.referred                       ? m_settings.referred_visit_pause
                                                           : m_settings.idle_visit_pause;
    return std::max(of.due, *m_last + pause);
}

std::optional<public_key> visit_planner::next(time_point now) {
    auto best = m_friends.end();
    for (auto at = m_friends.begin(); at != m_friends.end(); ++at) {
        auto const& one = at->second;
        if (one.under_way || earliest(one) > now)
            continue;
        if (best == m_friends.end() || one.referred > best->second.referred
            || (one.referred == best->second.referred && one.due < best->second.due))
            best = at;
    }
    if (best == m_friends.end())
        return std::nullopt;
    best->second.under_way = true;
    m_last = now;
    return best->first;
}

std::optional<time_point> visit_planner::wake_at() const {
    std::optional<time_point> out;
    for (auto const& [key, one] : m_friends)
        if (!one.under_way) {
            auto const when = earliest(one);
            out = out ? std::min(*out, when) : when;
        }
    return out;
}

} // namespace tau::gossip
