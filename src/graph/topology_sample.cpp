#include "graph/topology_sample.hpp"

#include "graph/index_table.hpp"

#include <algorithm>

namespace tau::graph {
namespace {

// Places where a part of a large network begins to grow.
constexpr std::size_t seeds_at_once = 24;
// Draws that may meet nobody online, for each wallet wanted, before a part is complete.
constexpr std::size_t draws_per_wallet = 16;

// SplitMix64: the n-th of a sequence that only the seed decides.
std::uint64_t draw(std::uint64_t seed, std::uint64_t n) {
    auto z = seed + (n + 1) * 0x9e37'79b9'7f4a'7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11ebULL;
    return z ^ (z >> 31);
}

bool holds(edge_store const& store, node_index node, wallet_address const& wallet) {
    return node < store.end_index() && store.is_online(node) && store.wallet_of(node) == wallet;
}

} // namespace

topology_sample::topology_sample(sample_limits limits, std::vector<wallet_address> around,
                                 std::uint64_t seed)
    : m_limits(limits), m_around(std::move(around)), m_seed(seed) {}

bool topology_sample::step(edge_store const& store, seconds32 now, std::size_t places) {
    if (m_phase == phase::begin)
        begin(store);
    for (std::size_t i = 0; i < places && m_phase != phase::done; ++i)
        look_at_next(store, now);
    return m_phase == phase::done;
}

void topology_sample::begin(edge_store const& store) {
    m_online = store.online_count();
    m_is_part = m_online > m_limits.max_wallets;
    m_phase = m_is_part ? phase::grow : phase::all;
    m_position.reserve(std::min(m_online, m_limits.max_wallets));
    if (!m_is_part)
        return;
    for (auto const& wallet : m_around)
        if (auto const node = store.find(wallet); node != no_node && store.is_online(node))
            m_queue.push_back({node, wallet});
    while (m_around.empty() && m_queue.size() < seeds_at_once) {
        auto const seed = next_seed(store);
        if (!seed)
            break;
        m_queue.push_back(*seed);
    }
}

void topology_sample::look_at_next(edge_store const& store, seconds32 now) {
    if (m_phase == phase::link)
        return link(store, now);
    bool const is_full = m_wallets.size() >= m_limits.max_wallets;
    bool const is_over = m_phase == phase::all && m_cursor >= store.end_index();
    if (is_full || is_over) {
        m_phase = phase::link;
        m_cursor = 0;
    } else if (m_phase == phase::grow) {
        grow(store, now);
    } else {
        auto const node = static_cast<node_index>(m_cursor++);
        if (store.is_online(node))
            take(store, {node, store.wallet_of(node)}, now);
    }
}

void topology_sample::grow(edge_store const& store, seconds32 now) {
    if (m_queue.empty()) {
        auto const seed = next_seed(store);
        if (!seed) {
            m_phase = phase::link;
            m_cursor = 0;
            return;
        }
        m_queue.push_back(*seed);
    }
    auto const where = m_queue.front();
    m_queue.pop_front();
    take(store, where, now);
}

std::optional<topology_sample::place> topology_sample::next_seed(edge_store const& store) {
    while (m_seeds_tried < m_limits.max_wallets * draws_per_wallet && store.end_index() > 0) {
        auto const node =
            static_cast<node_index>(draw(m_seed, m_seeds_tried++) % store.end_index());
        if (store.is_online(node) && !m_position.contains(node))
            return place{node, store.wallet_of(node)};
    }
    return std::nullopt;
}

void topology_sample::take(edge_store const& store, place const& where, seconds32 now) {
    if (!holds(store, where.node, where.wallet) || m_position.contains(where.node))
        return;
    auto const position = static_cast<std::uint32_t>(m_wallets.size());
    auto const& rank = store.rank_of(where.node);
    m_position.emplace(where.node, position);
    m_nodes.push_back(where.node);
    m_wallets.push_back({where.wallet, 0, rank.liveness, rank.dialable});
    auto const room = m_limits.max_wallets - m_wallets.size();
    for (claim const& c : store.claims_of(where.node)) {
        if (!store.is_link(c, now))
            continue;
        auto const links = ++m_wallets.back().links;
        if (m_phase == phase::grow && links <= m_limits.fan && m_queue.size() < room
            && !m_position.contains(c.node()))
            m_queue.push_back({c.node(), store.wallet_of(c.node())});
    }
}

void topology_sample::link(edge_store const& store, seconds32 now) {
    if (m_cursor >= m_wallets.size()) {
        m_phase = phase::done;
        return;
    }
    auto const a = static_cast<std::uint32_t>(m_cursor++);
    if (!holds(store, m_nodes[a], m_wallets[a].address))
        return;
    for (claim const& c : store.claims_of(m_nodes[a])) {
        auto const other = m_position.find(c.node());
        if (other == m_position.end() || other->second <= a || !store.is_link(c, now)
            || !holds(store, c.node(), m_wallets[other->second].address))
            continue;
        if (m_links.size() < m_limits.max_links)
            m_links.push_back({a, other->second});
        else
            ++m_links_left_out;
    }
}

} // namespace tau::graph
