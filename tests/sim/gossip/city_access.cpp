#include "sim/gossip/city.hpp"

#include "identity/keccak.hpp"
#include "wire/bencode.hpp"

#include <algorithm>

namespace tau::test {
namespace {

using namespace std::chrono_literals;

// Sizes and counts of the model: a traversal asks about 18 nodes, a put about 8 more.
constexpr std::uint64_t traversal_queries = 18;
constexpr std::uint64_t put_queries = 8;
constexpr std::uint64_t query_bytes = 110;
constexpr std::uint64_t answer_bytes = 330;
constexpr std::uint64_t item_overhead = 230;
constexpr std::uint64_t exchange_overhead = 330;
constexpr std::size_t datagram_bytes = 1'100;

std::size_t bytes_in(dht::parcel const& what) {
    auto out = what.gossip.size();
    for (auto const& item : what.items)
        out += item.value.size() + 110;
    for (auto const& value : what.immutables)
        out += value.size() + 4;
    return out;
}

std::uint64_t datagrams_for(std::size_t octets) {
    return std::max<std::size_t>(1, (octets + datagram_bytes - 1) / datagram_bytes);
}

} // namespace

void city_access::later(std::chrono::milliseconds delay, std::function<void()> what) {
    m_city.at(m_city.now().mono + delay, [alive = std::weak_ptr<int>(m_alive), c = &m_city,
                                          self = m_self, what = std::move(what)] {
        if (alive.expired())
            return;
        what();
        c->arm(self);
    });
}

void city_access::note(target const& item, journal_entry::act what, std::size_t other) {
    if (m_city.m_settings.journal)
        m_city.m_acts.note(item, {m_city.at(), m_self, other, what});
}

void city_access::traverse(std::size_t value_bytes) {
    auto& used = m_city.meter(m_self);
    ++used.gets;
    used.packets_out += traversal_queries;
    used.bytes_out += traversal_queries * query_bytes;
    auto const in = traversal_queries * answer_bytes + value_bytes;
    used.bytes_in += in;
    used.in_traversals += in;
}

void city_access::got_directly(std::size_t other, std::size_t octets) {
    auto& mine = m_city.meter(m_self);
    mine.bytes_in += octets + item_overhead;
    mine.in_direct_gets += octets + item_overhead;
    auto& theirs = m_city.meter(other);
    theirs.bytes_out += octets + item_overhead;
    ++theirs.packets_out;
}

std::optional<endpoint> city_access::endpoint_of(public_key const& key) const {
    auto const found = m_hints.find(key);
    if (found == m_hints.end() || found->second.empty())
        return std::nullopt;
    return found->second.front();
}

void city_access::hint_endpoint(public_key const& key, endpoint const& where) {
    auto& list = m_hints[key];
    std::erase(list, where);
    list.insert(list.begin(), where);
    list.resize(std::min(list.size(), max_places));
}

std::optional<std::size_t> city_access::reach(public_key const& key,
                                              std::optional<endpoint> ask_at) {
    std::vector<endpoint> tried;
    if (ask_at)
        tried.push_back(*ask_at);
    for (auto const& where : m_hints[key])
        if (std::find(tried.begin(), tried.end(), where) == tried.end() && tried.size() < 3)
            tried.push_back(where);
    auto& used = m_city.meter(m_self);
    for (auto const& where : tried) {
        ++used.packets_out;
        used.bytes_out += query_bytes;
        auto const found = m_city.m_by_place.find(where);
        if (found == m_city.m_by_place.end())
            continue;
        auto const other = found->second;
        if (m_city.key(other) == key && m_city.m_devices[other].is_up()
            && m_city.passes(m_self, other) && (!m_city.lost() || !m_city.lost())) {
            used.bytes_in += query_bytes;
            return other;
        }
    }
    used.packets_out += 2 * tried.size(); // asked again before giving up
    used.bytes_out += 2 * tried.size() * query_bytes;
    return std::nullopt;
}

void city_access::get(dht::get_request request, dht::get_observer observer) {
    auto tell = [request, observer](std::optional<wire::mutable_item> const& item,
                                    dht::get_source source) {
        bool const news = item && item->seq > request.known_seq;
        if (news && observer.on_item)
            observer.on_item({*item, source, 1ms});
        if (observer.on_done)
            observer.on_done(news ? error_code{} : error_code(errc::not_found));
    };
    auto const other = request.mode == dht::get_mode::recursive
                           ? std::nullopt
                           : reach(request.what.key, request.ask_at);
    if (other) {
        auto const& theirs = m_city.m_devices[*other].access->m_authored;
        if (auto const found = theirs.find(request.what.salt); found != theirs.end()) {
            // BEP 44: no value for whoever says that it has this one.
            bool const has_it = found->second.seq <= request.known_seq;
            got_directly(*other, has_it ? 0 : found->second.value.size());
            later(2 * m_city.delay(),
                  [tell, item = found->second] { tell(item, dht::get_source::direct); });
            return;
        }
    }
    if (request.mode == dht::get_mode::direct) {
        later(other ? 2 * m_city.delay() : 1000ms, [observer, answered = other.has_value()] {
            if (observer.on_done)
                observer.on_done(answered ? errc::not_found : errc::timed_out);
        });
        return;
    }
    auto const wait = request.mode == dht::get_mode::recursive ? 0ms : 1000ms;
    later(wait + 6 * m_city.delay(), [this, tell, what = request.what] {
        auto const item = m_city.m_cloud.get(what, m_city.now().mono);
        traverse(item ? 2 * item->value.size() : 0);
        tell(item, dht::get_source::recursive);
    });
}

void city_access::get_immutable(target const& what, std::optional<public_key> holder,
                                dht::get_immutable_observer observer) {
    auto tell = [observer](bytes const* value, dht::get_source source) {
        if (value && observer.on_value)
            observer.on_value({*value, source, 1ms});
        if (observer.on_done)
            observer.on_done(value ? error_code{} : error_code(errc::not_found));
    };
    if (auto const own = m_served.find(what); own != m_served.end()) {
        later(0ms, [tell, value = own->second] { tell(&value, dht::get_source::local); });
        return;
    }
    auto const other = holder ? reach(*holder, {}) : std::nullopt;
    if (other) {
        auto const& theirs = m_city.m_devices[*other].access->m_served;
        if (auto const found = theirs.find(what); found != theirs.end()) {
            got_directly(*other, found->second.size());
            ++m_city.meter(m_self).sealed_in;
            later(2 * m_city.delay(), [this, tell, what, value = found->second] {
                note(what, journal_entry::act::found);
                tell(&value, dht::get_source::direct);
            });
            return;
        }
    }
    later(1000ms + 6 * m_city.delay(), [this, tell, what] {
        auto const value = m_city.m_cloud.get(what, m_city.now().mono);
        traverse(value ? 2 * value->size() : 0);
        m_city.meter(m_self).sealed_in += value ? 1 : 0;
        note(what, value ? journal_entry::act::found : journal_entry::act::missed);
        tell(value.get(), dht::get_source::recursive);
    });
}

void city_access::put_report(dht_model::put_result report, std::size_t value_bytes,
                             dht::put_observer observer) {
    traverse(0);
    auto& used = m_city.meter(m_self);
    ++used.puts;
    used.packets_out += put_queries;
    used.bytes_out += put_queries * (value_bytes + item_overhead);
    used.bytes_in += put_queries * query_bytes;
    later(report.met_dead ? 15s : 8 * m_city.delay(), [observer, report] {
        if (observer)
            observer({report.nodes});
    });
}

error_code city_access::put(wire::salt const& salt, std::int64_t seq, bytes value,
                            dht::put_observer observer) {
    wire::mutable_item item{{m_city.key(m_self), salt}, seq, std::move(value), {}};
    auto const old = m_authored.find(salt);
    if (old != m_authored.end() && old->second.seq >= seq)
        return errc::stale;
    m_authored.insert_or_assign(salt, item);
    return republish(std::move(item), std::move(observer));
}

error_code city_access::republish(wire::mutable_item item, dht::put_observer observer) {
    // What leaves in the last second of a session does not arrive.
    later(8 * m_city.delay(), [this, item = std::move(item), observer = std::move(observer)] {
        put_report(m_city.m_cloud.put(item, m_city.now().mono), item.value.size(), observer);
    });
    return {};
}

result<target> city_access::serve_immutable(bytes value) {
    auto const where = wire::target_of_immutable(value);
    m_served.insert_or_assign(where, std::move(value));
    return where;
}

result<target> city_access::put_immutable(bytes value, dht::put_observer observer) {
    auto const size = value.size();
    auto shared = std::make_shared<bytes const>(value);
    TAU_TRY(where, serve_immutable(std::move(value)));
    if (auto const sealed = wire::unwrap_string(*shared); sealed && m_city.m_settings.journal)
        m_city.m_roots.emplace(identity::keccak256(sealed.value()), where);
    later(8 * m_city.delay(), [this, where, shared, size, observer] {
        note(where, journal_entry::act::put);
        put_report(m_city.m_cloud.put(where, shared, m_city.now().mono), size, observer);
    });
    return where;
}

void city_access::receive(dht::incoming_parcel const& what) {
    hint_endpoint(what.from, what.source);
    if (m_handler)
        m_handler(what);
}

void city_access::exchange(public_key const& to, dht::parcel what, std::optional<endpoint> ask_at,
                           dht::exchange_observer observer) {
    auto& used = m_city.meter(m_self);
    ++used.exchanges;
    if (!ask_at && m_hints[to].empty()) {
        later(0ms, [observer] { observer(errc::unreachable); });
        return;
    }
    auto const size = bytes_in(what);
    used.packets_out += datagrams_for(size) - 1;
    used.bytes_out += size + exchange_overhead;
    auto const other = reach(to, ask_at);
    if (!other) {
        later(3s, [observer] { observer(errc::timed_out); });
        return;
    }
    auto const from = m_city.key(m_self);
    auto const source = m_city.m_devices[m_self].where;
    auto const life = m_city.m_devices[*other].life;
    m_city.at(m_city.now().mono + m_city.delay(), [c = &m_city, other = *other, life, from, source,
                                                   size, what = std::move(what),
                                                   alive = std::weak_ptr<int>(m_alive), observer,
                                                   me = this] {
        auto& there = c->m_devices[other];
        if (there.life != life || !there.is_up()) {
            if (!alive.expired())
                me->later(3s, [observer] { observer(errc::timed_out); });
            return;
        }
        auto reply = there.access->m_offers[from];
        there.used.bytes_in += size + exchange_overhead;
        there.used.in_brought += size + exchange_overhead;
        there.used.sealed_in += what.immutables.size();
        if (c->m_settings.journal)
            for (auto const& one : what.immutables)
                c->m_acts.note(wire::target_of_immutable(one),
                               {c->at(), c->m_by_key.at(from), other, journal_entry::act::handed});
        auto const reply_bytes = bytes_in(reply);
        there.used.packets_out += datagrams_for(reply_bytes);
        there.used.bytes_out += reply_bytes + exchange_overhead;
        there.access->receive({from, true, source, what});
        c->arm(other);
        if (alive.expired())
            return;
        auto& mine = c->meter(me->m_self);
        mine.bytes_in += reply_bytes + exchange_overhead;
        mine.in_answers += reply_bytes + exchange_overhead;
        mine.sealed_in += reply.immutables.size();
        if (auto const place = there.where; there.is_up())
            me->hint_endpoint(c->key(other), place);
        me->later(c->delay(), [observer, reply = std::move(reply)] { observer(reply); });
    });
}

void city_runner::run(std::function<void()> work, std::function<void()> done) {
    work();
    m_city.at(m_city.now().mono, [alive = std::weak_ptr<int>(m_alive), done = std::move(done)] {
        if (!alive.expired())
            done();
    });
}

} // namespace tau::test
