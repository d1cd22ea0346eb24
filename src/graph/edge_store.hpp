#pragma once

#include "core/endpoint.hpp"
#include "graph/claim_list.hpp"
#include "graph/index_table.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace tau::graph {

/// When two wallets count as linked.
enum class link_rule {
    both_claimed, ///< each said so itself; nobody can buy a path through itself alone
    one_claimed,  ///< one said so, the other is online and did not deny it for a while
};

struct edge_limits {
    link_rule rule = link_rule::both_claimed;
    /// Claims a wallet may make; our limit, at most claim_list::max_size / 2.
    std::size_t max_claims = 1024;
    /// Wallets held, online or only claimed by somebody; our limit.
    std::size_t max_wallets = 4'000'000;
    /// With one_claimed: how long the other may still deny, from the claim on.
    seconds32 grace{30};
};

/// What ranks a wallet as a hop, and where it is reached.
struct node_state {
    endpoint where;
    std::uint16_t liveness = 0; ///< share of time online, 65535 is always
    bool dialable = false;      ///< accepts new connections
    seconds32 seen{0};          ///< last announce
};

/// Who says to be connected with whom: directed claims between wallets, and the
/// undirected links that follow from them by the link rule.
///
/// Only online wallets hold claims: going offline withdraws all of a wallet's own
/// at once. Made for a million wallets with five million links in 400 MB.
///
/// Source:    docs/wire/tracker.md, "Links and routes".
/// Threading: one writer, or many readers; no locks inside.
/// Errors:    returned as tau::errc.
class edge_store {
public:
    explicit edge_store(edge_limits limits = {}, std::uint64_t hash_key = 0);

    /// Makes the wallet known and online, or refreshes its state.
    /// errc::too_large when max_wallets are held.
    [[nodiscard]] result<node_index> set_online(wallet_address const& wallet,
                                                node_state const& state);
    /// Withdraws the wallet's claims and forgets it unless others claim it. Twice is harmless.
    void set_offline(wallet_address const& wallet);

    /// `from`, which must be online (errc::not_found), claims a link to `to`; again
    /// changes nothing. errc::invalid_argument for itself; errc::too_large beyond max_claims.
    [[nodiscard]] error_code add_claim(wallet_address const& from, wallet_address const& to,
                                       seconds32 now);
    /// add_claim() for many, as when a snapshot is read; returns how many now stand.
    std::size_t add_claims(wallet_address const& from, std::span<wallet_address const> to,
                           seconds32 now);
    /// `from` takes back its claim, or denies the other's. errc::not_found if there is neither.
    error_code withdraw_claim(wallet_address const& from, wallet_address const& to);

    /// no_node if nobody spoke of the wallet.
    [[nodiscard]] node_index find(wallet_address const& wallet) const;
    [[nodiscard]] bool is_online(node_index node) const { return m_ranks[node].online; }
    [[nodiscard]] wallet_address const& wallet_of(node_index node) const {
        return m_nodes[node].wallet;
    }
    [[nodiscard]] node_state state_of(node_index node) const;
    [[nodiscard]] std::span<claim const> claims_of(node_index node) const {
        return m_lists[node].view();
    }
    /// Whether `from` claims a link to `to` now.
    [[nodiscard]] bool has_claim(wallet_address const& from, wallet_address const& to) const;
    /// Claims that the wallet made itself.
    [[nodiscard]] std::size_t own_claims(node_index node) const { return m_own[node]; }
    /// Whether `held`, found in claims_of() of an online wallet, is a link that routes may use.
    [[nodiscard]] bool is_link(claim const& held, seconds32 now) const {
        if (held.is_mutual())
            return true;
        return m_limits.rule == link_rule::one_claimed && is_one_sided_link(held, now);
    }

    [[nodiscard]] std::size_t online_count() const { return m_online; }
    [[nodiscard]] std::size_t wallet_count() const { return m_table.size(); }
    [[nodiscard]] std::size_t claim_count() const { return m_claims; }
    /// Links that both ends claimed.
    [[nodiscard]] std::size_t mutual_count() const { return m_mutual; }
    /// Positions below this may be passed to the functions above if wallet_of() finds them again.
    [[nodiscard]] node_index end_index() const { return static_cast<node_index>(m_nodes.size()); }

    // For the search: what it touches for each candidate, kept small and apart.
    struct rank {
        seconds32 seen{0};
        std::uint16_t liveness = 0;
        bool online = false;
        bool dialable = false;
    };
    [[nodiscard]] rank const& rank_of(node_index node) const { return m_ranks[node]; }
    void prefetch_rank(node_index node) const { __builtin_prefetch(&m_ranks[node]); }
    void prefetch_list(node_index node) const { __builtin_prefetch(&m_lists[node]); }

private:
    struct holder {
        wallet_address wallet;
        std::uint32_t claimed_by = 0; // claims of others that name this wallet
        endpoint where;
    };

    [[nodiscard]] std::uint64_t hash_of(node_index n) const {
        return keyed_hash(m_nodes[n].wallet.data(), m_hash_key);
    }
    void prefetch_claims(std::span<wallet_address const> to) const;
    [[nodiscard]] result<node_index> find_or_add(wallet_address const& wallet);
    [[nodiscard]] bool is_one_sided_link(claim const& held, seconds32 now) const;
    void release_if_unused(node_index n);
    void note_at_other(node_index from, node_index to, claim& own, seconds32 now);
    void drop_own_claim(node_index from, node_index to);

    edge_limits m_limits;
    std::uint64_t m_hash_key;
    index_table m_table;
    std::vector<holder> m_nodes;
    std::vector<claim_list> m_lists;
    std::vector<rank> m_ranks;
    std::vector<std::uint16_t> m_own; // claims made by the wallet itself
    std::vector<node_index> m_free;
    std::size_t m_online = 0;
    std::size_t m_claims = 0;
    std::size_t m_mutual = 0;
};

} // namespace tau::graph
