#include "channel/watch.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace tau::channel {

using std::chrono::milliseconds;

address_source fixed_address(wire::item_address where) {
    return [where = std::move(where)](unix_ms) { return std::vector{where}; };
}

channel_watch::channel_watch(address_source addresses, random_source& random,
                             watch_settings settings, std::int64_t known_seq)
    : m_addresses(std::move(addresses)), m_random(random), m_settings(settings),
      m_known_seq(known_seq), m_pause(settings.shortest), m_next(time_point{}) {}

std::vector<watch_query> channel_watch::on_time(moment now) {
    if (m_pending != 0 || now.mono < m_next)
        return {};
    std::vector<watch_query> out;
    for (auto& where : m_addresses(now.wall))
        out.push_back({std::move(where), m_known_seq});
    // The next poll is timed from this one's beginning, as if it will find nothing; an
    // item that comes shortens it.
    m_polled = now.mono;
    m_next = now.mono + jittered(m_pause);
    auto const grown = static_cast<double>(m_pause.count()) * m_settings.growth;
    m_pause = std::clamp(milliseconds(std::llround(grown)), m_settings.shortest,
                         std::max(m_settings.shortest, m_settings.longest));
    m_pending = out.size();
    return out;
}

std::optional<time_point> channel_watch::wake_at() const {
    if (m_pending != 0)
        return std::nullopt;
    return m_next;
}

bool channel_watch::on_item(wire::mutable_item const& item) {
    return take(item, m_polled);
}

bool channel_watch::on_item(wire::mutable_item const& item, moment now) {
    return take(item, now.mono);
}

bool channel_watch::take(wire::mutable_item const& item, time_point since) {
    if (item.seq <= m_known_seq)
        return false;
    m_known_seq = item.seq;
    m_pause = m_settings.shortest;
    m_next = std::min(m_next, since + jittered(m_pause));
    return true;
}

void channel_watch::on_done() {
    if (m_pending != 0)
        --m_pending;
}

void channel_watch::hurry(moment now) {
    m_next = std::min(m_next, now.mono);
    m_pause = m_settings.shortest;
}

milliseconds channel_watch::jittered(milliseconds pause) {
    auto const spread =
        static_cast<std::uint64_t>(std::max(0.0, m_settings.jitter)
                                   * static_cast<double>(std::max<std::int64_t>(0, pause.count())));
    if (spread == 0)
        return pause;
    auto const shift = static_cast<std::int64_t>(m_random.below(2 * spread + 1));
    return pause + milliseconds(shift - static_cast<std::int64_t>(spread));
}

} // namespace tau::channel
