#include "messenger/engine.hpp"

#include "dht/access.hpp"
#include "messenger/attachment_keeper.hpp"
#include "messenger/background_line.hpp"
#include "messenger/composer.hpp"
#include "messenger/courier.hpp"
#include "messenger/engine_core.hpp"
#include "messenger/file_keeper.hpp"
#include "messenger/friend_watch.hpp"
#include "messenger/gossip_link.hpp"
#include "messenger/hauler.hpp"
#include "messenger/links_channel.hpp"
#include "messenger/loader.hpp"
#include "messenger/own_channels.hpp"
#include "messenger/publisher.hpp"
#include "messenger/receiver.hpp"
#include "messenger/root_fetcher.hpp"

#include <algorithm>
#include <utility>

namespace tau::messenger {
namespace {

/// Goes on with a conversation where the last run ended.
void resume(engine_core& core, contact_ptr const& who, loaded_state const& state) {
    if (!who->is_talking())
        return;
    // A crash may have come between adding the friend and writing our card.
    if (who->row.has_our_key == 0)
        core.compose->compose_card(who, who->state() == friend_state::pending
                                            ? wire::contact_step::request
                                            : wire::contact_step::accept);
    core.deliver->offer(who);
    core.watch->begin(who);
    core.fetch->kick(who);
    // Receipts that the last run owed may not have arrived.
    if (!state.ends.at(who->row.key).newest_in.empty() && core.gossip->owes_receipt(*who))
        core.deliver->owe_receipt(who);
    for (auto const& row : state.ends.at(who->row.key).newest_in)
        if (auto const root = root_of(row);
            root && root.value().content && !row.erased
            && std::cmp_less(row.fetched, root.value().content->size))
            core.attachments->fetch(who, row.id, root.value(), row.root);
    if (who->outbox.empty())
        return;
    // What they left for us says which of these arrived while we were away.
    core.watch->read_tip(who);
    core.deliver->kick(who);
    core.publish->resume(who);
    for (auto const& one : who->outbox)
        if (one.has_content && !one.content_taken)
            core.attachments->publish(who, one.id);
}

void begin(engine_core& core, loaded_state const& state) {
    core.running = true;
    core.background->start();
    core.ports.dht.on_parcel(
        core.guarded([&core](dht::incoming_parcel const& what) { core.receive->on_parcel(what); }));
    core.channels->start();
    core.gossip->start(state.tables.held);
    core.files->start();
    for (auto const& [key, who] : std::map(core.contacts))
        if (state.ends.contains(key))
            resume(core, who, state);
    core.ports.store.read(
        [](store::database& db) { return db.newest_items(attachment_keeper::max_served_bytes); },
        core.guarded([&core](result<std::vector<store::item_row>> rows) {
            if (!rows)
                return;
            std::vector<bytes> values;
            for (auto& row : rows.value())
                values.push_back(std::move(row.value));
            core.attachments->serve(values);
        }));
}

void begin_after_restore(engine_core& core, std::shared_ptr<loaded_state> const& state,
                         done_handler ready) {
    std::vector<contact_ptr> friends;
    for (auto const& [key, who] : core.contacts)
        if (who->is_talking())
            friends.push_back(who);
    core.channels->read_back(friends, [&core, state, ready = std::move(ready)] {
        core.ports.store.commit({store::put_meta{meta_restored, {}}}, store::durability::full, {});
        begin(core, *state);
        ready({});
    });
}

} // namespace

engine::engine(engine_ports ports, engine_settings settings)
    : m_core(std::make_unique<engine_core>(std::move(ports), std::move(settings))) {}

engine::~engine() = default;

void engine::start(done_handler ready) {
    auto& core = *m_core;
    core.ports.store.read(
        [](store::database& db) { return load_state(db); },
        core.guarded([&core, ready = std::move(ready)](result<loaded_state> loaded) {
            if (!loaded) {
                ready(loaded.error());
                return;
            }
            auto const state = std::make_shared<loaded_state>(std::move(loaded).value());
            restore_state(core, *state);
            core.haul->restore_hints();
            if (core.meta.contains(meta_restored)) {
                begin_after_restore(core, state, ready);
                return;
            }
            begin(core, *state);
            ready({});
        }));
}

void engine::stop(done_handler stopped) {
    m_core->running = false;
    m_core->ports.store.commit({}, store::durability::full, m_core->guarded(std::move(stopped)));
}

std::optional<time_point> engine::wake_at() const {
    return m_core->alarms.next();
}

void engine::on_time(time_point now) {
    m_core->alarms.run_due(now);
}

void engine::on_wake(std::function<void()> handler) {
    m_core->wake_handler = std::move(handler);
}

void engine::on_own_endpoints(std::vector<endpoint> endpoints) {
    if (endpoints == m_core->own_endpoints)
        return;
    m_core->own_endpoints = std::move(endpoints);
    m_core->channels->publish_endpoints();
    m_core->gossip->on_own_endpoints();
}

void engine::on_friend_online(public_key const& who, std::optional<endpoint> where) {
    if (auto const found = m_core->find(who); found && found->is_talking())
        m_core->deliver->on_online(found, where);
}

void engine::on_own_links(std::vector<wallet_address> links) {
    m_core->links->on_own_links(std::move(links));
}

void engine::use_carrier(carrier* by) {
    m_core->haul->use(by);
}

void engine::use_files(file_port& port) {
    m_core->files->use(&port);
}

void engine::on_carried(bytes sealed, wallet_address const& origin, delivery_way way) {
    m_core->receive->on_carried(sealed, origin, way);
}

void engine::on_carried_receipt(public_key const& from, std::vector<message_id> const& ids,
                                delivery_way way) {
    if (auto const who = m_core->find(from); who && who->is_talking() && m_core->running)
        m_core->receive->on_carried_receipt(who, ids, way);
}

void engine::on_friend_wallet(public_key const& who, wallet_address const& wallet) {
    auto const found = m_core->find(who);
    if (!found || !found->is_talking())
        return;
    m_core->haul->hint_wallet(*found, wallet);
    found->tries_carried = 0;
    m_core->deliver->on_online(found, std::nullopt);
}

std::optional<wallet_address> engine::wallet_of(public_key const& who) const {
    auto const found = m_core->find(who);
    return found ? hauler::wallet_of(*found) : std::nullopt;
}

void engine::on_writing(public_key const& to) {
    if (auto const found = m_core->find(to); found && found->is_talking() && m_core->running)
        m_core->gossip->writing(found);
}

void engine::set_power(gossip::power_state power) {
    m_core->gossip->set_power(power);
}

gossip::counts engine::gossip_counts() const {
    return m_core->gossip->totals();
}

std::vector<target> engine::gossip_offers(public_key const& to) const {
    return m_core->gossip->offers_for(to);
}

engine_counts engine::counts() const {
    engine_counts out;
    for (auto const& [key, who] : m_core->contacts) {
        out.friends += who->is_talking() ? 1U : 0U;
        out.requests += who->state() == friend_state::requested ? 1U : 0U;
        out.unread += who->is_talking() ? who->unread : 0U;
        out.undelivered += who->outbox.size();
        out.unpublished += static_cast<std::uint64_t>(
            std::count_if(who->outbox.begin(), who->outbox.end(), [&](outgoing const& one) {
                return who->sent[one.id].state == message_state::stored;
            }));
        out.missing_roots += who->dag.missing_count();
    }
    out.fetching_attachments = m_core->attachments->fetching();
    out.fetching_files = m_core->files->count(store::direction::in);
    out.offered_files = m_core->files->count(store::direction::out);
    out.waiting_commits = m_core->ports.store.waiting();
    out.refused_items = m_core->refused;
    return out;
}

engine::subscription engine::subscribe(event_handler handler) {
    m_core->handlers.emplace(++m_core->last_subscription, std::move(handler));
    return m_core->last_subscription;
}

void engine::unsubscribe(subscription id) {
    m_core->handlers.erase(id);
}

void engine::export_backup(answer_handler<bytes> answer) {
    m_core->ports.store.read([](store::database& db) { return db.export_all(); },
                             m_core->guarded(std::move(answer)));
}

void engine::import_backup(bytes blob, done_handler done) {
    m_core->ports.store.read(
        [blob = std::move(blob)](store::database& db) {
            auto const ec = db.import_all(blob);
            return ec ? ec
                      : db.apply({store::put_meta{meta_restored, {1}}}, store::durability::full);
        },
        m_core->guarded(std::move(done)));
}

} // namespace tau::messenger
