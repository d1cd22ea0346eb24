#include "gossip/engine.hpp"

#include <algorithm>

// What is believed of a vector, and what follows from it.
namespace tau::gossip {
namespace {

using wire::gossip_type;

bool is_sealed(gossip_type type) {
    return type == gossip_type::message_root || type == gossip_type::receipt;
}

std::vector<wire::gossip_entry> entries_of(wire::pk_id const& sender,
                                           wire::gossip_vector const& what) {
    std::vector<wire::gossip_entry> out;
    for (auto const& entry : what.entries)
        if (entry.sender == sender && !wire::is_page(entry, sender))
            out.push_back(entry);
    return out;
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
    bool const news_here = read_entries(from, what, online, now);
    if (plausible) {
        follow_pages(from, what, now);
        conclude(from);
    }
    m_visits.on_visited(from, news_here, now.mono);
    // They are about: what we hold for them should be where they look.
    if (!online)
        put_for(from, now);
    start_fetches(now.mono);
}

bool engine::read_entries(public_key const& from, wire::gossip_vector const& what, bool online,
                          moment now) {
    auto const self = wire::pk_id_of(m_self, what.form);
    auto const their_id = wire::pk_id_of(from, what.form);
    auto const this_minute = wire::minute_of(now.wall);
    bool news_here = false;
    target parent{};
    for (auto entry : what.entries) {
        if (wire::is_page(entry, their_id))
            continue;
        if (is_sealed(entry.type))
            parent = entry.hash;
        else if (entry.type != gossip_type::bundle && entry.type != gossip_type::read_root)
            parent = {};
        entry.minute = std::min(entry.minute, this_minute);
        auto const one = make_reading(from, entry, what.form, parent);
        if (entry.sender == self && !one.by_sender)
            note_carrier(one);
        else
            news_here = read_entry(one, online, now) || news_here;
    }
    return news_here;
}

// Pages that were read stay known while vectors name them.
void engine::follow_pages(public_key const& from, wire::gossip_vector const& what, moment now) {
    auto& known = m_friends[from];
    auto const own = wire::pk_id_of(from, what.form);
    std::set<target> named;
    for (auto const& entry : what.entries)
        if (wire::is_page(entry, own) && named.size() < wire::max_gossip_pages)
            named.insert(entry.hash);
    std::erase_if(known.pages, [&](auto const& one) { return !named.contains(one.first); });
    known.last = {what.time, what.form, what.own_complete, entries_of(own, what)};
    known.named_pages = named.size();
    for (auto const& page : named)
        if (!known.pages.contains(page) && follows(from, now)
            && m_page_reads.allow(from, now.mono)) {
            known.pages.emplace(page, std::nullopt);
            m_actions.emplace_back(fetch_page{from, page});
        }
}

void engine::on_page(public_key const& from, target const& page, wire::gossip_vector const& what,
                     moment now) {
    auto const found = m_friends.find(from);
    if (found == m_friends.end() || !m_running)
        return;
    auto const wanted = found->second.pages.find(page);
    if (wanted == found->second.pages.end() || wanted->second)
        return;
    wanted->second = entries_of(wire::pk_id_of(from, what.form), what);
    (void)read_entries(from, what, is_online(from, now.mono), now);
    if (what.form == found->second.last.form)
        conclude(from);
    start_fetches(now.mono);
}

void engine::on_no_page(public_key const& from, target const& page, moment now) {
    if (auto const found = m_friends.find(from); found != m_friends.end())
        found->second.pages.erase(page); // the next vector names it again
    on_lie(from, now);
}

// What a vector and all its pages say together.
void engine::conclude(public_key const& from) {
    auto const& known = m_friends[from];
    auto all = known.last;
    if (known.pages.size() < known.named_pages)
        return;
    for (auto const& [page, entries] : known.pages) {
        if (!entries)
            return;
        all.entries.insert(all.entries.end(), entries->begin(), entries->end());
    }
    settle_by(from, all);
    auto const self = wire::pk_id_of(m_self, all.form);
    bool const names_us =
        std::any_of(all.entries.begin(), all.entries.end(),
                    [&](wire::gossip_entry const& entry) { return entry.receiver == self; });
    if (!all.own_complete && !names_us)
        m_actions.emplace_back(tip_wanted{from});
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
    if (!what.receivers.empty())
        return read_for_friend(what, now);
    // A friend's own mail, for somebody whom we do not know: its other friends may read of it here.
    return what.by_sender && (is_sealed(entry.type) || entry.type == gossip_type::bundle)
           && want_to_hold(what, now);
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
    auto const age = std::chrono::minutes(wire::minute_of(now.wall) - entry.minute);
    if (what.parent == target{} || m_mailbox.has(entry.hash) || m_fetching.contains(entry.hash)
        || age >= m_settings.held_lifetime)
        return false;
    // A stranger's mail is on the account of the friend who tells of it, or who sealed it.
    bool const is_stranger = what.senders.empty();
    bool const to_stranger = what.receivers.empty();
    if ((is_stranger || to_stranger) && what.form != m_settings.ids)
        return false;
    std::vector<party> senders(what.senders.begin(), what.senders.end());
    std::vector<party> receivers(what.receivers.begin(), what.receivers.end());
    if (is_stranger)
        senders = {party(what.from, entry.sender)};
    if (to_stranger)
        receivers = {party(what.from, entry.receiver)};
    for (auto const& sender : senders)
        for (auto const& receiver : receivers) {
            if (sender == receiver || !m_mailbox.would_take(sender.account)
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
    std::map<wire::pk_id, std::set<target>> listed;
    for (auto const& entry : what.entries) {
        if (entry.sender != own)
            continue;
        if (entry.type == gossip_type::read_root)
            m_mailbox.settle(from, entry.hash);
        if (is_sealed(entry.type))
            listed[entry.receiver].insert(entry.hash);
    }
    if (!what.own_complete)
        return;
    for (auto const& receiver : m_mailbox.receivers_of(from))
        if (!receiver.stranger || what.form == m_settings.ids)
            m_mailbox.settle_unlisted(from, receiver, listed[receiver.id(what.form)],
                                      wire::minute_of(what.time));
}

} // namespace tau::gossip
