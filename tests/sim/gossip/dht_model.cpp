#include "sim/gossip/dht_model.hpp"

#include <algorithm>
#include <cmath>

namespace tau::test {
namespace {

using namespace std::chrono_literals;

std::uint64_t prefix_of(target const& what) {
    std::uint64_t out = 0;
    for (std::size_t i = 0; i < 8; ++i)
        out = out << 8 | what.octets[i];
    return out;
}

} // namespace

dht_model::dht_model(cloud_settings settings, std::uint64_t seed)
    : m_settings(settings), m_random(seed) {
    for (std::size_t i = 0; i < settings.nodes; ++i) {
        m_nodes.push_back({m_random.next_u64(), 0, false});
        m_nodes.back().dead = static_cast<double>(m_random.below(1'000'000)) < settings.dead * 1e6;
        m_sorted.emplace_back(m_nodes.back().id, static_cast<std::uint32_t>(i));
    }
    std::sort(m_sorted.begin(), m_sorted.end());
}

bool dht_model::answered() {
    auto const arrives = [this] {
        return static_cast<double>(m_random.below(1'000'000)) >= m_settings.loss * 1e6;
    };
    return arrives() && arrives();
}

// Lives end at random: the next death of any node comes after an exponential time.
void dht_model::advance(time_point now) {
    if (m_next_death == time_point{})
        m_next_death = now;
    auto const mean = std::chrono::duration<double>(m_settings.mean_life).count()
                      / static_cast<double>(m_nodes.size());
    while (m_next_death <= now) {
        replace(m_random.below(m_nodes.size()));
        auto const u = (static_cast<double>(m_random.below(1'000'000)) + 1) / 1'000'001.0;
        m_next_death += std::chrono::duration_cast<duration>(
            std::chrono::duration<double>(-mean * std::log(u)));
    }
    if (now >= m_next_expiry) {
        expire(now);
        m_next_expiry = now + 10min;
    }
}

void dht_model::replace(std::size_t which) {
    auto& one = m_nodes[which];
    auto const old = std::pair{one.id, static_cast<std::uint32_t>(which)};
    m_sorted.erase(std::lower_bound(m_sorted.begin(), m_sorted.end(), old));
    one.id = m_random.next_u64();
    ++one.life;
    auto const fresh = std::pair{one.id, static_cast<std::uint32_t>(which)};
    m_sorted.insert(std::lower_bound(m_sorted.begin(), m_sorted.end(), fresh), fresh);
}

void dht_model::expire(time_point now) {
    for (auto at = m_items.begin(); at != m_items.end();) {
        std::erase_if(at->second.copies, [&](copy const& one) { return one.until <= now; });
        at = at->second.copies.empty() ? m_items.erase(at) : std::next(at);
    }
}

// The smallest subtree around the target with enough live nodes holds the closest.
std::vector<std::uint32_t> dht_model::closest(target const& what) const {
    auto const key = prefix_of(what);
    std::vector<std::pair<std::uint64_t, std::uint32_t>> found;
    for (int bits = 63; bits >= 0; --bits) {
        auto const mask = bits == 63 ? ~std::uint64_t{0} >> 1 : (std::uint64_t{1} << bits) - 1;
        if (bits > 0 && (m_nodes.size() >> (63 - bits)) > 64)
            continue; // the subtree is larger than it need be
        auto const low = key & ~mask;
        auto const high = key | mask;
        std::vector<std::pair<std::uint64_t, std::uint32_t>> here;
        auto at =
            std::lower_bound(m_sorted.begin(), m_sorted.end(), std::pair{low, std::uint32_t{0}});
        for (; at != m_sorted.end() && at->first <= high; ++at)
            if (!m_nodes[at->second].dead)
                here.emplace_back(at->first ^ key, at->second);
        if (here.size() < replicas && !found.empty())
            break;
        found = std::move(here);
        if (found.size() < replicas)
            break;
    }
    if (found.size() < replicas) {
        found.clear();
        for (auto const& [id, n] : m_sorted)
            if (!m_nodes[n].dead)
                found.emplace_back(id ^ key, n);
    }
    std::sort(found.begin(), found.end());
    std::vector<std::uint32_t> out;
    for (std::size_t i = 0; i < std::min(replicas, found.size()); ++i)
        out.push_back(found[i].second);
    return out;
}

dht_model::put_result dht_model::place(record& where, target const& what, std::int64_t seq,
                                       time_point now) {
    put_result out;
    for (auto const n : closest(what)) {
        if (!answered() || !answered()) { // get with token, then put
            out.met_dead = true;
            continue;
        }
        auto const until = now + m_settings.item_life;
        auto const known = std::find_if(where.copies.begin(), where.copies.end(),
                                        [&](copy const& one) { return one.node == n; });
        if (known != where.copies.end() && known->life == m_nodes[n].life && known->until > now
            && known->seq > seq)
            continue; // BEP 44, error 302
        ++out.nodes;
        if (known == where.copies.end())
            where.copies.push_back({n, m_nodes[n].life, until, seq});
        else
            *known = {n, m_nodes[n].life, until, seq};
    }
    return out;
}

dht_model::put_result dht_model::put(wire::mutable_item const& item, time_point now) {
    advance(now);
    auto const what = wire::target_of(item.address);
    auto& where = m_items[what];
    auto const at = std::find_if(where.versions.begin(), where.versions.end(),
                                 [&](auto const& one) { return one.seq >= item.seq; });
    if (at == where.versions.end() || at->seq != item.seq)
        where.versions.insert(at, item);
    if (where.versions.size() > max_versions)
        where.versions.erase(where.versions.begin());
    return place(where, what, item.seq, now);
}

dht_model::put_result dht_model::put(target const& what, std::shared_ptr<bytes const> value,
                                     time_point now) {
    advance(now);
    auto& where = m_items[what];
    where.value = std::move(value);
    return place(where, what, 0, now);
}

std::optional<wire::mutable_item> dht_model::get(wire::item_address const& what, time_point now) {
    advance(now);
    auto const name = wire::target_of(what);
    auto const found = m_items.find(name);
    if (found == m_items.end())
        return std::nullopt;
    std::int64_t best = -1;
    for (auto const n : closest(name))
        for (auto const& one : found->second.copies)
            if (one.node == n && one.life == m_nodes[n].life && one.until > now && answered())
                best = std::max(best, one.seq);
    for (auto const& item : found->second.versions)
        if (item.seq == best)
            return item;
    return std::nullopt;
}

std::shared_ptr<bytes const> dht_model::get(target const& what, time_point now) {
    advance(now);
    auto const found = m_items.find(what);
    if (found == m_items.end())
        return nullptr;
    for (auto const n : closest(what))
        for (auto const& one : found->second.copies)
            if (one.node == n && one.life == m_nodes[n].life && one.until > now && answered())
                return found->second.value;
    return nullptr;
}

std::size_t dht_model::holders(target const& what, time_point now) const {
    auto const found = m_items.find(what);
    if (found == m_items.end())
        return 0;
    return static_cast<std::size_t>(std::count_if(
        found->second.copies.begin(), found->second.copies.end(), [&](copy const& one) {
            return one.until > now && m_nodes[one.node].life == one.life && !m_nodes[one.node].dead;
        }));
}

void dht_model::kill_closest(target const& what, std::size_t count) {
    auto const nodes = closest(what);
    for (std::size_t i = 0; i < std::min(count, nodes.size()); ++i)
        m_nodes[nodes[i]].dead = true;
}

} // namespace tau::test
