#include "messenger/courier.hpp"

#include "messenger/engine_core.hpp"
#include "messenger/file_keeper.hpp"
#include "messenger/friend_watch.hpp"
#include "messenger/gossip_link.hpp"
#include "messenger/hauler.hpp"
#include "messenger/publisher.hpp"
#include "messenger/receiver.hpp"

#include <algorithm>

namespace tau::messenger {

bool courier::is_online(contact const& who) const {
    return who.last_answer && m_core.now().mono - *who.last_answer < online_time;
}

void courier::kick(contact_ptr const& to) {
    if (!m_core.running || !to->is_talking())
        return;
    start_over(*to);
    push(to);
}

void courier::on_online(contact_ptr const& to, std::optional<endpoint> where) {
    if (where)
        to->last_source = where;
    auto const now = m_core.now().mono;
    // What a stranger replays must not make us send more than this.
    bool const is_news = !to->last_heard || now - *to->last_heard >= std::chrono::seconds(1);
    to->last_heard = now;
    if (!is_news || !m_core.running || !to->is_talking())
        return;
    m_core.files->on_online(*to);
    start_over(*to);
    if (!to->outbox.empty() || to->receipt_due)
        push(to);
}

void courier::owe_receipt(contact_ptr const& to, std::optional<message_id> id) {
    to->receipt_due = true;
    if (id && to->receipt_ids.size() < wire::max_receipt_ids)
        to->receipt_ids.push_back(*id);
    if (!m_core.running || !to->is_talking() || m_core.alarms.is_set(to->receipt_alarm))
        return;
    to->receipt_alarm =
        m_core.after(receipt_pause, m_core.guarded(to, [this](contact_ptr const& who) {
            // One exchange at a time: what comes meanwhile is acknowledged with the next.
            if (who->receipt_due && who->exchanges == 0)
                push(who);
        }));
}

std::vector<message_id> courier::choose(contact& to, std::size_t limit) const {
    auto const now = m_core.now().mono;
    std::vector<message_id> fresh;
    std::vector<message_id> again;
    for (auto const& one : to.outbox) {
        if (one.sealed.empty())
            continue;
        if (!one.offered)
            fresh.push_back(one.id);
        else if (now - *one.offered >= receipt_wait)
            again.push_back(one.id);
        if (fresh.size() >= limit)
            break;
    }
    fresh.insert(fresh.end(), again.begin(), again.end());
    fresh.resize(std::min(fresh.size(), limit));
    return fresh;
}

dht::parcel courier::pack(contact& to, std::vector<message_id> const& ids) {
    dht::parcel out;
    out.gossip = m_core.gossip->rider(to);
    // Whoever has just had it learns no more of it than of what is brought with it.
    bool const knows_tip = is_online(to) && !m_core.gossip->owes_receipt(to);
    if (auto tip = knows_tip ? std::nullopt : m_core.publish->current_tip(to))
        out.items.push_back(std::move(*tip));
    if (!to.receipt_ids.empty()) {
        wire::message_receipt receipt;
        receipt.delivered = to.receipt_ids;
        if (auto const content = wire::encode(wire::message_body(receipt)))
            if (auto sealed = m_core.sealer.seal({to.row.key, m_core.now().wall}, content.value()))
                out.immutables.push_back(std::move(sealed.value().item));
    }
    for (auto const& id : ids)
        if (auto const* one = to.find_outgoing(id))
            out.immutables.push_back(one->sealed);
    return out;
}

void courier::push(contact_ptr const& to) {
    load_outbox(to);
    auto const now = m_core.now().mono;
    if (m_core.haul->is_connected(*to)) {
        m_core.haul->carry_all(to, choose(*to, max_loaded));
        if (!to->outbox.empty() && !m_core.alarms.is_set(to->retry_alarm))
            retry_with_backoff(to);
        return;
    }
    m_core.haul->help(to);
    if (to->exchanges >= max_exchanges) {
        to->push_again = true;
        return;
    }
    auto const ids = choose(*to, is_online(*to) ? max_carried : max_probed);
    bool const receipt = to->receipt_due;
    if (ids.empty() && !receipt)
        return;
    if (receipt && to->was_carried)
        m_core.haul->carry_receipt(to);
    auto const version = m_core.gossip->version();
    auto const said = m_core.publish->channel_of(*to);
    auto what = pack(*to, ids);
    to->receipt_due = false;
    to->receipt_ids.clear();
    for (auto const& id : ids)
        to->find_outgoing(id)->offered = now;
    if (++to->exchanges == 1 && !ids.empty())
        offer(to); // what is on its way need not be handed back as well
    m_core.ports.dht.exchange(
        to->row.key, std::move(what), to->last_source,
        m_core.guarded(to, [this, ids, receipt, version, said, now](contact_ptr const& who,
                                                                    result<dht::parcel> answer) {
            if (answer) {
                m_core.gossip->on_told(*who, version);
                m_core.gossip->on_receipt_brought(who, said);
            }
            on_answer(who, {ids, receipt, now}, std::move(answer));
        }));
}

void courier::on_answer(contact_ptr const& to, delivery const& what, result<dht::parcel> answer) {
    --to->exchanges;
    if (!answer) {
        for (auto const& id : what.carried)
            if (auto* one = to->find_outgoing(id))
                one->offered.reset();
        on_failure(to, what, answer.error());
        return;
    }
    to->last_answer = m_core.now().mono;
    to->tries = 0;
    to->last_failure = {};
    for (auto const& id : what.carried)
        if (auto* one = to->find_outgoing(id))
            one->handed_over = true;
    m_core.gossip->on_reached(to);
    m_core.receive->on_answer(to, std::move(answer).value());
    bool const more = std::any_of(to->outbox.begin(), to->outbox.end(),
                                  [](outgoing const& one) { return !one.offered; });
    if (std::exchange(to->push_again, false) || more || to->receipt_due)
        push(to);
    if (to->exchanges == 0 && !what.carried.empty())
        offer(to);
    // Whoever answers and never acknowledges (a request not accepted yet) is left alone
    // for longer and longer.
    if (!to->outbox.empty() && !m_core.alarms.is_set(to->retry_alarm))
        retry_with_backoff(to);
}

void courier::on_failure(contact_ptr const& to, delivery const& what, error_code ec) {
    bool const came_meanwhile = to->came_after(what.begun) && ec == errc::timed_out;
    to->last_failure = ec;
    ++to->tries;
    to->push_again = false;
    if (to->tries == 1)
        to->last_answer.reset();
    if (!came_meanwhile)
        m_core.gossip->on_unreached(*to);
    if (what.had_receipt) { // The channel carries it instead, and friends do.
        m_core.publish->publish_channel(to);
        m_core.gossip->on_receipt_stuck(to);
    }
    if (to->receipt_due)
        push(to);
    if (to->outbox.empty())
        return;
    if (came_meanwhile) {
        start_over(*to);
        return push(to);
    }
    m_core.watch->look_for_endpoint(to);
    retry_with_backoff(to);
    if (to->exchanges == 0)
        offer(to);
}

void courier::start_over(contact& to) {
    to.retry_pause = {};
    m_core.alarms.cancel(to.retry_alarm);
}

void courier::retry_with_backoff(contact_ptr const& to) {
    to->retry_pause = std::clamp(to->retry_pause * 2, m_core.settings.retry_pause_min,
                                 m_core.settings.retry_pause_max);
    retry_later(to, to->retry_pause);
}

void courier::retry_later(contact_ptr const& to, std::chrono::milliseconds pause) {
    m_core.alarms.cancel(to->retry_alarm);
    auto const jitter =
        m_core.ports.random.below(static_cast<std::uint64_t>(pause.count()) / 8 + 1);
    pause += std::chrono::milliseconds(jitter);
    to->next_try = m_core.now().wall + pause;
    to->retry_alarm = m_core.after(pause, m_core.guarded(to, [this](contact_ptr const& who) {
        who->next_try.reset();
        if (m_core.running && who->is_talking() && !who->outbox.empty())
            push(who);
        // Nothing was due or under way: the receipts are late, so ask again later.
        if (!who->outbox.empty() && who->exchanges == 0 && !m_core.alarms.is_set(who->retry_alarm))
            retry_with_backoff(who);
    }));
}

void courier::load_outbox(contact_ptr const& to) {
    std::vector<hash256> ids;
    std::size_t seen = 0;
    for (auto const& one : to->outbox) {
        if (++seen > max_loaded)
            break;
        if (one.sealed.empty())
            ids.push_back(one.id);
    }
    if (ids.empty() || to->loading_outbox)
        return;
    to->loading_outbox = true;
    m_core.ports.store.read(
        [ids](store::database& db) { return db.messages_of(ids); },
        m_core.guarded(to, [this, ids](contact_ptr const& who,
                                       result<std::vector<store::message_row>> rows) {
            who->loading_outbox = false;
            if (!rows)
                return; // tried again with the next push
            for (auto& row : rows.value())
                if (auto* one = who->find_outgoing(row.id))
                    one->sealed = std::move(row.sealed);
            // What the store no longer has was erased and cannot be sent.
            std::erase_if(who->outbox, [&ids](outgoing const& one) {
                return one.sealed.empty() && std::find(ids.begin(), ids.end(), one.id) != ids.end();
            });
            if (m_core.running && who->is_talking())
                push(who);
        }));
}

void courier::offer(contact_ptr const& to) {
    if (!m_core.running || !to->is_talking())
        return;
    if (to->exchanges > 0) { // which bring them all that could be handed back
        m_core.ports.dht.offer(to->row.key, {});
        return;
    }
    std::vector<message_id> ids;
    for (auto const& one : to->outbox)
        if (ids.size() < max_probed && !one.sealed.empty() && !one.handed_over)
            ids.push_back(one.id);
    dht::parcel what;
    what.gossip = m_core.gossip->rider(*to);
    if (auto tip = m_core.publish->current_tip(*to))
        what.items.push_back(std::move(*tip));
    for (auto const& id : ids)
        what.immutables.push_back(to->find_outgoing(id)->sealed);
    m_core.ports.dht.offer(to->row.key, std::move(what));
}

void courier::forget(contact& who) {
    m_core.alarms.cancel(who.retry_alarm);
    m_core.alarms.cancel(who.receipt_alarm);
    m_core.ports.dht.offer(who.row.key, {});
}

} // namespace tau::messenger
