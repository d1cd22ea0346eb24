#include "messenger/friend_watch.hpp"

#include "messenger/background_line.hpp"
#include "messenger/courier.hpp"
#include "messenger/engine_core.hpp"
#include "messenger/gossip_link.hpp"
#include "messenger/own_channels.hpp"
#include "messenger/receiver.hpp"

#include <algorithm>

namespace tau::messenger {

bool friend_watch::is_active(contact const& who) const {
    return who.last_heard && m_core.now().mono - *who.last_heard < active_time;
}

void friend_watch::begin(contact_ptr const& who) {
    who->watch_pause = m_core.settings.watch_pause_min;
    if (!m_core.gossip->watches(*who))
        in_background(who);
}

void friend_watch::hurry(contact_ptr const& who) {
    who->last_heard = m_core.now().mono;
    who->watch_pause = m_core.settings.watch_pause_min;
    if (who->polls > 0)
        return;
    m_core.alarms.cancel(who->watch_alarm);
    schedule(who);
}

void friend_watch::schedule(contact_ptr const& who) {
    // Once a conversation has been quiet for long, or since our start, gossip alone tells of
    // news.
    bool const is_quiet = !who->last_heard || who->watch_pause >= m_core.settings.watch_pause_max;
    if (is_quiet && m_core.gossip->watches(*who))
        return;
    auto const spread = static_cast<std::uint64_t>(who->watch_pause.count()) / 4 + 1;
    auto const pause =
        who->watch_pause + std::chrono::milliseconds(m_core.ports.random.below(spread));
    who->watch_alarm = m_core.after(pause, m_core.guarded(who, [this](contact_ptr const& contact) {
        is_active(*contact) ? poll(contact) : in_background(contact);
    }));
}

void friend_watch::in_background(contact_ptr const& who) {
    if (std::exchange(who->in_background_line, true))
        return;
    m_core.background->push(m_core.guarded(who, [this](contact_ptr const& contact) {
        contact->in_background_line = false;
        if (contact->polls == 0)
            poll(contact);
    }));
}

void friend_watch::poll(contact_ptr const& who) {
    if (!m_core.running || !who->is_talking())
        return;
    std::vector<wire::salt> salts;
    auto const& them = who->row.key;
    bool const active = is_active(*who);
    if (active)
        for (auto const slot : channel::slots_to_read(m_core.now().wall))
            salts.push_back(channel::blinded_message_salt(who->secret, them, m_core.self(), slot));
    // Somebody who is online and whose gossip we hear brings news by itself, unless it cannot
    // reach us: asking it costs a datagram, a traversal eighteen.
    bool const ask_it = m_core.gossip->watches(*who) && m_core.gossip->is_online(*who);
    if (ask_it)
        salts.clear();
    // Slots that brought nothing may be those of another clock than our friend's.
    if (ask_it || !active || who->watch_pause > m_core.settings.watch_pause_min)
        salts.push_back(channel::blinded_message_tip_salt(who->secret, them, m_core.self()));
    who->poll_brought_news = false;
    who->polls = salts.size();
    for (auto& salt : salts) {
        dht::get_request request{{them, std::move(salt)}};
        request.known_seq = who->seen_seq;
        request.ask_at = who->last_source;
        request.mode = ask_it ? dht::get_mode::direct : dht::get_mode::automatic;
        dht::get_observer told{
            m_core.guarded([this](dht::got_item const& got) {
                if (m_core.running)
                    m_core.receive->on_channel_item(got.item);
            }),
            m_core.guarded(who, [this, ask_it](contact_ptr const& contact, error_code ec) {
                if (ask_it && ec && ec != errc::not_found)
                    m_core.gossip->visit_soon(*contact); // perhaps they have gone
                on_polled(contact);
            })};
        if (&salt == &salts.front())
            m_core.gossip->ride(who, request, told);
        m_core.ports.dht.get(std::move(request), std::move(told));
    }
    if (!who->wallet_read) {
        who->wallet_read = true;
        m_core.channels->read_wallet(who);
    }
}

void friend_watch::on_polled(contact_ptr const& who) {
    if (who->polls == 0 || --who->polls > 0 || !m_core.running)
        return;
    auto const now = m_core.now().mono;
    bool const recent = who->last_heard && now - *who->last_heard < recent_time;
    auto const longest =
        recent ? std::min<std::chrono::milliseconds>(recent_pause, m_core.settings.watch_pause_max)
               : m_core.settings.watch_pause_max;
    who->watch_pause = who->poll_brought_news ? m_core.settings.watch_pause_min
                                              : std::min(who->watch_pause * 2, longest);
    schedule(who);
}

void friend_watch::look_for_endpoint(contact_ptr const& who) {
    auto const now = m_core.now().mono;
    // Rarely once it has become unlikely that they are online somewhere else.
    auto const pause = std::max<std::chrono::milliseconds>(endpoint_read_pause, who->retry_pause);
    if (who->cidr_read && now - *who->cidr_read < pause)
        return;
    who->cidr_read = now;
    m_core.background->push(m_core.guarded(
        who, [this](contact_ptr const& contact) { m_core.channels->read_endpoints(contact); }));
}

void friend_watch::forget(contact& who) {
    m_core.alarms.cancel(who.watch_alarm);
}

} // namespace tau::messenger
