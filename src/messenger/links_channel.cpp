#include "messenger/links_channel.hpp"

#include "messenger/engine_core.hpp"
#include "messenger/hauler.hpp"
#include "messenger/own_channels.hpp"
#include "wire/links_value.hpp"

#include <algorithm>

namespace tau::messenger {

void links_channel::on_own_links(std::vector<wallet_address> links) {
    if (links == m_links)
        return;
    m_links = std::move(links);
    auto const now = m_core.now().mono;
    std::chrono::milliseconds pause = gather_pause;
    if (m_put && *m_put + put_pause > now + pause)
        pause = std::chrono::ceil<std::chrono::milliseconds>(*m_put + put_pause - now);
    publish_after(pause);
}

// An earlier alarm stays.
void links_channel::publish_after(std::chrono::milliseconds pause) {
    auto const at = m_core.now().mono + pause;
    if (m_core.alarms.is_set(m_alarm) && m_alarm_at <= at)
        return;
    m_core.alarms.cancel(m_alarm);
    m_alarm_at = at;
    m_alarm = m_core.after(pause, m_core.guarded([this] { publish(); }));
}

void links_channel::publish() {
    if (!m_core.running)
        return;
    wire::links_value plain;
    plain.links = m_links;
    plain.time = m_core.now().wall;
    wire::item_address const where{m_core.self(), channel::links_salt()};
    auto value = channel::box_value(m_core.channels->own_box_key(), where, wire::encode(plain),
                                    m_core.ports.random);
    if (!value)
        return;
    m_put = m_core.now().mono;
    m_core.channels->put(where.salt, std::move(value).value());
    if (!m_links.empty())
        publish_after(refresh_pause);
}

void links_channel::look(contact_ptr const& who) {
    auto const now = m_core.now().mono;
    if (!m_core.running || !who->row.contact_key || !who->is_talking())
        return;
    auto const [found, is_first] = m_readings.try_emplace(who->row.key);
    if (!is_first && now - found->second.read < read_pause)
        return;
    found->second.read = now;
    dht::get_request request{{who->row.key, channel::links_salt()}, dht::get_mode::recursive};
    m_core.ports.dht.get(
        std::move(request),
        {m_core.guarded(who, [this](contact_ptr const& contact,
                                    dht::got_item const& got) { on_item(contact, got.item); }),
         {}});
}

void links_channel::on_item(contact_ptr const& who, wire::mutable_item const& item) {
    auto const wallet = hauler::wallet_of(*who);
    auto* const by = m_core.haul->by();
    if (!wallet || by == nullptr)
        return;
    auto const plain = own_channels::open_from(*who, item.address, item.value);
    auto const value =
        plain ? wire::decode_links_value(plain.value()) : result<wire::links_value>(plain.error());
    auto& known = m_readings[who->row.key];
    if (!value || item.seq < known.seq)
        return;
    known.seq = item.seq;
    auto const age = std::max(m_core.now().wall - value.value().time, std::chrono::milliseconds(0));
    if (age < believed)
        by->on_links(*wallet, value.value().links, believed - age);
}

} // namespace tau::messenger
