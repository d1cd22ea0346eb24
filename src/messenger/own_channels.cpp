#include "messenger/own_channels.hpp"

#include "messenger/background_line.hpp"
#include "messenger/courier.hpp"
#include "messenger/engine_core.hpp"
#include "messenger/gossip_link.hpp"
#include "messenger/links_channel.hpp"
#include "messenger/publisher.hpp"
#include "wire/endpoint_value.hpp"
#include "wire/message_channel.hpp"

#include <algorithm>

namespace tau::messenger {
namespace {

wire::salt device_salt() {
    return wire::salt::from(identity::device_channel).value();
}

} // namespace

std::int64_t& own_channels::seq_of(wire::salt const& salt) {
    auto const [found, added] = m_seqs.try_emplace(salt, -1);
    if (added)
        if (auto const old = m_core.authored.find(salt); old != m_core.authored.end())
            found->second = old->second.seq;
    return found->second;
}

void own_channels::put(wire::salt const& salt, bytes value, std::chrono::milliseconds pause) {
    auto& seq = seq_of(salt);
    seq = identity::next_seq(seq, m_core.now().wall);
    auto const item = m_core.publish->sign(salt, seq, std::move(value));
    m_core.ports.store.commit(
        {store::put_authored{{salt, item.seq, item.value, m_core.now().wall}}},
        store::durability::lazy, {});
    (void)m_core.ports.dht.put(
        salt, item.seq, item.value,
        m_core.guarded(
            [this, salt, seq = item.seq, value = item.value, pause](dht::put_report report) {
                if (report.nodes > 0)
                    return;
                // A node that has just started may know nobody yet.
                m_core.after(pause, m_core.guarded([this, salt, seq, value, pause] {
                    if (m_core.running && seq_of(salt) == seq)
                        put(salt, value,
                            std::min<std::chrono::milliseconds>(2 * pause, put_again_last));
                }));
            }));
}

void own_channels::start() {
    put(device_salt(),
        identity::encode(identity::device_record{m_core.ports.device, m_core.now().wall},
                         m_core.ports.keys, m_core.ports.random));
    publish_endpoints();
    if (auto const old = m_core.authored.find(channel::wallet_salt()); old != m_core.authored.end())
        put(channel::wallet_salt(), bytes(old->second.value));
    read_own_device_after(first_device_read);
}

void own_channels::read_own_device_after(std::chrono::milliseconds pause) {
    m_core.after(pause, [this, pause] {
        if (!m_core.running)
            return;
        read_own_device_after(std::min<std::chrono::milliseconds>(2 * pause, longest_device_pause));
        m_core.background->push([this] {
            dht::get_request request{{m_core.self(), device_salt()}, dht::get_mode::elsewhere};
            m_core.ports.dht.get(
                std::move(request),
                {m_core.guarded([this](dht::got_item const& got) { on_own_item(got.item); }), {}});
        });
    });
}

void own_channels::on_own_item(wire::mutable_item const& item) {
    if (m_core.devices.on_seen(item) != identity::device_verdict::conflict)
        return;
    auto& seq = seq_of(item.address.salt);
    seq = std::max(seq, item.seq);
    if (item.seq > m_reported_seq) {
        m_reported_seq = item.seq;
        m_core.emit(other_device_seen{item.seq});
    }
    if (item.address.salt != device_salt())
        return;
    auto const record = identity::decode_device_record(item.value, m_core.ports.keys);
    if (record && m_core.devices.announce_again(record.value()))
        put(device_salt(),
            identity::encode(identity::device_record{m_core.ports.device, m_core.now().wall},
                             m_core.ports.keys, m_core.ports.random));
}

// A node that has just started may know nobody yet, and nothing is found then.
void own_channels::read_until_found(wire::salt const& salt,
                                    std::function<void(dht::got_item const&)> on_item,
                                    std::function<bool()> given_up, std::function<void()> done) {
    dht::get_request request{{m_core.self(), salt}, dht::get_mode::elsewhere};
    m_core.ports.dht.get(std::move(request),
                         {m_core.guarded(on_item), m_core.guarded([=, this](error_code ec) {
                              if (given_up())
                                  return;
                              if (!ec)
                                  return done();
                              m_core.after(restore_retry, [=, this] {
                                  if (!given_up())
                                      read_until_found(salt, on_item, given_up, done);
                              });
                          })});
}

void own_channels::read_back(std::vector<contact_ptr> const& friends, std::function<void()> done) {
    struct progress {
        std::size_t left = 0;
        std::function<void()> done;
    };
    auto shared = std::make_shared<progress>();
    shared->done = std::move(done);
    auto const finish = [shared] {
        if (shared->done)
            std::exchange(shared->done, {})();
    };
    auto const read = [this, shared, finish](wire::salt const& salt, auto on_item) {
        ++shared->left;
        read_until_found(
            salt, on_item, [shared] { return !shared->done; },
            [shared, finish] {
                if (--shared->left == 0)
                    finish();
            });
    };
    for (auto const& salt : {channel::cidr_salt(), channel::wallet_salt(), device_salt()})
        read(salt, [this, salt](dht::got_item const& got) {
            auto& seq = seq_of(salt);
            seq = std::max(seq, got.item.seq);
        });
    for (auto const& who : friends) {
        auto const salt =
            channel::blinded_message_tip_salt(who->secret, m_core.self(), who->row.key);
        read(salt, [this, who](dht::got_item const& got) {
            who->last_seq = std::max(who->last_seq, got.item.seq);
            std::vector<channel::box_key> keys;
            keys.push_back(channel::pair_box_key(who->secret, m_core.self(), who->row.key));
            auto const plain = channel::open_value(keys, got.item.address, got.item.value);
            auto const value = plain ? wire::decode_message_channel(plain.value())
                                     : result<wire::message_channel>(plain.error());
            if (!value)
                return;
            // What we sent after the backup: friends must still find their way to it.
            who->carried_roots.clear();
            for (auto const& root : value.value().recent)
                if (!who->dag.has(root))
                    who->carried_roots.push_back(root);
        });
    }
    m_core.after(m_core.settings.restore_read_timeout, m_core.guarded(finish));
}

channel::box_key own_channels::own_box_key() const {
    auto const key = m_core.ports.keys.contact_key(m_core.contact_generation);
    return channel::contact_box_key(wire::contact_key::from(key.view()).value());
}

void own_channels::publish_endpoints() {
    if (!m_core.running || m_core.own_endpoints.empty())
        return;
    wire::endpoint_value plain;
    plain.endpoints = m_core.own_endpoints;
    plain.time = m_core.now().wall;
    wire::item_address const where{m_core.self(), channel::cidr_salt()};
    auto value = channel::box_value(own_box_key(), where, wire::encode(plain), m_core.ports.random);
    if (value)
        put(where.salt, std::move(value).value());
}

error_code own_channels::publish_binding(identity::binding_record const& record) {
    if (record.key != m_core.self())
        return errc::invalid_argument;
    if (auto const ec = identity::verify(record))
        return ec;
    put(channel::wallet_salt(), identity::encode(record));
    return {};
}

void own_channels::read_endpoints(contact_ptr const& who) {
    if (!m_core.running || !who->is_talking() || !who->row.contact_key)
        return;
    dht::get_request request{{who->row.key, channel::cidr_salt()}, dht::get_mode::recursive};
    m_core.ports.dht.get(
        std::move(request),
        {m_core.guarded(who, [this](contact_ptr const& contact,
                                    dht::got_item const& got) { on_endpoints(contact, got.item); }),
         {}});
}

void own_channels::read_wallet(contact_ptr const& who) {
    dht::get_request request{{who->row.key, channel::wallet_salt()}};
    dht::get_observer told{
        m_core.guarded(who, [this](contact_ptr const& contact,
                                   dht::got_item const& got) { on_wallet(contact, got.item); }),
        {}};
    m_core.gossip->ride(who, request, told);
    m_core.ports.dht.get(std::move(request), std::move(told));
}

bool own_channels::on_friend_item(contact_ptr const& who, wire::mutable_item const& item) {
    if (item.address.salt == channel::cidr_salt())
        on_endpoints(who, item);
    else if (item.address.salt == channel::wallet_salt())
        on_wallet(who, item);
    else if (item.address.salt == channel::links_salt())
        m_core.links->on_item(who, item);
    else
        return false;
    return true;
}

result<bytes> own_channels::open_from(contact const& from, wire::item_address const& where,
                                      byte_view value) {
    if (!from.row.contact_key)
        return errc::not_found;
    std::vector<channel::box_key> keys;
    keys.push_back(
        channel::contact_box_key(wire::contact_key::from(from.row.contact_key->view()).value()));
    return channel::open_value(keys, where, value);
}

void own_channels::on_endpoints(contact_ptr const& who, wire::mutable_item const& item) {
    auto const plain = open_from(*who, item.address, item.value);
    auto const value = plain ? wire::decode_endpoint_value(plain.value())
                             : result<wire::endpoint_value>(plain.error());
    if (!value) // perhaps their contact key has changed; a card will bring the new one
        return;
    auto const now = m_core.now().wall;
    bool const is_news = item.seq > who->cidr_seq;
    who->cidr_seq = std::max(who->cidr_seq, item.seq);
    for (auto const& where : value.value().endpoints) {
        m_core.ports.dht.hint_endpoint(who->row.key, where);
        m_core.ports.store.commit({store::put_endpoint{{who->row.key, where, now}}},
                                  store::durability::lazy, {});
    }
    if (is_news)
        on_new_endpoints(who);
}

// What failed at the old ones need not wait for its next turn.
void own_channels::on_new_endpoints(contact_ptr const& who) {
    if (m_core.deliver->is_online(*who))
        return;
    if (!who->outbox.empty() || who->receipt_due)
        m_core.deliver->kick(who);
    m_core.gossip->visit_soon(*who);
}

void own_channels::on_wallet(contact_ptr const& who, wire::mutable_item const& item) {
    auto const record = identity::decode_binding(item.value);
    if (!record || record.value().key != who->row.key
        || m_core.bindings.offer(record.value(), m_core.now().wall)) {
        m_core.refused += record ? 0 : 1;
        return;
    }
    auto const wallet = m_core.bindings.wallet_of(who->row.key);
    if (wallet == who->row.wallet)
        return;
    who->row.wallet = wallet;
    m_core.save(*who);
    m_core.emit_friend(*who);
}

} // namespace tau::messenger
