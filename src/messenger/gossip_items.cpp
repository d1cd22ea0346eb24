#include "messenger/engine_core.hpp"
#include "messenger/gossip_link.hpp"
#include "messenger/receiver.hpp"

#include <algorithm>
#include <utility>

// Items that gossip is about: held for others, demanded, told of.
namespace tau::messenger {
namespace {

// Before we ask a friend for what it told us of, and does not bring.
constexpr std::chrono::milliseconds told_patience{2'000};

/// What we have under `what`: of those we hold, of our own messages, of their contents.
std::vector<bytes> find_values(store::database& db, std::vector<target> const& held,
                               target const& what) {
    std::vector<bytes> out;
    for (auto const& one : held)
        if (auto value = db.held(one))
            out.push_back(std::move(value).value());
    if (!out.empty())
        return out;
    if (auto row = db.message_by_root(what)) {
        if (row.value().direction != store::direction::out || row.value().sealed.empty())
            return out;
        out.push_back(std::move(row.value().sealed));
        if (auto items = db.items_of(row.value().id))
            for (auto& item : items.value())
                out.push_back(std::move(item.value));
    } else if (auto item = db.item(what)) {
        out.push_back(std::move(item.value().value));
    }
    return out;
}

} // namespace

void gossip_link::serve_held(std::vector<store::held_row> const& held) {
    for (auto const& row : held) {
        if (!m_machine.held().has(row.target))
            continue;
        m_core.ports.store.read([what = row.target](store::database& db) { return db.held(what); },
                                m_core.guarded([this](result<bytes> value) {
                                    if (value)
                                        (void)m_core.ports.dht.serve_immutable(
                                            std::move(value).value());
                                }));
    }
}

std::vector<target> gossip_link::offers_for(public_key const& to) const {
    std::vector<target> out;
    for (auto const* item : m_machine.held().for_receiver(to))
        out.push_back(item->what);
    return out;
}

bool gossip_link::has_to_hand(contact const& to) const {
    auto const items = m_machine.held().for_receiver(to.row.key);
    return std::any_of(items.begin(), items.end(), [&](gossip::held_item const* item) {
        return item->parent == item->what && !to.handed.contains(item->what);
    });
}

void gossip_link::exchange(contact_ptr const& to, bool is_visit) {
    std::vector<target> wanted;
    for (auto const* item : m_machine.held().for_receiver(to->row.key))
        if (item->parent == item->what && !to->handed.contains(item->what)
            && wanted.size() < max_handed)
            wanted.push_back(item->what);
    // To somebody who may not be there only what a datagram takes.
    if (!is_online(*to) && wanted.size() > 1)
        wanted.resize(1);
    if (wanted.empty()) {
        exchange_with(to, {}, is_visit);
        return;
    }
    m_core.ports.store.read(
        [wanted](store::database& db) {
            std::vector<bytes> out;
            for (auto const& what : wanted)
                if (auto value = db.held(what))
                    out.push_back(std::move(value).value());
            return out;
        },
        m_core.guarded(to, [this, is_visit](contact_ptr const& who, std::vector<bytes> values) {
            exchange_with(who, std::move(values), is_visit);
        }));
}

void gossip_link::perform(gossip::fetch_item const& what) {
    auto came = std::make_shared<bool>(false);
    m_core.ports.dht.get_immutable(
        what.what, what.holder,
        {m_core.guarded([this, what, came](dht::got_immutable const& got) {
             if (!std::exchange(*came, true))
                 on_fetched(what, got.value);
         }),
         m_core.guarded([this, what, came](error_code) {
             if (*came)
                 return;
             m_machine.on_not_fetched(what, m_core.now());
             pump();
         })});
}

void gossip_link::on_fetched(gossip::fetch_item const& what, bytes const& value) {
    std::vector<target> members;
    if (what.is_manifest) {
        auto listed = wire::decode_manifest(value);
        if (!listed) {
            ++m_core.refused;
            m_machine.on_not_fetched(what, m_core.now());
            return;
        }
        members = std::move(listed).value();
    }
    store::held_row row{what.what,
                        what.sender.account,
                        what.receiver.account,
                        what.parent,
                        static_cast<std::int64_t>(what.type),
                        what.is_manifest,
                        what.minute,
                        m_core.now().wall};
    row.value = value;
    if (what.sender.stranger)
        row.stranger = to_bytes(*what.sender.stranger);
    if (what.receiver.stranger)
        row.addressee = to_bytes(*what.receiver.stranger);
    m_core.ports.store.commit({store::put_held{std::move(row)}}, store::durability::lazy, {});
    (void)m_core.ports.dht.serve_immutable(value);
    m_machine.on_fetched(what, value.size(), members, m_core.now());
    auto const to = what.receiver.stranger ? nullptr : m_core.find(what.receiver.account);
    if (to && is_online(*to))
        exchange(to, false);
    pump();
}

void gossip_link::perform(gossip::drop_item const& what) {
    m_core.ports.store.commit({store::remove_held{what.what}}, store::durability::lazy, {});
    m_core.ports.dht.forget_immutable(what.what);
}

void gossip_link::perform(gossip::put_item const& what) {
    m_core.ports.store.commit({store::note_held_put{what.what, m_core.now().wall}},
                              store::durability::lazy, {});
    m_core.ports.store.read([what](store::database& db) { return db.held(what.what); },
                            m_core.guarded([this](result<bytes> value) {
                                if (value && m_core.running)
                                    (void)m_core.ports.dht.put_immutable(std::move(value).value(),
                                                                         {});
                            }));
}

void gossip_link::perform(gossip::serve_item const& what) {
    auto const to = m_core.find(what.to);
    if (!to)
        return;
    if (auto const receipt = receipt_at(what.what); !receipt.empty()) {
        serve_family(what, {receipt});
        return;
    }
    m_core.ports.store.read([what, held = m_machine.held().family(what.what)](
                                store::database& db) { return find_values(db, held, what.what); },
                            m_core.guarded([this, what](std::vector<bytes> const& values) {
                                if (m_core.running)
                                    serve_family(what, values);
                            }));
}

void gossip_link::serve_family(gossip::serve_item const& what, std::vector<bytes> const& values) {
    auto const to = m_core.find(what.to);
    if (!to)
        return;
    std::vector<bytes> direct;
    for (auto const& value : values) {
        auto one = what;
        one.what = wire::target_of_immutable(value);
        if (!m_machine.may_serve(one, value.size(), m_core.now()))
            continue;
        if (what.direct)
            direct.push_back(value);
        else
            (void)m_core.ports.dht.put_immutable(value, {});
    }
    if (!direct.empty())
        exchange_with(to, std::move(direct), false);
}

void gossip_link::note_teller(contact& from, public_key const& teller) {
    std::erase(from.tellers, teller);
    from.tellers.insert(from.tellers.begin(), teller);
    from.tellers.resize(std::min<std::size_t>(from.tellers.size(), max_tellers));
}

void gossip_link::perform(gossip::root_told const& what) {
    auto const from = m_core.find(what.from);
    if (!from)
        return;
    if (from->dag.has(what.root) || from->receipt_seen == what.root) {
        m_machine.on_found(what.root);
        return;
    }
    if (what.told_by != what.from) {
        note_teller(*from, what.told_by);
    } else if (what.holder_online) {
        // They are there and bring it themselves.
        auto later = what;
        later.holder_online = false;
        m_core.after(told_patience, m_core.guarded([this, later] { perform(later); }));
        return;
    }
    auto const now = m_core.now();
    auto const failed = m_failed.find(what.root);
    bool const too_soon = failed != m_failed.end() && now.mono < failed->second;
    if (too_soon || !m_machine.follows(what.told_by, now) || !m_asking.insert(what.root).second)
        return;
    auto const holder = what.holder_online ? what.told_by : what.from;
    bool const by_friends = what.told_by != what.from;
    auto came = std::make_shared<bool>(false);
    m_core.ports.dht.get_immutable(
        what.root, holder,
        {m_core.guarded(
             from,
             [this, what, came, by_friends](contact_ptr const& who, dht::got_immutable const& got) {
                 *came = true;
                 auto const way = by_friends                              ? delivery_way::friends
                                  : got.source == dht::get_source::direct ? delivery_way::direct
                                                                          : delivery_way::dht;
                 if (what.is_receipt)
                     note_receipt(*who, what.root);
                 m_core.receive->on_sealed({got.value}, way, who);
                 on_found(what.root);
             }),
         m_core.guarded(from, [this, what, came](contact_ptr const& who, error_code) {
             m_asking.erase(what.root);
             if (*came)
                 return;
             on_not_found(*who, what);
         })});
}

// A root is held against who named it once, and not looked for again at once.
void gossip_link::on_not_found(contact const& from, gossip::root_told const& what) {
    if (m_failed.size() >= max_failed)
        m_failed.clear();
    auto const now = m_core.now();
    if (m_failed.insert_or_assign(what.root, now.mono + told_pause).second)
        m_machine.on_lie(what.told_by, now);
    on_missing(from, what.root);
}

void gossip_link::on_missing(contact const& from, target const& root) {
    m_machine.on_missing(from.row.key, root, m_core.now());
    pump();
}

void gossip_link::on_found(target const& root) {
    m_machine.on_found(root);
    pump();
}

public_key gossip_link::holder_for(contact const& from, target const& root,
                                   unsigned attempt) const {
    auto const now = m_core.now().mono;
    auto who = m_machine.holders_of(root, now);
    std::erase(who, from.row.key);
    for (auto const& teller : from.tellers)
        if (m_machine.is_online(teller, now) && std::ranges::find(who, teller) == who.end())
            who.push_back(teller);
    bool const sender_first = m_machine.is_online(from.row.key, now) && attempt % 2 == 0;
    if (who.empty() || sender_first)
        return from.row.key;
    return who[attempt % who.size()];
}

} // namespace tau::messenger
