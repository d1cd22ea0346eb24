#include "identity/device_watch.hpp"

#include <algorithm>
#include <limits>

namespace tau::identity {
namespace {

constexpr std::size_t max_answered = 16; // other devices that we answered; a user has few

} // namespace

std::int64_t next_seq(std::int64_t last, unix_ms now) {
    // Nothing is above the largest seq; the DHT will call it stale, which is the truth.
    if (last == std::numeric_limits<std::int64_t>::max())
        return last;
    return std::max<std::int64_t>(last + 1, now.time_since_epoch().count());
}

void device_watch::on_published(wire::mutable_item const& item) {
    auto& items = touch(item.address.salt).items;
    items.push_back({item.seq, item.sig});
    if (items.size() > max_items)
        items.pop_front();
}

device_verdict device_watch::on_seen(wire::mutable_item const& item) {
    auto const found = m_channels.find(item.address.salt);
    if (found == m_channels.end())
        return device_verdict::predecessor;
    found->second.used = ++m_clock;
    auto const& items = found->second.items;
    bool const ours = std::any_of(items.begin(), items.end(), [&item](authored const& a) {
        return a.seq == item.seq && a.sig == item.sig;
    });
    if (ours)
        return device_verdict::ours;
    return item.seq < items.front().seq ? device_verdict::predecessor : device_verdict::conflict;
}

bool device_watch::announce_again(device_record const& record) {
    bool const known =
        std::find(m_answered.begin(), m_answered.end(), record.device) != m_answered.end();
    if (record.device == m_own || known)
        return false;
    m_answered.push_back(record.device);
    if (m_answered.size() > max_answered)
        m_answered.pop_front();
    return true;
}

device_watch::channel& device_watch::touch(wire::salt const& salt) {
    if (m_channels.size() >= max_channels && !m_channels.contains(salt))
        m_channels.erase(std::min_element(
            m_channels.begin(), m_channels.end(),
            [](auto const& a, auto const& b) { return a.second.used < b.second.used; }));
    auto& out = m_channels[salt];
    out.used = ++m_clock;
    return out;
}

} // namespace tau::identity
