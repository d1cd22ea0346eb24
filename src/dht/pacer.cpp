#include "dht/pacer.hpp"

#include "dht/deadline_queue.hpp"

#include <algorithm>
#include <utility>

namespace tau::dht {
namespace {

// Nodes whose buckets are remembered. A bucket that is forgotten starts full again, so
// the number covers what one node talks to within the ten seconds that blockers look at.
constexpr std::size_t max_lanes = 16'384;
constexpr std::size_t max_stated = 16'384;
constexpr std::size_t max_addresses = 16'384;

// A stated rate lets this share of a second go at once.
constexpr double stated_burst_seconds = 0.25;

duration seconds_of(double seconds) {
    return std::chrono::ceil<duration>(std::chrono::duration<double>(seconds));
}

} // namespace

pacer::pacer(config const& settings)
    : m_settings(settings),
      m_per_ip(settings.ip_queries_per_second, settings.ip_burst, max_addresses) {}

void pacer::submit(send_query query, pace_class kind, time_point now) {
    auto const node = query.to;
    auto& to = lane_of(node, now);
    (kind == pace_class::urgent ? to.urgent : to.bulk).push_back(std::move(query));
    ++m_queued;
    m_waiting.try_emplace(node, now);
}

pacer::limits pacer::limits_for(std::optional<double> stated) const {
    if (!stated)
        return {m_settings.stock_queries_per_second, m_settings.stock_burst};
    auto const rate = std::min(*stated, m_settings.max_queries_per_second);
    if (rate <= m_settings.stock_queries_per_second)
        return {m_settings.stock_friend_queries_per_second, m_settings.stock_friend_burst};
    return {rate, std::max(rate * stated_burst_seconds, m_settings.stock_burst)};
}

void pacer::set_rate(endpoint const& node, std::uint32_t queries_per_second) {
    if (m_stated.size() >= max_stated)
        m_stated.erase(m_stated.begin());
    m_stated.insert_or_assign(node, queries_per_second);
    if (auto const found = m_lanes.find(node); found != m_lanes.end()) {
        auto& known = found->second;
        auto const before = known.burst;
        auto const now_known = limits_for(queries_per_second);
        known.rate = now_known.rate;
        known.burst = now_known.burst;
        known.tokens = std::min(known.burst, known.tokens + std::max(0.0, known.burst - before));
        if (auto const waiting = m_waiting.find(node); waiting != m_waiting.end())
            waiting->second = known.refilled;
    }
}

pacer::lane& pacer::lane_of(endpoint const& node, time_point now) {
    auto found = m_lanes.find(node);
    if (found == m_lanes.end()) {
        if (m_lanes.size() >= max_lanes)
            forget_idle(now);
        auto const stated = m_stated.find(node);
        auto const [rate, burst] =
            limits_for(stated == m_stated.end() ? std::nullopt : std::optional(stated->second));
        found = m_lanes.emplace(node, lane{burst, rate, burst, now}).first;
    }
    auto& out = found->second;
    std::chrono::duration<double> const passed = now - out.refilled;
    out.tokens = std::min(out.burst, out.tokens + std::max(0.0, passed.count()) * out.rate);
    out.refilled = now;
    return out;
}

void pacer::forget_idle(time_point now) {
    std::erase_if(m_lanes, [&](auto const& entry) {
        std::chrono::duration<double> const passed = now - entry.second.refilled;
        return entry.second.idle()
               && entry.second.tokens + passed.count() * entry.second.rate >= entry.second.burst;
    });
}

void pacer::drain(endpoint const& node, lane& from, time_point now,
                  std::function<bool(request_id)> const& alive, std::vector<send_query>& out) {
    bool const exempt = node.address().is_loopback();
    for (auto* queue : {&from.urgent, &from.bulk}) {
        while (!queue->empty()) {
            if (!alive(queue->front().id)) {
                queue->pop_front();
                --m_queued;
                continue;
            }
            if (from.tokens < 1 || (!exempt && !m_per_ip.allow(node.address(), now)))
                return;
            from.tokens -= 1;
            out.push_back(std::move(queue->front()));
            queue->pop_front();
            --m_queued;
        }
    }
}

std::vector<send_query> pacer::take(time_point now, std::function<bool(request_id)> const& alive) {
    std::vector<send_query> out;
    for (auto it = m_waiting.begin(); it != m_waiting.end();) {
        if (it->second > now) {
            ++it;
            continue;
        }
        auto& from = lane_of(it->first, now);
        drain(it->first, from, now, alive, out);
        if (from.idle()) {
            it = m_waiting.erase(it);
            continue;
        }
        auto const own =
            from.tokens >= 1 ? duration::zero() : seconds_of((1 - from.tokens) / from.rate);
        auto const shared = it->first.address().is_loopback()
                                ? duration::zero()
                                : m_per_ip.wait_for(it->first.address(), now);
        it->second = now + std::max({own, shared, duration(std::chrono::milliseconds{1})});
        ++it;
    }
    return out;
}

std::optional<time_point> pacer::wake_at() const {
    std::optional<time_point> out;
    for (auto const& [node, when] : m_waiting)
        out = earlier(out, when);
    return out;
}

} // namespace tau::dht
