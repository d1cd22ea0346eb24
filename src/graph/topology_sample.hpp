#pragma once

#include "graph/edge_store.hpp"

#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

namespace tau::graph {

struct sample_limits {
    std::size_t max_wallets = 10'000;
    std::size_t max_links = 60'000; ///< further links among the wallets are only counted
    /// How many of a wallet's links a sample is led along, so that one wallet with very
    /// many does not fill it.
    std::size_t fan = 12;
};

/// A picture of the network to be drawn: all online wallets if they are few enough, else a
/// part that hangs together.
///
/// A part grows breadth first from the wallets asked for, then from places drawn by `seed`.
/// The same seed gives nearly the same part again while the network changes little.
/// Work is done in steps, so that the store's lock is held for moments only; what changes
/// in between may be missed.
///
/// Source:    docs/tracker-operating.md, "Admin port".
/// Threading: one thread; the store must not change during a step.
class topology_sample {
public:
    struct shown_wallet {
        wallet_address address;
        std::uint32_t links = 0;    ///< in the whole network
        std::uint16_t liveness = 0; ///< 65535 is always
        bool dialable = false;
    };
    struct shown_link {
        std::uint32_t a; ///< positions in wallets()
        std::uint32_t b;
    };

    topology_sample(sample_limits limits, std::vector<wallet_address> around, std::uint64_t seed);

    /// Looks at up to `places` more wallets; true when the picture is complete.
    [[nodiscard]] bool step(edge_store const& store, seconds32 now, std::size_t places);

    [[nodiscard]] std::vector<shown_wallet> const& wallets() const { return m_wallets; }
    [[nodiscard]] std::vector<shown_link> const& links() const { return m_links; }
    /// Online in the whole network when the picture was begun.
    [[nodiscard]] std::size_t online() const { return m_online; }
    /// Whether only a part of the wallets is shown.
    [[nodiscard]] bool is_part() const { return m_is_part; }
    /// Links among the wallets shown that max_links left out.
    [[nodiscard]] std::size_t links_left_out() const { return m_links_left_out; }

private:
    enum class phase { begin, all, grow, link, done };
    struct place {
        node_index node;
        wallet_address wallet; ///< the place may have another holder by the next step
    };

    void begin(edge_store const& store);
    void look_at_next(edge_store const& store, seconds32 now);
    void grow(edge_store const& store, seconds32 now);
    [[nodiscard]] std::optional<place> next_seed(edge_store const& store);
    void take(edge_store const& store, place const& where, seconds32 now);
    void link(edge_store const& store, seconds32 now);

    sample_limits m_limits;
    std::vector<wallet_address> m_around;
    std::uint64_t m_seed;
    phase m_phase = phase::begin;
    std::size_t m_cursor = 0;
    std::size_t m_seeds_tried = 0;
    std::size_t m_online = 0;
    bool m_is_part = false;
    std::size_t m_links_left_out = 0;
    std::deque<place> m_queue;
    std::vector<node_index> m_nodes; // of m_wallets
    std::unordered_map<node_index, std::uint32_t> m_position;
    std::vector<shown_wallet> m_wallets;
    std::vector<shown_link> m_links;
};

} // namespace tau::graph
