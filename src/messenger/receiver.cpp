#include "messenger/receiver.hpp"

#include "identity/keccak.hpp"
#include "messenger/attachment_keeper.hpp"
#include "messenger/composer.hpp"
#include "messenger/courier.hpp"
#include "messenger/engine_core.hpp"
#include "messenger/ferry.hpp"
#include "messenger/file_keeper.hpp"
#include "messenger/friend_watch.hpp"
#include "messenger/gossip_link.hpp"
#include "messenger/hauler.hpp"
#include "messenger/own_channels.hpp"
#include "messenger/packet_seal.hpp"
#include "messenger/root_fetcher.hpp"
#include "messenger/views.hpp"
#include "wire/bencode.hpp"

#include <algorithm>
#include <utility>

namespace tau::messenger {
namespace {

store::message_row row_of(opened_message const& seal, wire::message_root const& root, bytes item,
                          delivery_way way, unix_ms now) {
    store::message_row out;
    out.id = seal.id;
    out.root = seal.root;
    out.peer = seal.sender;
    out.direction = store::direction::in;
    out.kind = static_cast<std::int64_t>(root.kind);
    out.state = static_cast<std::int64_t>(message_state::delivered);
    out.way = static_cast<std::int64_t>(way);
    out.time = std::min(seal.time, now + receiver::max_ahead);
    out.received = now;
    out.content = seal.content;
    out.sealed = std::move(item);
    out.hidden = wire::is_hidden(root.kind);
    return out;
}

/// Whether more lies beyond a gap than our channel value can name.
bool has_far_gaps(contact const& from) {
    return from.dag.beyond_complete(wire::max_extra_roots + 1).size() > wire::max_extra_roots;
}

/// What a friend brings that another one sealed was held for us.
delivery_way way_from(contact_ptr const& sender, contact_ptr const& brought_by, delivery_way way) {
    return brought_by && brought_by != sender ? delivery_way::friends : way;
}

/// What an explicit receipt has to say about a message that came again.
std::optional<message_id> id_to_name(contact const& from, byte_view item) {
    auto const sealed = wire::unwrap_string(item);
    if (!has_far_gaps(from) || !sealed)
        return std::nullopt;
    return identity::keccak256(sealed.value());
}

} // namespace

receiver::receiver(engine_core& core)
    : m_core(core), m_strangers(strangers_per_second, strangers_burst, 1) {}

void receiver::on_parcel(dht::incoming_parcel const& what) {
    if (!m_core.running)
        return;
    auto const known = m_core.find(what.from);
    if (known && known->state() == friend_state::blocked)
        return;
    for (auto const& item : what.parcel.items)
        on_channel_item(item);
    on_sealed(what.parcel.immutables, delivery_way::direct, known);
    if (known)
        m_core.gossip->on_rider(known, what.parcel.gossip, what.proven);
    if (known && what.proven) {
        m_core.deliver->on_online(known, what.source);
        if (known->is_talking())
            m_core.gossip->on_heard(known);
    }
}

void receiver::on_carried(byte_view sealed, wallet_address const& origin, delivery_way way) {
    auto const id = identity::keccak256(sealed);
    if (!m_core.running)
        return tell_carrier(id, false);
    // Only a hint whom it may be from; a stranger's seals are opened at a lower rate.
    contact_ptr from;
    for (auto const& [key, who] : m_core.contacts)
        if (who->row.wallet == origin || (!who->row.wallet && who->wallet_hint == origin))
            from = who;
    if (from)
        from->was_carried = true;
    if (is_packet(sealed))
        return tell_carrier(id, from && m_core.ferry->on_packet(from, sealed));
    on_sealed({wire::wrap_string(sealed)}, way, from);
}

void receiver::on_carried_receipt(contact_ptr const& from, std::vector<message_id> const& ids,
                                  delivery_way way) {
    from->tries_carried = 0;
    m_core.ferry->on_acknowledged(*from, ids);
    m_core.met(from, m_core.now().wall);
    from->last_answer = m_core.now().mono; // they are there, if by another way
    for (auto const& id : ids)
        on_delivered(from, id, way);
    if (!from->outbox.empty())
        m_core.deliver->kick(from);
}

void receiver::tell_carrier(message_id const& id, bool is_kept) const {
    auto* const by = m_core.haul->by();
    if (by == nullptr)
        return;
    if (is_kept)
        by->on_kept(id);
    else
        by->on_refused(id);
}

void receiver::on_answer(contact_ptr const& from, dht::parcel what) {
    m_core.heard(from, m_core.now().wall);
    for (auto const& item : what.items)
        on_channel_item(item);
    on_sealed(std::move(what.immutables), delivery_way::direct, from);
    m_core.gossip->on_rider(from, what.gossip, true);
}

bool receiver::is_message_salt(contact& who, wire::salt const& salt) const {
    if (salt == channel::blinded_message_tip_salt(who.secret, who.row.key, m_core.self()))
        return true;
    auto const now = channel::slot_of(m_core.now().wall);
    for (auto slot = now - std::min<channel::slot_number>(now, 2); slot <= now + 1; ++slot)
        if (salt == channel::blinded_message_salt(who.secret, who.row.key, m_core.self(), slot))
            return true;
    return false;
}

void receiver::on_channel_item(wire::mutable_item const& item) {
    auto const from = m_core.find(item.address.key);
    if (item.address.key == m_core.self()) {
        m_core.channels->on_own_item(item);
        return;
    }
    if (!from || !from->is_talking())
        return;
    if (m_core.channels->on_friend_item(from, item) || m_core.gossip->on_channel_item(from, item))
        return;
    if (!is_message_salt(*from, item.address.salt) || item.seq <= from->seen_seq)
        return;
    std::vector<channel::box_key> keys;
    keys.push_back(channel::pair_box_key(from->secret, from->row.key, m_core.self()));
    auto const plain = channel::open_value(keys, item.address, item.value);
    auto const value = plain ? wire::decode_message_channel(plain.value())
                             : result<wire::message_channel>(plain.error());
    if (!value) {
        ++m_core.refused;
        return;
    }
    from->seen_seq = item.seq;
    from->poll_brought_news = true;
    m_core.met(from, unix_ms(std::chrono::milliseconds(item.seq)));
    on_channel_value(from, value.value());
}

void receiver::on_channel_value(contact_ptr const& from, wire::message_channel const& value) {
    rename(from, value.name);
    if (value.complete_root && !from->outbox.empty())
        for (auto const& id : from->dag.up_to(*value.complete_root))
            on_delivered(from, id);
    for (auto const& root : value.extra_roots)
        for (auto const& one : from->outbox)
            if (one.root == root) {
                on_delivered(from, message_id(one.id));
                break;
            }
    if (value.read_root)
        on_read_up_to(from, *value.read_root);
    auto roots = value.recent;
    roots.insert(roots.end(), value.skips.begin(), value.skips.end());
    from->dag.on_tips(roots);
    m_core.fetch->kick(from);
}

void receiver::on_sealed(std::vector<bytes> items, delivery_way way, contact_ptr const& from) {
    std::map<public_key, std::vector<incoming>> by_sender; // in an order that a rerun repeats
    for (auto& item : items) {
        auto const root = wire::target_of_immutable(item);
        if (from && from->dag.has(root)) {
            if (from->is_talking()) // the sender does not know yet that we have it
                m_core.deliver->owe_receipt(from, id_to_name(*from, item));
            if (auto const sealed = wire::unwrap_string(item))
                tell_carrier(identity::keccak256(sealed.value()), from->is_talking());
            continue;
        }
        bool const trusted = from && from->is_talking();
        if (!trusted && !m_strangers.allow(0, m_core.now().mono))
            continue;
        auto seal = m_core.sealer.open(item);
        if (seal && on_state(seal.value(), way, from))
            continue;
        auto body = seal ? wire::decode_body(seal.value().content)
                         : result<wire::message_body>(seal.error());
        if (!body || seal.value().sender == m_core.self()) {
            ++m_core.refused;
            continue;
        }
        auto const sender = sender_of(seal.value());
        if (!sender || sender->state() == friend_state::blocked)
            continue;
        if (auto const* receipt = std::get_if<wire::message_receipt>(&body.value())) {
            if (sender->is_talking())
                on_receipt(sender, *receipt);
            tell_carrier(seal.value().id, sender->is_talking());
            continue;
        }
        // A path may bring a stranger's message again and again: it counts once.
        if (sender != from && sender->dag.has(seal.value().root)) {
            tell_carrier(seal.value().id, sender->is_talking());
            continue;
        }
        if (sender->state() == friend_state::requested
            && ++sender->request_messages > m_core.settings.max_request_messages)
            continue;
        by_sender[sender->row.key].push_back({std::move(seal).value(),
                                              std::get<wire::message_root>(std::move(body).value()),
                                              std::move(item)});
    }
    for (auto& [key, messages] : by_sender)
        if (auto const sender = m_core.find(key)) {
            if (from && from != sender) // and may have what belongs to it
                gossip_link::note_teller(*sender, from->row.key);
            take(sender, std::move(messages), way_from(sender, from, way));
        }
}

// The same as a channel value, but sealed; its time counts as the value's seq.
bool receiver::on_state(opened_message const& seal, delivery_way way, contact_ptr const& asked) {
    auto const value = wire::decode_sealed_state(seal.content);
    if (!value)
        return false;
    auto const from = m_core.find(seal.sender);
    auto const seq = seal.time.time_since_epoch().count();
    if (!from || !from->is_talking() || seq <= from->seen_seq)
        return true;
    if (seal.time <= m_core.now().wall + max_ahead)
        from->seen_seq = seq;
    m_core.met(from, seal.time);
    m_by_friends = way_from(from, asked, way) == delivery_way::friends;
    on_channel_value(from, value.value());
    m_by_friends = false;
    m_core.watch->hurry(from);
    return true;
}

contact_ptr receiver::sender_of(opened_message const& seal) {
    if (auto const known = m_core.find(seal.sender))
        return known;
    auto const requests =
        std::count_if(m_core.contacts.begin(), m_core.contacts.end(), [](auto const& entry) {
            return entry.second->state() == friend_state::requested;
        });
    if (static_cast<std::size_t>(requests) >= m_core.settings.max_requests)
        return nullptr;
    store::friend_row row;
    row.key = seal.sender;
    row.state = static_cast<std::int64_t>(friend_state::requested);
    row.added = m_core.now().wall;
    auto const made = m_core.make_contact(std::move(row));
    if (!made)
        return nullptr;
    m_core.contacts.emplace(seal.sender, made);
    return made;
}

void receiver::take(contact_ptr const& from, std::vector<incoming> messages, delivery_way way) {
    auto const now = m_core.now().wall;
    std::vector<store::message_row> rows;
    for (auto& message : messages)
        rows.push_back(row_of(message.seal, message.root, std::move(message.item), way, now));
    store::batch rest{store::put_friend{from->row}};
    for (auto const& row : rows)
        rest.push_back(store::remove_missing{row.root});
    for (auto const& message : messages)
        if (message.root.file)
            rest.push_back(m_core.files->row_of(from->row.key, message.seal.id, *message.root.file,
                                                store::direction::in));
    auto shared = std::make_shared<std::vector<incoming>>(std::move(messages));
    m_core.ports.store.read(
        [rows = std::move(rows), rest = std::move(rest)](store::database& db) {
            return db.take_in(rows, rest);
        },
        m_core.guarded(
            from, [this, shared, way](contact_ptr const& who, result<std::vector<hash256>> fresh) {
                // A full disk: no receipt, so the sender keeps it and brings it again.
                if (fresh)
                    return on_taken(who, *shared, fresh.value(), way);
                for (auto const& message : *shared)
                    tell_carrier(message.seal.id, false);
            }));
}

void receiver::on_taken(contact_ptr const& from, std::vector<incoming> const& messages,
                        std::vector<message_id> const& fresh, delivery_way way) {
    bool first_request = from->state() == friend_state::requested && from->dag.size() == 0;
    for (auto const& message : messages) {
        auto const& seal = message.seal;
        from->wanted.erase(seal.root);
        m_core.gossip->on_found(seal.root);
        from->dag.add({seal.id, seal.root, chain_side::theirs, seal.time, message.root.links});
        if (seal.time <= m_core.now().wall + max_ahead)
            from->newest_time = std::max(from->newest_time, seal.time);
        if (std::find(fresh.begin(), fresh.end(), seal.id) != fresh.end())
            on_fresh(from, message, way);
        if (from->is_talking())
            m_core.deliver->owe_receipt(from, has_far_gaps(*from) ? std::optional(seal.id)
                                                                  : std::nullopt);
        tell_carrier(seal.id, from->is_talking());
    }
    if (auto const read = from->dag.read_by_them())
        on_read_up_to(from, *read);
    m_core.met(from, m_core.now().wall);
    if (first_request && !fresh.empty())
        m_core.emit(request_arrived{view_of(m_core, *from)});
    if (!from->is_talking())
        return;
    m_core.fetch->kick(from);
    m_core.watch->hurry(from);
}

void receiver::on_fresh(contact_ptr const& from, incoming const& message, delivery_way way) {
    if (message.root.kind == wire::content_kind::contact) {
        apply_card(from, message);
        return;
    }
    auto row = row_of(message.seal, message.root, {}, way, m_core.now().wall);
    if (!from->is_talking())
        return;
    if (message.root.received_file) {
        m_core.files->on_received(from, *message.root.received_file);
        return;
    }
    ++from->unread;
    if (from->dag.precedes_seen(message.seal.root))
        from->late_unread.insert(message.seal.root);
    if (message.root.content)
        m_core.attachments->fetch(from, message.seal.id, message.root, message.seal.root);
    if (message.root.file)
        m_core.files->on_arrived(from, message.seal.id, *message.root.file);
    // A long text is told of when it is here; a file at once, with its progress.
    if (message.root.kind != wire::content_kind::text || !message.root.content)
        m_core.emit(message_arrived{view_of(row, m_core, *from)});
}

void receiver::apply_card(contact_ptr const& from, incoming const& message) {
    if (!message.root.card || message.seal.time < from->card_time)
        return;
    auto const& card = *message.root.card;
    from->card_time = message.seal.time;
    from->row.contact_key = hash256::from(card.key.view()).value();
    if (!card.name.empty())
        from->row.their_name = card.name;
    m_core.save(*from, store::durability::full);
    m_core.emit_friend(*from);
    if (!from->is_talking())
        return;
    m_core.channels->read_endpoints(from);
    if (from->row.has_our_key < std::int64_t{m_core.contact_generation})
        m_core.compose->compose_card(from, wire::contact_step::accept);
}

void receiver::rename(contact_ptr const& who, std::string const& name) {
    if (name.empty() || name == who->row.their_name)
        return;
    who->row.their_name = name;
    m_core.save(*who);
    m_core.emit_friend(*who);
}

void receiver::on_receipt(contact_ptr const& from, wire::message_receipt const& receipt) {
    m_core.met(from, m_core.now().wall);
    for (auto const& id : receipt.delivered)
        on_delivered(from, id);
    if (receipt.read_root)
        on_read_up_to(from, *receipt.read_root);
}

void receiver::on_delivered(contact_ptr const& from, message_id const& id,
                            std::optional<delivery_way> way) {
    auto const* const one = from->find_outgoing(id);
    if (!one)
        return;
    auto const guess = one->handed_over ? delivery_way::direct
                       : m_by_friends   ? delivery_way::friends
                                        : delivery_way::dht;
    from->sent[id].way = way.value_or(guess);
    set_state(from, id, message_state::delivered);
}

void receiver::on_read_up_to(contact_ptr const& from, target const& root) {
    // It shows that they have `root`. They may have read it while one before it was missing,
    // which must not leave the outbox for that.
    for (auto const& one : from->outbox)
        if (one.root == root) {
            on_delivered(from, message_id(one.id));
            break;
        }
    auto ids = std::exchange(from->read_unproven, {});
    if (from->read_by_them != root) {
        auto const before = std::exchange(from->read_by_them, root);
        auto const more = from->dag.up_to(root, before);
        ids.insert(ids.end(), more.begin(), more.end());
    }
    for (auto const& id : ids) {
        auto const known = from->sent.find(id);
        if (known == from->sent.end() || known->second.state == message_state::read)
            continue;
        if (known->second.state < message_state::delivered)
            from->read_unproven.push_back(id);
        else
            set_state(from, id, message_state::read);
    }
}

void receiver::set_state(contact_ptr const& from, message_id const& id, message_state state) {
    auto& known = from->sent[id];
    known.state = state;
    store::batch changes{store::set_message_state{id, static_cast<std::int64_t>(state),
                                                  static_cast<std::int64_t>(known.way)},
                         store::leave_outbox{id}};
    // Losing this in a power failure costs no more than another receipt.
    m_core.ports.store.commit(std::move(changes), store::durability::lazy, {});
    std::erase_if(from->outbox, [&id](outgoing const& one) { return one.id == id; });
    m_core.haul->release(id);
    m_core.gossip->renew(from);
    from->retry_pause = {};
    if (from->outbox.empty()) {
        m_core.alarms.cancel(from->retry_alarm);
        from->next_try.reset();
        m_core.deliver->offer(from);
    }
    m_core.emit(message_state_changed{id, from->row.key, state, known.way});
}

} // namespace tau::messenger
