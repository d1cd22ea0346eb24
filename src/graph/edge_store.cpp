#include "graph/edge_store.hpp"

#include <algorithm>

namespace tau::graph {

edge_store::edge_store(edge_limits limits, std::uint64_t hash_key)
    : m_limits(limits), m_hash_key(hash_key) {
    m_limits.max_claims = std::min(m_limits.max_claims, claim_list::max_size / 2);
}

node_index edge_store::find(wallet_address const& wallet) const {
    static_assert(no_node == index_table::none);
    return m_table.find(keyed_hash(wallet.data(), m_hash_key),
                        [&](node_index n) { return m_nodes[n].wallet == wallet; });
}

result<node_index> edge_store::find_or_add(wallet_address const& wallet) {
    if (auto const known = find(wallet); known != no_node)
        return known;
    if (m_table.size() >= m_limits.max_wallets)
        return errc::too_large;
    node_index n = 0;
    if (m_free.empty()) {
        n = static_cast<node_index>(m_nodes.size());
        m_nodes.emplace_back();
        m_lists.emplace_back();
        m_ranks.emplace_back();
        m_own.push_back(0);
    } else {
        n = m_free.back();
        m_free.pop_back();
    }
    m_nodes[n].wallet = wallet;
    m_table.insert(hash_of(n), n, [this](node_index other) { return hash_of(other); });
    return n;
}

void edge_store::release_if_unused(node_index n) {
    if (m_ranks[n].online || m_nodes[n].claimed_by != 0)
        return;
    m_table.erase(hash_of(n), n, [this](node_index other) { return hash_of(other); });
    m_nodes[n] = {};
    m_lists[n].clear();
    m_ranks[n] = {};
    m_free.push_back(n);
}

result<node_index> edge_store::set_online(wallet_address const& wallet, node_state const& state) {
    TAU_TRY(n, find_or_add(wallet));
    auto& r = m_ranks[n];
    m_online += r.online ? 0 : 1;
    r = {state.seen, state.liveness, true, state.dialable};
    m_nodes[n].where = state.where;
    return n;
}

void edge_store::set_offline(wallet_address const& wallet) {
    auto const n = find(wallet);
    if (n == no_node || !m_ranks[n].online)
        return;
    m_ranks[n] = {};
    --m_online;
    auto const held = m_lists[n].view();
    for (claim const c : std::vector<claim>(held.begin(), held.end()))
        if (c.has(claim::mine))
            drop_own_claim(n, c.node());
    // What remains are others' claims, noted here by the one-sided rule; they go
    // on to exist with their makers and stay noted until those withdraw them.
    release_if_unused(n);
}

error_code edge_store::add_claim(wallet_address const& from, wallet_address const& to,
                                 seconds32 now) {
    if (from == to)
        return errc::invalid_argument;
    auto const f = find(from);
    if (f == no_node || !m_ranks[f].online)
        return errc::not_found;
    auto t = find(to);
    if (t != no_node) {
        auto const* held = m_lists[f].find(t);
        if (held != nullptr && held->has(claim::mine))
            return {};
    }
    if (m_own[f] >= m_limits.max_claims)
        return errc::too_large;
    if (t == no_node) {
        auto const added = find_or_add(to);
        if (!added)
            return added.error();
        t = added.value();
    }
    auto* own = m_lists[f].find(t);
    if (own == nullptr)
        own = &m_lists[f].insert({t, 0, now});
    own->set(claim::mine);
    own->clear(claim::refused);
    ++m_own[f];
    ++m_claims;
    ++m_nodes[t].claimed_by;
    note_at_other(f, t, *own, now);
    return {};
}

// Memory answers many at a time, so each step of the look-ups is taken for all wallets
// before the next, which reads what the one before asked for.
void edge_store::prefetch_claims(std::span<wallet_address const> to) const {
    auto const hash = [this](wallet_address const& w) { return keyed_hash(w.data(), m_hash_key); };
    for (auto const& wallet : to)
        m_table.prefetch(hash(wallet));
    for (auto const& wallet : to)
        if (auto const n = m_table.first(hash(wallet)); n != no_node)
            __builtin_prefetch(&m_nodes[n]);
    std::vector<node_index> known;
    known.reserve(to.size());
    for (auto const& wallet : to)
        if (auto const n = find(wallet); n != no_node) {
            prefetch_list(n);
            known.push_back(n);
        }
    for (auto const n : known)
        m_lists[n].prefetch();
}

std::size_t edge_store::add_claims(wallet_address const& from, std::span<wallet_address const> to,
                                   seconds32 now) {
    prefetch_claims(to);
    if (auto const f = find(from); f != no_node && m_ranks[f].online)
        m_lists[f].reserve(std::min(m_lists[f].size() + to.size(), claim_list::max_size));
    std::size_t held = 0;
    for (auto const& wallet : to)
        held += add_claim(from, wallet, now) ? 0 : 1;
    return held;
}

bool edge_store::has_claim(wallet_address const& from, wallet_address const& to) const {
    auto const f = find(from);
    auto const t = find(to);
    if (f == no_node || t == no_node)
        return false;
    auto const* held = m_lists[f].find(t);
    return held != nullptr && held->has(claim::mine);
}

// Tells the other end's list of a new claim. By the default rule only a list that
// already claims back is touched: strangers cannot make anybody's list grow.
void edge_store::note_at_other(node_index from, node_index to, claim& own, seconds32 now) {
    auto* const back = m_lists[to].find(from);
    if (back != nullptr) {
        back->set(claim::theirs);
        back->clear(claim::refused_by_it);
        if (back->has(claim::mine)) {
            own.set(claim::theirs);
            ++m_mutual;
        } else if (back->has(claim::refused)) {
            own.set(claim::refused_by_it);
        }
        return;
    }
    std::size_t const strangers = m_lists[to].size() - m_own[to];
    if (m_limits.rule == link_rule::one_claimed && strangers < m_limits.max_claims)
        m_lists[to].insert({from, claim::theirs, now});
}

void edge_store::drop_own_claim(node_index from, node_index to) {
    auto* const own = m_lists[from].find(to);
    m_mutual -= own->is_mutual() ? 1 : 0;
    own->clear(claim::mine);
    own->clear(claim::refused_by_it);
    if (m_limits.rule == link_rule::both_claimed || own->is_empty())
        m_lists[from].erase(to);
    if (auto* const back = m_lists[to].find(from); back != nullptr) {
        back->clear(claim::theirs);
        back->clear(claim::refused);
        if (back->is_empty())
            m_lists[to].erase(from);
    }
    --m_own[from];
    --m_claims;
    --m_nodes[to].claimed_by;
    release_if_unused(to);
}

error_code edge_store::withdraw_claim(wallet_address const& from, wallet_address const& to) {
    auto const f = find(from);
    auto const t = find(to);
    if (f == no_node || t == no_node)
        return errc::not_found;
    auto const* const own = m_lists[f].find(t);
    auto* const back = m_lists[t].find(f);
    bool const claimed = own != nullptr && own->has(claim::mine);
    bool const denies = back != nullptr && back->has(claim::mine);
    if (!claimed && !denies)
        return errc::not_found;
    if (claimed)
        drop_own_claim(f, t);
    // drop_own_claim() may have moved both lists; the denial is noted afterwards.
    if (m_limits.rule == link_rule::one_claimed && denies) {
        m_lists[t].find(f)->set(claim::refused_by_it);
        if (auto* const noted = m_lists[f].find(t); noted != nullptr)
            noted->set(claim::refused);
    }
    return {};
}

bool edge_store::is_one_sided_link(claim const& held, seconds32 now) const {
    if (held.has(claim::refused) || held.has(claim::refused_by_it))
        return false;
    return m_ranks[held.node()].online && now >= held.since() + m_limits.grace;
}

node_state edge_store::state_of(node_index n) const {
    auto const& r = m_ranks[n];
    return {m_nodes[n].where, r.liveness, r.dialable, r.seen};
}

} // namespace tau::graph
