#include "messenger/publisher.hpp"

#include "dht/access.hpp"
#include "messenger/background_line.hpp"
#include "messenger/courier.hpp"
#include "messenger/engine_core.hpp"

#include <algorithm>

namespace tau::messenger {

void publisher::publish_new(contact_ptr const& to) {
    if (!to->outbox.empty())
        put_message(to, to->outbox.back());
    publish_channel(to);
    m_core.deliver->offer(to);
    if (!m_core.alarms.is_set(to->refresh_alarm)) {
        to->refresh_pause = refresh_first;
        schedule_refresh(to);
    }
    if (to->outbox.size() > courier::max_loaded)
        to->outbox.back().sealed.clear();
}

void publisher::resume(contact_ptr const& to) {
    refresh(to);
    to->refresh_pause = refresh_first;
    schedule_refresh(to);
}

void publisher::put_message(contact_ptr const& to, outgoing const& one) {
    if (one.sealed.empty())
        return;
    (void)m_core.ports.dht.put_immutable(
        one.sealed,
        m_core.guarded(to, [this, id = one.id](contact_ptr const& who, dht::put_report report) {
            auto* const found = who->find_outgoing(id);
            if (!found)
                return;
            if (report.nodes == 0)
                return put_message_later(who, id);
            found->item_taken = true;
            note_published(who, *found);
        }));
}

// A node that has just started may know nobody who would take anything.
void publisher::put_message_later(contact_ptr const& to, message_id const& id) {
    m_core.after(put_again_pause, m_core.guarded(to, [this, id](contact_ptr const& who) {
        auto const* const one = who->find_outgoing(id);
        if (m_core.running && one && !one->item_taken)
            put_message(who, *one);
    }));
}

void publisher::put_channel_later(contact_ptr const& to) {
    if (m_core.alarms.is_set(to->put_alarm))
        return;
    to->put_alarm =
        m_core.after(put_again_pause,
                     m_core.guarded(to, [this](contact_ptr const& who) { put_tip_again(who); }));
}

void publisher::on_content_taken(contact_ptr const& to, message_id const& id) {
    if (auto* const found = to->find_outgoing(id)) {
        found->content_taken = true;
        note_published(to, *found);
    }
}

void publisher::publish_channel(contact_ptr const& to) {
    if (!m_core.running || !to->is_talking() || m_core.alarms.is_set(to->put_alarm))
        return;
    auto const now = m_core.now().mono;
    if (!to->put_at || now - *to->put_at >= put_pause) {
        put_channel(to);
        return;
    }
    auto const wait = std::chrono::ceil<std::chrono::milliseconds>(*to->put_at + put_pause - now);
    to->put_alarm = m_core.after(
        wait, m_core.guarded(to, [this](contact_ptr const& who) { put_channel(who); }));
}

void publisher::put_channel(contact_ptr const& to) {
    if (!m_core.running || !to->is_talking() || !renew_tip(*to, false))
        return;
    auto const t = m_core.now();
    to->put_at = t.mono;
    std::vector<message_id> ids;
    for (auto const& one : to->outbox)
        ids.push_back(one.id);
    auto const report = [this, ids](contact_ptr const& who, dht::put_report taken) {
        if (taken.nodes > 0)
            on_channel_taken(who, ids);
        else
            put_channel_later(who);
    };
    auto const& tip = *to->tip;
    (void)m_core.ports.dht.put(tip.address.salt, tip.seq, tip.value, m_core.guarded(to, report));
    auto const slot = channel::blinded_message_salt(to->secret, m_core.self(), to->row.key,
                                                    channel::slot_of(t.wall));
    wire::item_address const where{m_core.self(), slot};
    if (auto value = channel::box_value(*to->out_box, where, to->tip_plain, m_core.ports.random)) {
        auto const item = sign(slot, tip.seq, std::move(value).value());
        (void)m_core.ports.dht.put(slot, item.seq, item.value, m_core.guarded(to, report));
    }
}

void publisher::on_channel_taken(contact_ptr const& to, std::vector<message_id> const& ids) {
    for (auto const& id : ids)
        if (auto* const one = to->find_outgoing(id)) {
            one->announced = true;
            note_published(to, *one);
        }
}

void publisher::note_published(contact_ptr const& to, outgoing const& one) {
    auto& known = to->sent[one.id];
    if (!one.item_taken || !one.announced || !one.content_taken
        || known.state != message_state::stored)
        return;
    known.state = message_state::published;
    m_core.ports.store.commit(
        {store::set_message_state{one.id, static_cast<std::int64_t>(known.state), 0}},
        store::durability::lazy, {});
    m_core.emit(message_state_changed{one.id, to->row.key, known.state, known.way});
}

wire::message_channel publisher::channel_of(contact const& to) const {
    wire::message_channel out;
    out.name = m_core.own_name;
    out.recent = to.dag.recent_roots(wire::max_recent_roots);
    for (auto const& root : to.carried_roots)
        if (out.recent.size() < wire::max_recent_roots)
            out.recent.push_back(root);
    out.skips = to.dag.skip_roots(wire::max_skip_roots, out.recent.size());
    out.complete_root = to.dag.complete_root();
    out.extra_roots = to.dag.beyond_complete(wire::max_extra_roots);
    if (m_core.receipts == read_receipts::on && to.late_unread.empty())
        out.read_root = to.dag.seen();
    return out;
}

bool publisher::renew_tip(contact& to, bool even_if_same) {
    auto plain = wire::encode(channel_of(to));
    if (!plain || !to.out_box)
        return false;
    if (to.tip && plain.value() == to.tip_plain && !even_if_same)
        return true;
    wire::item_address const where{
        m_core.self(), channel::blinded_message_tip_salt(to.secret, m_core.self(), to.row.key)};
    auto value = channel::box_value(*to.out_box, where, plain.value(), m_core.ports.random);
    if (!value)
        return false;
    to.last_seq = identity::next_seq(to.last_seq, m_core.now().wall);
    to.tip = sign(where.salt, to.last_seq, std::move(value).value());
    to.tip_plain = std::move(plain).value();
    keep(*to.tip);
    return true;
}

std::optional<wire::mutable_item> publisher::current_tip(contact& to) {
    if (!renew_tip(to, false))
        return std::nullopt;
    return to.tip;
}

wire::mutable_item publisher::sign(wire::salt const& salt, std::int64_t seq, bytes value) {
    wire::mutable_item out;
    out.address = {m_core.self(), salt};
    out.seq = seq;
    out.value = std::move(value);
    out.sig = m_core.ports.keys.sign(wire::signed_octets(salt, seq, out.value));
    m_core.devices.on_published(out);
    return out;
}

void publisher::keep(wire::mutable_item const& item) {
    m_core.ports.store.commit(
        {store::put_authored{{item.address.salt, item.seq, item.value, m_core.now().wall}}},
        store::durability::lazy, {});
}

void publisher::put_tip_again(contact_ptr const& to) {
    to->put_at.reset();
    if (renew_tip(*to, true))
        put_channel(to);
}

void publisher::refresh(contact_ptr const& to) {
    if (!m_core.running || !to->is_talking())
        return;
    m_core.background->push(
        m_core.guarded(to, [this](contact_ptr const& who) { put_tip_again(who); }));
    std::size_t count = 0;
    for (auto one = to->outbox.rbegin(); one != to->outbox.rend() && count < max_refreshed;
         ++one, ++count)
        m_core.background->push(m_core.guarded(to, [this, id = one->id](contact_ptr const& who) {
            if (auto const* const found = who->find_outgoing(id))
                put_message(who, *found);
        }));
}

void publisher::schedule_refresh(contact_ptr const& to) {
    to->refresh_alarm =
        m_core.after(to->refresh_pause, m_core.guarded(to, [this](contact_ptr const& who) {
            if (who->outbox.empty() || !m_core.running)
                return;
            refresh(who);
            who->refresh_pause =
                std::min<std::chrono::milliseconds>(who->refresh_pause * 2, refresh_last);
            schedule_refresh(who);
        }));
}

} // namespace tau::messenger
