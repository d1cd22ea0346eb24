#include "tracker/swarm_store.hpp"

#include <algorithm>

namespace tau::tracker {
namespace {

using view4 = std::span<std::uint8_t const, 6>;
using view6 = std::span<std::uint8_t const, 18>;

view4 octets4(peer_address const& peer) {
    return view4(peer.octets.data(), 6);
}
view6 octets6(peer_address const& peer) {
    return view6(peer.octets.data(), 18);
}

tick tick_of(std::uint32_t now_s) {
    return static_cast<tick>(now_s / seconds_per_tick & tick_mask);
}

peer_kind kind_of(bool is_seeder, bool is_partial) {
    return is_seeder ? peer_kind::seeder : is_partial ? peer_kind::partial : peer_kind::leecher;
}

void count(wire::swarm_counts& counts, peer_kind kind, int by) {
    auto const step = static_cast<std::uint32_t>(by);
    (kind == peer_kind::seeder ? counts.complete : counts.incomplete) += step;
    if (kind == peer_kind::partial)
        counts.partial += step;
}

template <std::size_t N>
void append_sample(peer_pool<N> const& pool, std::size_t wanted, std::uint8_t const* self,
                   std::uint32_t draw, std::string& out) {
    // One more than wanted is written for a moment when the asker itself is met.
    std::size_t const room = (std::min(wanted, pool.size()) + 1) * N;
    out.resize(room);
    out.resize(pool.sample(wanted, self, draw, reinterpret_cast<std::uint8_t*>(out.data())));
}

} // namespace

peer_address peer_address::of(ip_address const& address, std::uint16_t port) {
    peer_address out;
    std::size_t size = 4;
    if (address.is_v4()) {
        auto const raw = address.to_v4().to_bytes();
        std::copy(raw.begin(), raw.end(), out.octets.begin());
    } else if (address.to_v6().is_v4_mapped()) {
        auto const raw = address.to_v6().to_bytes();
        std::copy(raw.begin() + 12, raw.end(), out.octets.begin());
    } else {
        auto const raw = address.to_v6().to_bytes();
        std::copy(raw.begin(), raw.end(), out.octets.begin());
        out.is_v6 = true;
        size = 16;
    }
    out.octets[size] = static_cast<std::uint8_t>(port >> 8);
    out.octets[size + 1] = static_cast<std::uint8_t>(port & 0xff);
    return out;
}

std::uint32_t swarm_store::find(info_hash const& hash) const {
    return m_table.find(hash_of(hash), [&](std::uint32_t at) { return m_swarms[at].hash == hash; });
}

std::uint32_t swarm_store::find_or_add(info_hash const& hash) {
    if (auto const known = find(hash); known != graph::index_table::none)
        return known;
    if (m_table.size() >= m_limits.max_swarms)
        return graph::index_table::none;
    std::uint32_t at = 0;
    if (m_free.empty()) {
        at = static_cast<std::uint32_t>(m_swarms.size());
        m_swarms.emplace_back();
    } else {
        at = m_free.back();
        m_free.pop_back();
    }
    m_swarms[at].hash = hash;
    m_swarms[at].is_used = true;
    m_table.insert(hash_of(hash), at,
                   [this](std::uint32_t other) { return hash_of(m_swarms[other].hash); });
    return at;
}

void swarm_store::release(std::uint32_t at) {
    m_table.erase(hash_of(m_swarms[at].hash), at,
                  [this](std::uint32_t other) { return hash_of(m_swarms[other].hash); });
    m_swarms[at] = {};
    m_free.push_back(at);
}

void swarm_store::put(swarm& s, peer_address const& peer, peer_kind kind, tick seen) {
    auto const note = [&](auto const& change) {
        if (change.was_known)
            count(s.counts, change.was, -1);
        else
            ++m_peers;
    };
    if (peer.is_v6)
        note(s.v6.put(octets6(peer), kind, seen));
    else
        note(s.v4.put(octets4(peer), kind, seen));
    count(s.counts, kind, 1);
}

void swarm_store::forget(swarm& s, peer_address const& peer) {
    auto const note = [&](auto const& change) {
        if (!change.was_known)
            return;
        --m_peers;
        count(s.counts, change.was, -1);
    };
    if (peer.is_v6)
        note(s.v6.remove(octets6(peer)));
    else
        note(s.v4.remove(octets4(peer)));
}

void swarm_store::remember(swarm& s, swarm_announce const& request, std::uint32_t now_s) {
    if (request.event == wire::announce_event::stopped) {
        forget(s, request.peer);
        return;
    }
    if (request.event == wire::announce_event::completed)
        ++s.counts.downloaded;
    if (m_peers < m_limits.max_peers)
        put(s, request.peer, kind_of(request.is_seeder, request.is_partial), tick_of(now_s));
}

void swarm_store::sample(swarm const& s, swarm_announce const& request, swarm_answer& out) {
    auto const draw = request.draw;
    auto const* const self = request.peer.octets.data();
    std::size_t const own_size = request.peer.is_v6 ? s.v6.size() : s.v4.size();
    std::size_t const other_size = request.peer.is_v6 ? s.v4.size() : s.v6.size();
    std::size_t const wanted = request.wanted;
    std::size_t other = request.wants_other_family ? std::min(wanted / 2, other_size) : 0;
    std::size_t const own = std::min(wanted - other, own_size);
    if (request.wants_other_family)
        other = std::min(wanted - own, other_size);
    if (request.peer.is_v6) {
        append_sample(s.v6, own, self, draw, out.peers6);
        if (other > 0)
            append_sample(s.v4, other, nullptr, draw, out.peers);
    } else {
        append_sample(s.v4, own, self, draw, out.peers);
        if (other > 0)
            append_sample(s.v6, other, nullptr, draw, out.peers6);
    }
}

void swarm_store::announce(swarm_announce const& request, std::uint32_t now_s, swarm_answer& out) {
    out.peers.clear();
    out.peers6.clear();
    out.counts = {};
    bool const leaves = request.event == wire::announce_event::stopped;
    auto const at = request.is_listed && !leaves ? find_or_add(request.hash) : find(request.hash);
    if (at == graph::index_table::none)
        return;
    auto& s = m_swarms[at];
    if (request.is_listed)
        remember(s, request, now_s);
    out.counts = s.counts;
    // Who leaves needs no peers, and gets none.
    if (request.wanted > 0 && !leaves)
        sample(s, request, out);
    if (s.v4.size() + s.v6.size() == 0)
        release(at);
}

void swarm_store::prefetch(swarm_place& soon, int step) const {
    if (step == 0) {
        m_table.prefetch(soon.key);
        return;
    }
    if (step == 1)
        soon.position = m_table.first(soon.key); // most often the one
    if (soon.position == graph::index_table::none)
        return;
    auto const* const first = &m_swarms[soon.position];
    if (step == 1) {
        fetch_line(first);
        fetch_line(&first->v6);
        return;
    }
    if (first->hash != soon.hash) {
        soon.position = find(soon.hash);
        if (soon.position == graph::index_table::none)
            return;
    }
    auto const& s = m_swarms[soon.position];
    if (step == 2)
        soon.peer.is_v6 ? s.v6.prefetch_buckets(octets6(soon.peer), soon.draw)
                        : s.v4.prefetch_buckets(octets4(soon.peer), soon.draw);
    else
        soon.peer.is_v6 ? s.v6.prefetch_peers(octets6(soon.peer), soon.draw, soon.wanted)
                        : s.v4.prefetch_peers(octets4(soon.peer), soon.draw, soon.wanted);
}

wire::swarm_counts swarm_store::scrape(info_hash const& hash) const {
    auto const at = find(hash);
    return at == graph::index_table::none ? wire::swarm_counts{} : m_swarms[at].counts;
}

std::vector<wire::scrape_row> swarm_store::scrape_all() const {
    std::vector<wire::scrape_row> out;
    for (auto const& s : m_swarms)
        if (s.is_used)
            out.push_back({s.hash, s.counts});
    return out;
}

void swarm_store::erase(info_hash const& hash) {
    auto const at = find(hash);
    if (at == graph::index_table::none)
        return;
    m_peers -= m_swarms[at].v4.size() + m_swarms[at].v6.size();
    release(at);
}

bool swarm_store::expire_some(std::uint32_t now_s, std::size_t swarms) {
    auto const now = tick_of(now_s);
    auto const age = static_cast<tick>(m_limits.peer_lifetime_s / seconds_per_tick);
    for (std::size_t i = 0; i < swarms; ++i, ++m_cursor) {
        if (m_cursor >= m_swarms.size()) {
            m_cursor = 0;
            return true;
        }
        auto& s = m_swarms[m_cursor];
        if (!s.is_used)
            continue;
        auto const gone = [&](peer_kind was) {
            --m_peers;
            count(s.counts, was, -1);
        };
        s.v4.expire(now, age, gone);
        s.v6.expire(now, age, gone);
        if (s.v4.size() + s.v6.size() == 0)
            release(static_cast<std::uint32_t>(m_cursor));
    }
    return false;
}

void swarm_store::merge(swarm_merge const& told, std::uint32_t now_s) {
    auto const at = told.is_stopped ? find(told.hash) : find_or_add(told.hash);
    if (at == graph::index_table::none)
        return;
    auto& s = m_swarms[at];
    if (told.is_completed)
        ++s.counts.downloaded;
    s.counts.downloaded = std::max(s.counts.downloaded, told.downloaded);
    if (told.is_stopped)
        forget(s, told.peer);
    else if (m_peers < m_limits.max_peers && told.age_s <= now_s)
        put(s, told.peer, kind_of(told.is_seeder, told.is_partial), tick_of(now_s - told.age_s));
    if (s.v4.size() + s.v6.size() == 0)
        release(at);
}

void swarm_store::restore_swarm(info_hash const& hash, std::uint32_t downloaded) {
    if (auto const at = find_or_add(hash); at != graph::index_table::none)
        m_swarms[at].counts.downloaded = downloaded;
}

void swarm_store::restore_peer(info_hash const& hash, peer_address const& peer, peer_kind kind,
                               std::uint32_t age_s, std::uint32_t now_s) {
    auto const at = find_or_add(hash);
    if (at != graph::index_table::none && m_peers < m_limits.max_peers && age_s <= now_s)
        put(m_swarms[at], peer, kind, tick_of(now_s - age_s));
}

} // namespace tau::tracker
