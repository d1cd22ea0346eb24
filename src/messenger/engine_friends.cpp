#include "core/text.hpp"
#include "dht/access.hpp"
#include "messenger/attachment_keeper.hpp"
#include "messenger/composer.hpp"
#include "messenger/courier.hpp"
#include "messenger/engine.hpp"
#include "messenger/engine_core.hpp"
#include "messenger/file_keeper.hpp"
#include "messenger/friend_watch.hpp"
#include "messenger/gossip_link.hpp"
#include "messenger/hauler.hpp"
#include "messenger/loader.hpp"
#include "messenger/own_channels.hpp"
#include "messenger/publisher.hpp"
#include "messenger/root_fetcher.hpp"
#include "messenger/views.hpp"

#include <algorithm>
#include <utility>

namespace tau::messenger {
namespace {

void refuse(engine_core& core, done_handler done, error_code ec) {
    core.after(std::chrono::milliseconds(0), [done = std::move(done), ec] {
        if (done)
            done(ec);
    });
}

std::int64_t number(friend_state state) {
    return static_cast<std::int64_t>(state);
}

bytes big_endian(std::uint32_t value) {
    return {static_cast<std::uint8_t>(value >> 24), static_cast<std::uint8_t>(value >> 16),
            static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)};
}

void apply_contact(engine_core& core, contact& to, contact_info const& what) {
    if (!what.name.empty() && to.row.own_name.empty())
        to.row.own_name = what.name;
    if (what.contact_key && !to.row.contact_key)
        to.row.contact_key = hash256::from(what.contact_key->view()).value();
    if (what.wallet)
        core.haul->hint_wallet(to, *what.wallet);
    for (auto const& where : what.endpoints) {
        core.ports.dht.hint_endpoint(to.row.key, where);
        core.ports.store.commit({store::put_endpoint{{to.row.key, where, core.now().wall}}},
                                store::durability::lazy, {});
    }
}

/// What they wrote while they were strangers enters the inbox: it is acknowledged, told
/// of and its attachments are fetched.
void take_over_messages(engine_core& core, contact_ptr const& from) {
    core.ports.store.read(
        [key = from->row.key](store::database& db) { return db.incoming(key, max_inbox_limit); },
        core.guarded(
            from, [&core](contact_ptr const& who, result<std::vector<store::message_row>> rows) {
                if (!rows)
                    return;
                who->unread = 0;
                for (auto const& row : rows.value()) {
                    if (row.state < static_cast<std::int64_t>(message_state::read))
                        ++who->unread;
                    auto const root = root_of(row);
                    if (!root)
                        continue;
                    if (root.value().content)
                        core.attachments->fetch(who, row.id, root.value(), row.root);
                    if (root.value().file)
                        core.files->on_arrived(who, row.id, *root.value().file);
                    if (root.value().kind != wire::content_kind::text || !root.value().content)
                        core.emit(message_arrived{view_of(row, core, *who)});
                }
                core.deliver->owe_receipt(who);
                core.fetch->kick(who);
            }));
}

/// A friend of ours from now on: send our card, watch them, find them.
void welcome(engine_core& core, contact_ptr const& who, wire::contact_step step) {
    core.emit_friend(*who);
    if (!core.running)
        return;
    core.compose->compose_card(who, step);
    core.gossip->add(who);
    core.watch->begin(who);
    core.channels->read_endpoints(who);
    core.deliver->offer(who);
    core.deliver->kick(who);
}

void accept(engine_core& core, contact_ptr const& who, done_handler done) {
    who->row.state = number(friend_state::accepted);
    core.save(*who, store::durability::full,
              core.guarded(
                  who, [&core, done = std::move(done)](contact_ptr const& contact, error_code ec) {
                      if (ec)
                          contact->row.state = number(friend_state::requested);
                      else {
                          welcome(core, contact, wire::contact_step::accept);
                          take_over_messages(core, contact);
                      }
                      if (done)
                          done(ec);
                  }));
}

/// Stops everything that is under way with a contact.
void silence(engine_core& core, contact& who) {
    core.deliver->forget(who);
    core.watch->forget(who);
    core.fetch->forget(who);
    core.attachments->forget(who);
    core.files->pause(who);
    core.gossip->remove(who);
    core.alarms.cancel(who.put_alarm);
    core.alarms.cancel(who.refresh_alarm);
}

void rotate_contact_key(engine_core& core) {
    ++core.contact_generation;
    core.ports.store.commit({store::put_meta{meta_generation, big_endian(core.contact_generation)}},
                            store::durability::full, {});
    for (auto const& [key, who] : core.contacts)
        if (who->is_talking())
            core.compose->compose_card(who, wire::contact_step::update);
    core.channels->publish_endpoints();
    core.gossip->on_own_endpoints();
}

void set_meta(engine_core& core, std::string name, bytes value, done_handler done) {
    core.ports.store.commit({store::put_meta{std::move(name), std::move(value)}},
                            store::durability::full,
                            core.guarded([done = std::move(done)](error_code ec) {
                                if (done)
                                    done(ec);
                            }));
}

/// Renews what friends read of us, unhurried.
void renew_channels(engine_core& core) {
    for (auto const& [key, who] : core.contacts)
        if (who->is_talking())
            core.publish->refresh(who);
}

} // namespace

std::vector<friend_view> engine::friends() const {
    std::vector<friend_view> out;
    for (auto const& [key, who] : m_core->contacts)
        out.push_back(view_of(*m_core, *who));
    return out;
}

std::optional<friend_view> engine::friend_of(public_key const& key) const {
    auto const who = m_core->find(key);
    return who ? std::optional(view_of(*m_core, *who)) : std::nullopt;
}

void engine::add_friend(contact_info contact, done_handler done) {
    auto& core = *m_core;
    auto who = core.find(contact.key);
    if (who && who->state() == friend_state::requested) {
        apply_contact(core, *who, contact);
        return accept(core, who, std::move(done));
    }
    if (who && who->state() == friend_state::blocked)
        return refuse(core, std::move(done), errc::blocked);
    if (who) {
        apply_contact(core, *who, contact);
        core.deliver->on_online(who, std::nullopt);
        core.emit_friend(*who);
        return core.save(*who, store::durability::full, std::move(done));
    }
    if (contact.name.size() > core.settings.max_name_bytes
        || core.contacts.size() >= core.settings.max_friends)
        return refuse(core, std::move(done), errc::too_large);
    store::friend_row row;
    row.key = contact.key;
    row.state = number(friend_state::pending);
    row.added = core.now().wall;
    who = core.make_contact(std::move(row));
    if (!who || !is_utf8(contact.name))
        return refuse(core, std::move(done), errc::invalid_argument);
    core.contacts.emplace(contact.key, who);
    apply_contact(core, *who, contact);
    core.save(
        *who, store::durability::full,
        core.guarded(who, [&core, done = std::move(done)](contact_ptr const& added, error_code ec) {
            if (ec)
                core.contacts.erase(public_key(added->row.key));
            else
                welcome(core, added, wire::contact_step::request);
            if (done)
                done(ec);
        }));
}

void engine::accept_friend(public_key const& key, done_handler done) {
    auto const who = m_core->find(key);
    if (!who || who->state() != friend_state::requested)
        return refuse(*m_core, std::move(done), errc::not_found);
    accept(*m_core, who, std::move(done));
}

void engine::rename_friend(public_key const& key, std::string name, done_handler done) {
    auto const who = m_core->find(key);
    if (!who)
        return refuse(*m_core, std::move(done), errc::not_found);
    if (name.size() > m_core->settings.max_name_bytes)
        return refuse(*m_core, std::move(done), errc::too_large);
    if (!is_utf8(name))
        return refuse(*m_core, std::move(done), errc::invalid_encoding);
    who->row.own_name = std::move(name);
    m_core->emit_friend(*who);
    m_core->save(*who, store::durability::full, std::move(done));
}

void engine::block_friend(public_key const& key, done_handler done) {
    auto who = m_core->find(key);
    if (!who) {
        store::friend_row row;
        row.key = key;
        row.added = m_core->now().wall;
        who = m_core->make_contact(std::move(row));
        if (!who)
            return refuse(*m_core, std::move(done), errc::invalid_argument);
        m_core->contacts.emplace(key, who);
    }
    who->row.state = number(friend_state::blocked);
    silence(*m_core, *who);
    m_core->emit_friend(*who);
    m_core->save(*who, store::durability::full, std::move(done));
}

void engine::unblock_friend(public_key const& key, done_handler done) {
    auto const who = m_core->find(key);
    if (!who || who->state() != friend_state::blocked)
        return refuse(*m_core, std::move(done), errc::not_found);
    // Somebody to whom we never gave our key was blocked as a stranger.
    if (who->row.has_our_key == 0 && !who->row.contact_key)
        return remove_friend(key, std::move(done));
    bool const known = who->row.contact_key.has_value() && who->row.has_our_key > 0;
    who->row.state = number(known ? friend_state::accepted : friend_state::pending);
    m_core->save(*who, store::durability::full, std::move(done));
    if (who->row.has_our_key == 0)
        return welcome(*m_core, who, wire::contact_step::accept);
    m_core->emit_friend(*who);
    if (m_core->running) {
        m_core->gossip->add(who);
        m_core->watch->begin(who);
        m_core->deliver->kick(who);
        m_core->files->resume(*who);
    }
}

void engine::remove_friend(public_key const& key, done_handler done) {
    auto const who = m_core->find(key);
    if (!who)
        return refuse(*m_core, std::move(done), errc::not_found);
    m_core->ports.store.commit({store::remove_friend{key}}, store::durability::full,
                               m_core->guarded(who, [core = m_core.get(), done = std::move(done)](
                                                        contact_ptr const& removed, error_code ec) {
                                   if (!ec) {
                                       silence(*core, *removed);
                                       core->files->forget(*removed);
                                       bool const had_key = removed->row.has_our_key > 0;
                                       core->contacts.erase(public_key(removed->row.key));
                                       core->emit_friend(*removed, true);
                                       if (had_key && core->running)
                                           rotate_contact_key(*core);
                                   }
                                   if (done)
                                       done(ec);
                               }));
}

void engine::set_own_name(std::string name, done_handler done) {
    if (name.size() > std::min(m_core->settings.max_name_bytes, wire::max_user_name_bytes))
        return refuse(*m_core, std::move(done), errc::too_large);
    if (!is_utf8(name))
        return refuse(*m_core, std::move(done), errc::invalid_encoding);
    m_core->own_name = std::move(name);
    set_meta(*m_core, meta_own_name, to_bytes(m_core->own_name), std::move(done));
    renew_channels(*m_core);
}

std::string const& engine::own_name() const {
    return m_core->own_name;
}

void engine::set_read_receipts(read_receipts on, done_handler done) {
    m_core->receipts = on;
    set_meta(*m_core, meta_receipts,
             bytes{on == read_receipts::on ? std::uint8_t{1} : std::uint8_t{0}}, std::move(done));
}

contact_info engine::own_contact() const {
    contact_info out;
    out.key = m_core->self();
    out.name = m_core->own_name;
    out.wallet = m_core->ports.keys.wallet();
    out.contact_key = m_core->ports.keys.contact_key(m_core->contact_generation);
    out.endpoints = m_core->own_endpoints;
    return out;
}

void engine::publish_binding(identity::binding_record const& record, done_handler done) {
    auto const ec =
        m_core->running ? m_core->channels->publish_binding(record) : error_code(errc::cancelled);
    refuse(*m_core, std::move(done), ec);
}

} // namespace tau::messenger
