#include "graph/path_search.hpp"

#include <algorithm>
#include <limits>

namespace tau::graph {
namespace {

// How far ahead of the loop lists are fetched: each is a cache miss of its own.
constexpr std::size_t fetch_ahead = 8;
constexpr auto always = std::numeric_limits<std::uint16_t>::max();
constexpr seconds32 newest{std::numeric_limits<std::uint32_t>::max()};

// Whether `a` is nearer to `target` than `b` by XOR. Two wallets are never equally near.
bool is_nearer(wallet_address const& a, wallet_address const& b, wallet_address const& target) {
    for (std::size_t i = 0; i < wallet_address::size_bytes; ++i)
        if (a.octets[i] != b.octets[i])
            return (a.octets[i] ^ target.octets[i]) < (b.octets[i] ^ target.octets[i]);
    return false;
}

} // namespace

void path_search::side::clear() {
    ways.clear();
    first_way.clear();
    level_begin = 0;
    level_links = 0;
}

bool path_search::is_excluded(node_index node) const {
    return std::find(m_excluded.begin(), m_excluded.end(), node) != m_excluded.end();
}

template <class Visit>
void path_search::for_each_link(node_index node, Visit visit) {
    auto const claims = m_store->claims_of(node);
    m_scanned += claims.size();
    for (claim const& c : claims)
        if (m_store->is_link(c, m_now))
            visit(c.node());
}

std::vector<path> path_search::find(edge_store const& store, node_index from, node_index to,
                                    seconds32 now, search_limits limits) {
    m_store = &store;
    m_now = now;
    m_limits = limits;
    m_limits.paths = std::min(limits.paths, max_paths);
    m_scanned = 0;
    m_excluded.clear();
    std::vector<path> found;
    if (from == to || !store.is_online(from) || !store.is_online(to))
        return found;
    // When the source has too few first hops, more paths branch off at the best
    // path's first hop, then at its second, and so on.
    std::vector<node_index> prefix;
    node_index start_at = from;
    while (found.size() < m_limits.paths && start_at != to) {
        m_excluded.push_back(start_at);
        search_labels(start_at, to, m_limits.paths - found.size() + (prefix.empty() ? 0 : 1));
        for (auto const& c : m_candidates) {
            path p = path_of(c);
            for (auto const hop : prefix) {
                p.liveness = std::min(p.liveness, store.rank_of(hop).liveness);
                p.freshness = std::min(p.freshness, store.rank_of(hop).seen);
            }
            p.hops.insert(p.hops.begin(), prefix.begin(), prefix.end());
            bool const known = std::any_of(found.begin(), found.end(),
                                           [&](path const& other) { return other.hops == p.hops; });
            if (!known && found.size() < m_limits.paths)
                found.push_back(std::move(p));
        }
        if (found.empty() || prefix.size() >= found.front().hops.size())
            break;
        start_at = found.front().hops[prefix.size()];
        prefix.push_back(start_at);
    }
    return found;
}

void path_search::start(node_index from, node_index to) {
    m_near.clear();
    m_far.clear();
    m_candidates.clear();
    m_first_hops = 0;
    m_to = to;
    m_far.ways.push_back({to, none, none, no_node, newest, always, 0});
    m_far.first_way.at(to) = 0;
    for_each_link(from, [&](node_index hop) {
        if (is_excluded(hop))
            return;
        ++m_first_hops;
        if (hop == to) {
            auto const& r = m_store->rank_of(to);
            m_candidates.push_back({none, 0, to, 1, r.liveness, r.seen});
            return;
        }
        m_near.first_way.at(hop) = static_cast<std::uint32_t>(m_near.ways.size());
        auto const& r = m_store->rank_of(hop);
        m_near.ways.push_back({hop, none, none, hop, r.seen, r.liveness, 1});
    });
    count_links(m_near);
    count_links(m_far);
}

void path_search::search_labels(node_index from, node_index to, std::size_t wanted) {
    start(from, to);
    wanted = std::min(wanted, m_first_hops);
    m_begun_at = m_scanned;
    while (m_candidates.size() < wanted && !is_spent()) {
        if (m_near.level_size() == 0 || m_far.level_size() == 0)
            break;
        bool const source_side = m_near.level_links <= m_far.level_links;
        if (meet_level(source_side, wanted))
            break;
        advance_level(source_side, wanted);
    }
    std::sort(m_candidates.begin(), m_candidates.end(),
              [this](candidate const& a, candidate const& b) { return is_better(a, b); });
    if (m_candidates.size() > wanted)
        m_candidates.resize(wanted);
}

void path_search::count_links(side& s) const {
    s.level_links = 0;
    for (std::size_t i = s.level_begin; i < s.ways.size(); ++i)
        s.level_links += m_store->claims_of(s.ways[i].node).size();
}

bool path_search::is_spent() const {
    auto const budget = m_candidates.empty() ? m_limits.scan : m_limits.further;
    return m_scanned - m_begun_at >= budget;
}

// Looks for nodes of the other side behind the deepest level. Most searches end
// here, before anything of the largest level had to be remembered. True when the
// search is over: all wanted paths are known, or the budget is used up. Neither side knows
// excluded nodes.
bool path_search::meet_level(bool source_side, std::size_t wanted) {
    side& own = source_side ? m_near : m_far;
    side& other = source_side ? m_far : m_near;
    std::size_t stop_at = std::numeric_limits<std::size_t>::max();
    std::size_t const size = own.ways.size();
    for (std::size_t i = own.level_begin; i < size; ++i) {
        if (i + fetch_ahead < size)
            __builtin_prefetch(m_store->claims_of(own.ways[i + fetch_ahead].node).data());
        auto const way_at = static_cast<std::uint32_t>(i);
        for_each_link(own.ways[i].node, [&](node_index node) {
            for (auto met = other.first_way.find(node); met != none; met = other.ways[met].next)
                source_side ? offer(way_at, met) : offer(met, way_at);
        });
        if (m_candidates.size() >= wanted && stop_at > m_scanned)
            stop_at = std::min(stop_at, m_scanned + m_limits.ranking);
        if (m_scanned >= stop_at || is_spent())
            break;
    }
    return m_candidates.size() >= wanted || is_spent();
}

void path_search::advance_level(bool source_side, std::size_t wanted) {
    side& own = source_side ? m_near : m_far;
    std::size_t const end = own.ways.size();
    std::size_t const begin = own.level_begin;
    own.level_begin = end;
    for (std::size_t i = begin; i < end && !is_spent(); ++i) {
        if (i + fetch_ahead < end)
            __builtin_prefetch(m_store->claims_of(own.ways[i + fetch_ahead].node).data());
        auto const parent = static_cast<std::uint32_t>(i);
        for (claim const& c : m_store->claims_of(own.ways[i].node))
            m_store->prefetch_rank(c.node()); // all at once, so that the misses overlap
        for_each_link(own.ways[i].node, [&](node_index node) {
            if (is_excluded(node))
                return;
            m_store->prefetch_list(node); // its length is wanted when the sides are compared
            source_side ? add_source_way(parent, node, wanted) : add_target_way(parent, node);
        });
    }
    count_links(own);
}

void path_search::add_source_way(std::uint32_t parent, node_index node, std::size_t wanted) {
    auto const& from = m_near.ways[parent];
    auto const& r = m_store->rank_of(node);
    way const fresh{node,
                    parent,
                    none,
                    from.label,
                    std::min(from.seen, r.seen),
                    std::min(from.liveness, r.liveness),
                    static_cast<std::uint16_t>(from.depth + 1)};
    auto& first = m_near.first_way.at(node);
    std::size_t labels = 0;
    std::uint32_t last = none;
    for (auto w = first; w != none; w = m_near.ways[w].next, ++labels) {
        last = w;
        auto& known = m_near.ways[w];
        if (known.label != fresh.label)
            continue;
        if (known.depth == fresh.depth && known.liveness < fresh.liveness) {
            known.parent = parent;
            known.liveness = fresh.liveness;
            known.seen = fresh.seen;
        }
        return;
    }
    if (labels >= wanted)
        return; // as many first hops are at least as near: this one is not needed beyond
    auto const position = static_cast<std::uint32_t>(m_near.ways.size());
    (last == none ? first : m_near.ways[last].next) = position;
    m_near.ways.push_back(fresh);
}

void path_search::add_target_way(std::uint32_t parent, node_index node) {
    auto const& from = m_far.ways[parent];
    auto const& r = m_store->rank_of(node);
    auto const liveness = std::min(from.liveness, r.liveness);
    auto const depth = static_cast<std::uint16_t>(from.depth + 1);
    auto& first = m_far.first_way.at(node);
    if (first == none) {
        first = static_cast<std::uint32_t>(m_far.ways.size());
        m_far.ways.push_back(
            {node, parent, none, no_node, std::min(from.seen, r.seen), liveness, depth});
        return;
    }
    auto& known = m_far.ways[first];
    if (known.depth == depth && known.liveness < liveness) {
        known.parent = parent;
        known.liveness = liveness;
        known.seen = std::min(from.seen, r.seen);
    }
}

void path_search::offer(std::uint32_t near, std::uint32_t far) {
    auto const& n = m_near.ways[near];
    auto const& f = m_far.ways[far];
    candidate const fresh{near,
                          far,
                          n.label,
                          static_cast<std::uint16_t>(n.depth + f.depth + 1),
                          std::min(n.liveness, f.liveness),
                          std::min(n.seen, f.seen)};
    for (auto& known : m_candidates) {
        if (known.label != fresh.label)
            continue;
        if (is_better(fresh, known))
            known = fresh;
        return;
    }
    m_candidates.push_back(fresh);
}

bool path_search::is_better(candidate const& a, candidate const& b) const {
    if (a.length != b.length)
        return a.length < b.length;
    if (a.liveness != b.liveness)
        return a.liveness > b.liveness;
    if (a.seen != b.seen)
        return a.seen > b.seen;
    return is_nearer(m_store->wallet_of(a.label), m_store->wallet_of(b.label),
                     m_store->wallet_of(m_to));
}

path path_search::path_of(candidate const& c) const {
    path out;
    out.liveness = c.liveness;
    out.freshness = c.seen;
    for (auto w = c.near; w != none; w = m_near.ways[w].parent)
        out.hops.push_back(m_near.ways[w].node);
    std::reverse(out.hops.begin(), out.hops.end());
    for (auto w = c.far; w != none; w = m_far.ways[w].parent)
        out.hops.push_back(m_far.ways[w].node);
    return out;
}

} // namespace tau::graph
