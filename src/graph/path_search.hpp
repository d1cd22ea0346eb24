#pragma once

#include "graph/edge_store.hpp"
#include "graph/visit_map.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace tau::graph {

/// A way from a source, which is not listed, to a target, which is last.
struct path {
    std::vector<node_index> hops;
    std::uint16_t liveness = 0; ///< of the least live hop before the target
    seconds32 freshness{0};     ///< when the hop before the target that is silent longest was seen
};

struct search_limits {
    std::size_t paths = 2; ///< wanted; at most path_search::max_paths
    /// Links looked at before giving up on any path. 0 finds direct links only.
    std::size_t scan = 4'000'000;
    /// Links looked at for paths with further first hops once one path is known.
    std::size_t further = 8'000;
    /// Links looked at for livelier hops of equal count once all wanted paths are known.
    std::size_t ranking = 512;
};

/// Finds the paths with the fewest hops over online wallets.
///
/// The first path has the fewest hops that exist. Every further one starts with
/// another first hop, again with the fewest hops for it, while such first hops
/// exist and the budget lasts; after that paths branch off later. Among equal hop
/// counts the candidates met within the budget are ordered by the liveness of
/// their least live hop, then by freshness, then by distance: the first hop's wallet
/// address XOR the target's, read as a number. No two wallets have the same.
///
/// It searches from both ends at once, level by level, always on the side with
/// fewer links. A node met from the source keeps one label for each of up to
/// `paths` first hops, which is enough for exact results.
///
/// Source:    docs/wire/tracker.md, "Links and routes".
/// Threading: one thread a search object; the store must not change meanwhile.
/// Errors:    none; no path is an empty answer.
class path_search {
public:
    static constexpr std::size_t max_paths = 8;

    /// `from` and `to` are valid nodes of `store`. Empty if they are one, if either
    /// is offline, or if the links do not connect them within the budget.
    [[nodiscard]] std::vector<path> find(edge_store const& store, node_index from, node_index to,
                                         seconds32 now, search_limits limits = {});

    /// Links looked at by the last find().
    [[nodiscard]] std::size_t scanned() const { return m_scanned; }

private:
    // One way by which a side met a node. Ways of one node form a list.
    struct way {
        node_index node;
        std::uint32_t parent; // position in the same side's ways, or none
        std::uint32_t next;   // the node's next way
        node_index label;     // first hop (source's side only)
        seconds32 seen;       // least of the hops so far
        std::uint16_t liveness;
        std::uint16_t depth;
    };
    struct side {
        std::vector<way> ways; // in order of depth
        visit_map first_way;
        std::size_t level_begin = 0; // ways of the deepest complete level
        std::size_t level_links = 0; // claims that the level's nodes hold
        void clear();
        [[nodiscard]] std::size_t level_size() const { return ways.size() - level_begin; }
    };
    struct candidate {
        std::uint32_t near; // way on the source's side, or none for a direct link
        std::uint32_t far;  // way on the target's side
        node_index label;
        std::uint16_t length;
        std::uint16_t liveness;
        seconds32 seen;
    };
    static constexpr std::uint32_t none = visit_map::none;

    void start(node_index from, node_index to);
    void search_labels(node_index from, node_index to, std::size_t wanted);
    void count_links(side& s) const;
    [[nodiscard]] bool is_spent() const;
    [[nodiscard]] bool meet_level(bool source_side, std::size_t wanted);
    void advance_level(bool source_side, std::size_t wanted);
    void add_source_way(std::uint32_t parent, node_index node, std::size_t wanted);
    void add_target_way(std::uint32_t parent, node_index node);
    void offer(std::uint32_t near, std::uint32_t far);
    [[nodiscard]] bool is_better(candidate const& a, candidate const& b) const;
    [[nodiscard]] path path_of(candidate const& c) const;
    [[nodiscard]] bool is_excluded(node_index node) const;
    template <class Visit>
    void for_each_link(node_index node, Visit visit);

    edge_store const* m_store = nullptr;
    seconds32 m_now{0};
    node_index m_to = no_node;
    search_limits m_limits;
    side m_near; // from the source
    side m_far;  // from the target
    std::vector<candidate> m_candidates;
    std::vector<node_index> m_excluded; // the source and, for branching paths, hops before it
    std::size_t m_scanned = 0;
    std::size_t m_begun_at = 0; // of m_scanned, when this round began
    std::size_t m_first_hops = 0;
};

} // namespace tau::graph
