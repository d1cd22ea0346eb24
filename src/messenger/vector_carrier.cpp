#include "messenger/vector_carrier.hpp"

#include "channel/salts.hpp"
#include "core/hex.hpp"
#include "messenger/engine_core.hpp"
#include "messenger/gossip_link.hpp"
#include "wire/bencode.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace tau::messenger {
namespace {

constexpr std::int64_t record_version = 1;

std::string name_of(public_key const& who) {
    return "carried:" + to_hex(who);
}

std::string page_name(std::size_t number) {
    return std::to_string(number);
}

} // namespace

void vector_carrier::load(public_key const& who, record& into) const {
    auto const found = m_core.meta.find(name_of(who));
    if (found == m_core.meta.end())
        return;
    auto const in = wire::dict_reader::parse(found->second);
    if (!in || in.value().check_version(record_version))
        return;
    for (std::size_t i = 0; i < wire::max_gossip_pages && in.value().has(page_name(i)); ++i)
        if (auto const page = in.value().string(page_name(i), wire::max_value_bytes))
            into.pages.emplace(wire::target_of_immutable(page.value()), to_bytes(page.value()));
    auto const seq = in.value().integer("n", 0, std::numeric_limits<std::int64_t>::max());
    auto const put = in.value().integer("p", 0, std::int64_t{1} << 53);
    auto const sig = in.value().fixed<signature>("s");
    auto const time = in.value().integer("t", 0, std::int64_t{1} << 53);
    auto const value = in.value().string("x", wire::max_value_bytes);
    if (!seq || !put || !sig || !time || !value)
        return;
    into.item = wire::mutable_item{
        {who, channel::gossip_salt()}, seq.value(), to_bytes(value.value()), sig.value()};
    into.time = unix_ms(std::chrono::milliseconds(time.value()));
    into.put = unix_ms(std::chrono::milliseconds(put.value()));
    for (auto const& [page, octets] : into.pages)
        into.named.insert(page);
}

void vector_carrier::save(public_key const& who, record const& what) {
    wire::dict_writer out;
    std::size_t number = 0;
    for (auto const& [page, value] : what.pages)
        out.string(page_name(number++), value);
    out.integer("n", what.item->seq);
    out.integer("p", what.put.time_since_epoch().count());
    out.string("s", what.item->sig.view());
    out.integer("t", what.time.time_since_epoch().count());
    out.integer("v", record_version);
    out.string("x", what.item->value);
    m_core.ports.store.commit({store::put_meta{name_of(who), out.finish()}},
                              store::durability::lazy, {});
}

vector_carrier::record& vector_carrier::record_of(public_key const& who) {
    auto const [found, added] = m_records.try_emplace(who);
    if (added)
        load(who, found->second);
    return found->second;
}

void vector_carrier::on_vector(public_key const& from, wire::mutable_item const& item,
                               wire::gossip_vector const& what) {
    auto& known = record_of(from);
    if (known.item && item.seq <= known.item->seq)
        return;
    known.item = item;
    known.time = std::min(what.time, m_core.now().wall);
    known.complete = what.own_complete;
    known.named.clear();
    auto const own = wire::pk_id_of(from, what.form);
    for (auto const& entry : what.entries)
        if (wire::is_page(entry, own) && known.named.size() < wire::max_gossip_pages)
            known.named.insert(entry.hash);
    for (auto at = known.pages.begin(); at != known.pages.end();) {
        bool const stays = known.named.contains(at->first);
        if (!stays)
            m_core.ports.dht.forget_immutable(at->first);
        at = stays ? std::next(at) : known.pages.erase(at);
    }
    for (auto const& page : known.named)
        if (auto const found = m_recent.find(page); found != m_recent.end())
            known.pages.insert(*found);
    if (known.wanted)
        save(from, known);
}

void vector_carrier::on_page(public_key const& from, target const& page, bytes const& value) {
    if (m_recent.emplace(page, value).second)
        m_recent_order.push_back(page);
    if (m_recent_order.size() > max_recent_pages) {
        m_recent.erase(m_recent_order.front());
        m_recent_order.pop_front();
    }
    auto& known = record_of(from);
    if (known.named.contains(page) && known.pages.emplace(page, value).second && known.wanted)
        save(from, known);
}

void vector_carrier::carry(contact_ptr const& who, std::int64_t minute) {
    auto& known = record_of(who->row.key);
    known.wanted = true;
    // What was sealed in the minute of the vector may have come after it.
    bool const is_older = !known.item || wire::minute_of(known.time) <= minute;
    bool const was_asked = known.asked && *known.asked >= minute;
    if ((is_older && !was_asked) || !known.complete)
        read(who, known, minute);
    else if (known.item && !known.asking)
        put(*who, known);
}

void vector_carrier::read(contact_ptr const& who, record& known, std::int64_t minute) {
    known.asked = minute;
    if (std::exchange(known.asking, true))
        return;
    dht::get_request request{{who->row.key, channel::gossip_salt()}};
    request.known_seq = known.item ? known.item->seq : -1;
    dht::get_observer told{
        m_core.guarded(who,
                       [this](contact_ptr const& from, dht::got_item const& got) {
                           (void)m_core.gossip->on_channel_item(from, got.item);
                       }),
        m_core.guarded(who, [this](contact_ptr const& from, error_code) {
            auto& now_known = record_of(from->row.key);
            now_known.asking = false;
            if (now_known.item)
                put(*from, now_known);
        })};
    m_core.gossip->ride(who, request, told);
    m_core.ports.dht.get(std::move(request), std::move(told));
}

void vector_carrier::put(contact const& who, record& known) {
    auto const now = m_core.now().wall;
    if (now - std::max(known.time, known.put) >= m_core.settings.gossip.item_put_pause) {
        known.put = now;
        (void)m_core.ports.dht.republish(*known.item, {});
        for (auto const& [page, value] : known.pages)
            if (names_held(who, value))
                (void)m_core.ports.dht.put_immutable(value, {});
    }
    save(who.row.key, known);
}

bool vector_carrier::names_held(contact const& maker, byte_view page) const {
    auto const what = m_core.gossip->open_from(maker, page);
    return what
           && std::any_of(what.value().entries.begin(), what.value().entries.end(),
                          [this](wire::gossip_entry const& entry) {
                              auto const* item = m_held.find(entry.hash);
                              return item && !item->settled;
                          });
}

void vector_carrier::forget(public_key const& who) {
    m_records.erase(who);
    m_core.ports.store.commit({store::put_meta{name_of(who), {}}}, store::durability::lazy, {});
}

} // namespace tau::messenger
