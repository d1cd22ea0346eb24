#include "gossip/engine.hpp"

#include <algorithm>

// What is believed of a vector, and what follows from it.
namespace tau::gossip {
namespace {

using wire::gossip_type;

std::int64_t minute_of(unix_ms time) {
    return std::chrono::floor<std::chrono::minutes>(time).time_since_epoch().count();
}

bool is_sealed(gossip_type type) {
    return type == gossip_type::message_root || type == gossip_type::receipt;
}

} // namespace

engine::reading engine::make_reading(public_key const& from, wire::gossip_entry const& entry,
                                     wire::pk_id_form form, target const& parent) const {
    reading out{from,   entry, entry.sender == wire::pk_id_of(from, form), {}, {}, false,
                parent, form};
    if (out.by_sender)
        out.senders = {from};
    else
        out.senders = m_ids.matching(entry.sender, form);
    out.receivers = m_ids.matching(entry.receiver, form);
    std::erase(out.receivers, from);
    out.to_us = entry.receiver == wire::pk_id_of(m_self, form);
    return out;
}

void engine::on_vector(public_key const& from, wire::gossip_vector const& what, heard_by how,
                       moment now) {
    auto const found = m_friends.find(from);
    if (found == m_friends.end() || !m_running) {
        ++m_counts.refused_vectors;
        return;
    }
    auto& known = found->second;
    bool const online = how == heard_by::exchange;
    if (online)
        on_online(from, now);
    else
        m_actions.emplace_back(friend_seen{from, std::min(what.time, now.wall), true});
    bool const plausible = what.time <= now.wall + m_settings.max_ahead;
    if (what.time < known.last_vector || (what.time == known.last_vector && !known.is_new)) {
        m_visits.on_visited(from, false, now.mono);
        return;
    }
    ++m_counts.vectors;
    if (plausible)
        known.last_vector = what.time;
    known.is_new = false;
    auto const self = wire::pk_id_of(m_self, what.form);
    auto const this_minute = minute_of(now.wall);
    bool news_here = false;
    bool names_us = false;
    target parent{};
    for (auto entry : what.entries) {
        if (is_sealed(entry.type))
            parent = entry.hash;
        else if (entry.type != gossip_type::bundle && entry.type != gossip_type::read_root)
            parent = {};
        entry.minute = std::min(entry.minute, this_minute);
        auto const one = make_reading(from, entry, what.form, parent);
        names_us = names_us || (one.by_sender && one.to_us);
        if (entry.sender == self && !one.by_sender)
            note_carrier(one);
        else
            news_here = read_entry(one, online, now) || news_here;
    }
    if (plausible)
        settle_by(from, what);
    if (!what.own_complete && !names_us)
        m_actions.emplace_back(tip_wanted{from});
    m_visits.on_visited(from, news_here, now.mono);
    // They are about: what we hold for them should be where they look.
    if (!online)
        put_for(from, now);
    start_fetches(now.mono);
}

bool engine::read_entry(reading const& what, bool online, moment now) {
    auto const& entry = what.entry;
    if (what.by_sender && entry.type == gossip_type::frequency) {
        m_friends[what.from].frequency = entry.value;
        return false;
    }
    if (what.by_sender && entry.type == gossip_type::endpoint_changed) {
        m_actions.emplace_back(endpoint_news{what.from});
        return false;
    }
    if (entry.type == gossip_type::seen) {
        for (auto const& who : what.senders)
            m_actions.emplace_back(
                friend_seen{who, unix_ms(std::chrono::minutes(entry.minute)), false});
        return false;
    }
    if (what.to_us)
        return read_for_us(what, online, now);
    if (what.by_sender && entry.type == gossip_type::demand && m_mailbox.has(entry.hash)) {
        // A friend wants what we hold, be its sender our friend or not.
        m_actions.emplace_back(serve_item{entry.hash, what.from, false});
        return false;
    }
    if (what.receivers.empty())
        return false;
    return read_for_friend(what, now);
}

// Somebody carries what we say: that friend holds our mail or passes our words on.
void engine::note_carrier(reading const& what) {
    if (wire::has_hash(what.entry.type))
        add_carrier(what.entry.hash, what.from);
}

bool engine::read_for_us(reading const& what, bool online, moment now) {
    switch (what.entry.type) {
    case gossip_type::message_root:
    case gossip_type::receipt:
        return tell_root(what, online);
    case gossip_type::writing:
        if (what.by_sender)
            m_actions.emplace_back(friend_writes{what.from});
        for (auto const& who : what.senders)
            m_visits.refer(who, now.mono);
        return true;
    case gossip_type::demand:
        serve(what, online, now);
        return false;
    default:
        return false;
    }
}

// A relayed root may be of any friend whose id matches; the seal will tell.
bool engine::tell_root(reading const& what, bool online) {
    auto& known = m_friends[what.from];
    auto const& root = what.entry.hash;
    add_carrier(root, what.from);
    if (known.hints.contains(root) && !online)
        return false;
    if (known.hints.size() >= m_settings.hints_per_friend && !what.by_sender)
        return false;
    bool const first =
        known.hints.size() < m_settings.hints_per_friend && known.hints.insert(root).second;
    if (what.senders.empty()) // perhaps a first contact that comes by a mutual friend
        m_actions.emplace_back(root_told{what.from, root, what.from, online, false});
    for (auto const& sender : what.senders)
        m_actions.emplace_back(
            root_told{sender, root, what.from, online, what.entry.type == gossip_type::receipt});
    return first && !what.senders.empty();
}

bool engine::read_for_friend(reading const& what, moment now) {
    auto const& entry = what.entry;
    if (entry.type == gossip_type::demand) {
        // Somebody wants an item of a friend of ours: we may hold it.
        if (m_mailbox.has(entry.hash))
            m_actions.emplace_back(serve_item{entry.hash, what.from, false});
        else if (m_relayed.add(entry, what.from))
            news(now);
        return false;
    }
    bool const holdable = is_sealed(entry.type) || entry.type == gossip_type::bundle;
    if (holdable && m_mailbox.has(entry.hash))
        return false;
    bool const will_hold = holdable && want_to_hold(what, now);
    // Means nothing without the entry before it, or without its sender's own word.
    if (entry.type == gossip_type::bundle || entry.type == gossip_type::read_root)
        return will_hold;
    bool const is_new = m_relayed.add(entry, what.from);
    if (is_new && what.by_sender && !will_hold)
        news(now);
    return is_new || will_hold;
}

bool engine::want_to_hold(reading const& what, moment now) {
    auto const& entry = what.entry;
    auto const age = std::chrono::minutes(minute_of(now.wall) - entry.minute);
    if (what.parent == target{} || m_mailbox.has(entry.hash) || m_fetching.contains(entry.hash)
        || age >= m_settings.held_lifetime)
        return false;
    // A stranger's mail is on the account of the friend who tells of it.
    bool const is_stranger = what.senders.empty();
    if (is_stranger && what.form != m_settings.ids)
        return false;
    for (auto const& sender : is_stranger ? std::vector{what.from} : what.senders)
        for (auto const& receiver : what.receivers) {
            if (sender == receiver || !m_mailbox.would_take(sender)
                || m_fetch_line.size() >= m_settings.max_fetches_waiting)
                continue;
            bool const waits =
                std::any_of(m_fetch_line.begin(), m_fetch_line.end(),
                            [&](fetch_item const& one) { return one.what == entry.hash; });
            fetch_item next{entry.hash,
                            sender,
                            receiver,
                            what.from,
                            what.parent,
                            entry.type,
                            entry.type == gossip_type::bundle,
                            entry.minute};
            if (is_stranger)
                next.stranger = entry.sender;
            if (!waits)
                m_fetch_line.push_back(std::move(next));
            return true;
        }
    return false;
}

void engine::serve(reading const& what, bool online, moment now) {
    // On the account of the friend who asks, or who passes a stranger's demand on.
    bool const known = what.by_sender || !what.senders.empty();
    if (known && m_lookups.allow(what.from, now.mono))
        m_actions.emplace_back(serve_item{what.entry.hash, what.from, what.by_sender && online});
    else
        ++m_counts.refused_demands;
}

// A friend's own vector says what it has received, and what it no longer waits for.
void engine::settle_by(public_key const& from, wire::gossip_vector const& what) {
    auto const own = wire::pk_id_of(from, what.form);
    std::map<public_key, std::set<target>> listed;
    for (auto const& entry : what.entries) {
        if (entry.sender != own)
            continue;
        if (entry.type == gossip_type::read_root)
            m_mailbox.settle(from, entry.hash);
        if (is_sealed(entry.type))
            for (auto const& other : m_ids.matching(entry.receiver, what.form))
                listed[other].insert(entry.hash);
    }
    if (!what.own_complete)
        return;
    for (auto const& other : m_ids.all())
        if (other != from)
            m_mailbox.settle_unlisted(from, other, listed[other], minute_of(what.time));
}

} // namespace tau::gossip
