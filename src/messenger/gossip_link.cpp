#include "messenger/gossip_link.hpp"

#include "messenger/engine_core.hpp"
#include "messenger/friend_watch.hpp"
#include "messenger/own_channels.hpp"
#include "messenger/receiver.hpp"

#include <algorithm>
#include <utility>

// Vectors: what we say and hear. Pages are in gossip_pages.cpp, items in gossip_items.cpp,
// receipts in gossip_receipts.cpp.
namespace tau::messenger {
namespace {

constexpr std::chrono::minutes writing_shown{2};

bool lists_all(contact const& who) {
    return who.outbox.size() < gossip_link::max_own_roots;
}

gossip::party party_of(public_key const& account, bytes const& stranger) {
    auto const id = wire::pk_id::from(stranger);
    return id ? gossip::party(account, id.value()) : gossip::party(account);
}

} // namespace

gossip_link::gossip_link(engine_core& core)
    : m_core(core), m_machine(core.settings.gossip, core.self(), core.ports.random),
      m_carrier(core, m_machine.held()) {}

void gossip_link::start(std::vector<store::held_row> const& held) {
    for (auto const& [key, who] : m_core.contacts)
        if (who->is_talking())
            m_machine.add_friend(key, m_core.now());
    for (auto const& row : held) {
        gossip::held_item item{row.target, party_of(row.sender, row.stranger),
                               party_of(row.receiver, row.addressee), row.parent};
        item.type = static_cast<wire::gossip_type>(row.type);
        item.is_manifest = row.is_manifest;
        item.size = static_cast<std::size_t>(row.size);
        item.minute = row.minute;
        item.received = row.received;
        item.last_put = row.put;
        m_machine.restore_held(std::move(item));
    }
    serve_held(held);
    for (auto const& [key, who] : m_core.contacts)
        if (who->is_talking())
            m_machine.set_own_roots(key, roots_of(*who), m_core.now(), lists_all(*who));
    m_machine.start(m_core.now());
    pump();
}

void gossip_link::add(contact_ptr const& who) {
    m_machine.add_friend(who->row.key, m_core.now());
    renew(who);
}

void gossip_link::remove(contact const& who) {
    m_machine.remove_friend(who.row.key);
    m_carrier.forget(who.row.key);
    pump();
}

void gossip_link::renew(contact_ptr const& who) {
    if (!m_core.running)
        return;
    m_machine.set_own_roots(who->row.key, roots_of(*who), m_core.now(), lists_all(*who));
    pump();
}

std::vector<gossip::own_root> gossip_link::roots_of(contact const& who) const {
    std::vector<gossip::own_root> out;
    auto const& mine = who.receipt;
    if (!mine.settled && !mine.item.empty() && m_core.now().wall - mine.time < receipt_lifetime)
        out.push_back({wire::gossip_type::receipt, mine.root, mine.time, {}, mine.acknowledges});
    for (auto one = who.outbox.rbegin(); one != who.outbox.rend() && out.size() < max_own_roots;
         ++one)
        out.push_back({wire::gossip_type::message_root, one->root, one->time, one->manifests, {}});
    return out;
}

void gossip_link::pump() {
    if (std::exchange(m_pumping, true))
        return;
    while (m_core.running && m_machine.has_actions())
        for (auto const& next : m_machine.take_actions())
            std::visit([this](auto const& what) { perform(what); }, next);
    m_pumping = false;
    arm();
}

void gossip_link::arm() {
    auto const wake = m_machine.wake_at();
    if (!wake || !m_core.running || (m_core.alarms.is_set(m_alarm) && m_wake == *wake))
        return;
    m_core.alarms.cancel(m_alarm);
    m_wake = *wake;
    auto const now = m_core.now().mono;
    auto const wait = std::chrono::ceil<std::chrono::milliseconds>(std::max(*wake, now) - now);
    m_alarm = m_core.after(wait, m_core.guarded([this] {
        m_machine.on_time(m_core.now());
        pump();
    }));
}

wire::item_address gossip_link::rider_place(public_key const& sender) const {
    return {sender, channel::gossip_salt()};
}

bytes gossip_link::rider(contact& to, std::size_t limit) {
    if (!m_core.running || !to.out_box || !m_machine.has_news_for(to.row.key))
        return {};
    auto const what = m_machine.vector_for(to.row.key, m_core.now(), limit);
    auto const plain = wire::encode(what, m_core.self());
    auto boxed = plain ? channel::box_value(*to.out_box, rider_place(m_core.self()), plain.value(),
                                            m_core.ports.random)
                       : result<bytes>(plain.error());
    return boxed ? std::move(boxed).value() : bytes{};
}

void gossip_link::ride(contact_ptr const& who, dht::get_request& on, dht::get_observer& told) {
    auto const boxed = std::make_shared<bytes>();
    on.gossip = [boxed, box = m_core.guarded(who, [this, boxed](contact_ptr const& them) {
        *boxed = rider(*them);
    })]() mutable {
        box();
        return *boxed;
    };
    told.on_gossip = m_core.guarded(
        who, [this, version = m_machine.version()](contact_ptr const& them, bytes const& theirs) {
            on_told(*them, version);
            on_rider(them, theirs, true);
        });
}

void gossip_link::on_rider(contact_ptr const& from, byte_view boxed, bool proven) {
    if (boxed.empty() || !m_core.running || !from->is_talking())
        return;
    std::vector<channel::box_key> keys;
    keys.push_back(channel::pair_box_key(from->secret, from->row.key, m_core.self()));
    auto const plain = channel::open_value(keys, rider_place(from->row.key), boxed);
    auto const what = plain ? wire::decode_gossip(plain.value(), from->row.key)
                            : result<wire::gossip_vector>(plain.error());
    if (!what) {
        ++m_core.refused;
        return;
    }
    m_machine.on_vector(from->row.key, what.value(),
                        proven ? gossip::heard_by::exchange : gossip::heard_by::channel,
                        m_core.now());
    pump();
}

bool gossip_link::on_channel_item(contact_ptr const& from, wire::mutable_item const& item) {
    if (item.address.salt != channel::gossip_salt())
        return false;
    if (item.seq <= from->gossip_seq || !from->row.contact_key)
        return true;
    auto const what = open_from(*from, item.value);
    if (!what) {
        // Perhaps their contact key has changed; a card in their chain brings the new one.
        m_core.watch->read_tip(from);
        return true;
    }
    from->gossip_seq = item.seq;
    m_carrier.on_vector(from->row.key, item, what.value());
    m_machine.on_vector(from->row.key, what.value(), gossip::heard_by::channel, m_core.now());
    pump();
    return true;
}

bytes gossip_link::box_for_all(wire::gossip_vector const& what) const {
    auto const plain = wire::encode(what, m_core.self());
    auto boxed =
        plain ? channel::box_value(m_core.channels->own_box_key(), rider_place(m_core.self()),
                                   plain.value(), m_core.ports.random)
              : result<bytes>(plain.error());
    return boxed ? std::move(boxed).value() : bytes{};
}

result<wire::gossip_vector> gossip_link::open_from(contact const& from, byte_view boxed) const {
    TAU_TRY(plain, own_channels::open_from(from, rider_place(from.row.key), boxed));
    return wire::decode_gossip(plain, from.row.key);
}

void gossip_link::perform(gossip::publish const& what) {
    if (auto boxed = box_for_all(m_machine.vector_for_all(m_core.now())); !boxed.empty())
        m_core.channels->put(channel::gossip_salt(), std::move(boxed));
    if (what.renewal)
        put_receipts();
}

void gossip_link::perform(gossip::tell const& what) {
    if (auto const to = m_core.find(what.to))
        exchange(to, false);
}

void gossip_link::perform(gossip::visit const& what) {
    // Where they were before our start they may still be; whom nobody knows fails at once.
    if (auto const who = m_core.find(what.who))
        exchange(who, true);
}

void gossip_link::perform(gossip::carry_vector const& what) {
    if (auto const who = m_core.find(what.who))
        m_carrier.carry(who, what.minute);
}

void gossip_link::perform(gossip::tip_wanted const& what) {
    if (auto const who = m_core.find(what.who))
        m_core.watch->read_tip(who);
}

void gossip_link::perform(gossip::friend_writes const& what) {
    auto const who = m_core.find(what.who);
    if (!who)
        return;
    who->writes_until = m_core.now().wall + writing_shown;
    m_core.emit_friend(*who);
}

void gossip_link::perform(gossip::friend_seen const& what) {
    auto const who = m_core.find(what.who);
    if (!who)
        return;
    if (what.by_itself)
        m_core.heard(who, what.when);
    else if (!who->seen_by_friends || *who->seen_by_friends < what.when)
        who->seen_by_friends = std::min(what.when, m_core.now().wall);
}

void gossip_link::perform(gossip::endpoint_news const& what) {
    if (auto const who = m_core.find(what.who))
        m_core.watch->look_for_endpoint(who);
}

void gossip_link::exchange_with(contact_ptr const& to, std::vector<bytes> handed, bool is_visit) {
    dht::parcel what;
    // With nothing else in it, a large vector has a datagram of its own.
    what.gossip = rider(*to, handed.empty() ? wire::max_gossip_bytes : rider_bytes);
    std::vector<target> targets;
    for (auto const& value : handed)
        targets.push_back(wire::target_of_immutable(value));
    what.immutables = std::move(handed);
    auto const version = m_machine.version();
    auto const begun = m_core.now().mono;
    to->telling = true;
    m_core.ports.dht.exchange(
        to->row.key, std::move(what), to->last_source,
        m_core.guarded(to, [this, is_visit, version, targets, begun](contact_ptr const& who,
                                                                     result<dht::parcel> answer) {
            who->telling = false;
            if (answer) {
                m_machine.on_told(who->row.key, version);
                who->handed.insert(targets.begin(), targets.end());
                for (auto const& one : targets)
                    m_machine.on_handed(one);
                who->last_answer = m_core.now().mono;
                on_reached(who);
                m_core.receive->on_answer(who, std::move(answer).value());
                m_machine.on_visited(who->row.key, m_core.now());
            } else if (who->came_after(begun) && answer.error() == errc::timed_out) {
                exchange(who, is_visit);
            } else {
                on_unreached(*who);
                if (is_visit)
                    read_channel(who);
            }
            pump();
        }));
}

void gossip_link::read_channel(contact_ptr const& who) {
    auto const ended = [this](contact_ptr const& contact, error_code ec) {
        m_machine.on_visited(contact->row.key, m_core.now());
        // Their gossip may have been lost, or they may speak none.
        if (ec && !std::exchange(contact->tip_read, true))
            m_core.watch->read_tip(contact);
        pump();
    };
    if (!who->row.contact_key || !m_core.running) {
        ended(who, errc::not_found);
        return;
    }
    dht::get_request request{rider_place(who->row.key), dht::get_mode::recursive};
    request.known_seq = who->gossip_seq;
    m_core.ports.dht.get(std::move(request),
                         {m_core.guarded(who,
                                         [this](contact_ptr const& from, dht::got_item const& got) {
                                             (void)on_channel_item(from, got.item);
                                         }),
                          m_core.guarded(who, ended)});
}

void gossip_link::on_unreached(contact const& who) {
    m_machine.on_offline(who.row.key);
}

void gossip_link::on_heard(contact_ptr const& who) {
    m_machine.on_online(who->row.key, m_core.now());
    // They have come: what we hold for them or know of should not wait for a visit.
    // News ride on what the courier brings just now.
    bool const tells = who->exchanges == 0 && m_machine.has_news_for(who->row.key);
    if (!who->telling && (tells || has_to_hand(*who)))
        exchange(who, false);
    pump();
}

void gossip_link::on_own_endpoints() {
    m_machine.on_own_endpoint_changed(m_core.now());
    pump();
}

void gossip_link::visit_soon(contact const& who) {
    m_machine.on_new_endpoint(who.row.key, m_core.now());
    pump();
}

void gossip_link::on_user_active() {
    m_machine.on_user_active(m_core.now());
}

void gossip_link::writing(contact_ptr const& to) {
    m_machine.on_writing(to->row.key, m_core.now());
    pump();
}

bool gossip_link::watches(contact const& who) const {
    return who.state() == friend_state::accepted && who.row.contact_key.has_value();
}

gossip::counts gossip_link::totals() const {
    auto out = m_machine.totals(m_core.now().mono);
    for (auto const& [key, who] : m_core.contacts)
        out.lone_receipts += who->state() == friend_state::accepted && is_receipt_alone(*who);
    return out;
}

std::size_t gossip_link::carriers_of(target const& root) const {
    return m_machine.carriers_of(root);
}

bool gossip_link::is_online(contact const& who) const {
    return m_machine.is_online(who.row.key, m_core.now().mono);
}

} // namespace tau::messenger
