#pragma once

#include "gossip/vector_builder.hpp"

#include <cstdint>
#include <set>
#include <vector>

namespace tau::gossip {

/// What we say beyond one vector: pages, which are immutable items that every vector of ours
/// names. A page stays as it is while most of what it says still holds, so that whoever has
/// read it need not read it again, and what is new is in the vector itself.
///
/// Source: docs/wire/gossip.md. Threading: one thread. Bounded: wire::max_gossip_pages.
class page_book {
public:
    struct page {
        std::uint64_t id;
        target at{}; ///< zero until the adapter has boxed it
        std::set<entry_name> says{};
    };
    struct plan {
        std::vector<std::pair<std::uint64_t, wire::gossip_vector>> made; ///< by id
        std::vector<target> dropped;
    };

    /// A page stays while at least this share of it, in fourths, is still to be said.
    static constexpr std::size_t live_fourths = 3;

    /// `groups`: all that is to be said, the most wanted first; what fits a vector next to the
    /// pages needs none. `afresh`: no page stays.
    [[nodiscard]] plan arrange(std::vector<entry_group> const& groups, vector_builder const& blank,
                               bool afresh);
    void on_made(std::uint64_t id, target const& at);

    /// Whether a page that can be read says it.
    [[nodiscard]] bool says(entry_group const& group) const;
    /// Those that can be read.
    [[nodiscard]] std::vector<target> pages() const;

private:
    /// Drops those of which less is to be said than a share, or that say little; the groups
    /// that no page says then.
    [[nodiscard]] std::vector<entry_group> drop_stale(std::vector<entry_group> const& groups,
                                                      std::size_t least, plan& out);
    [[nodiscard]] bool is_in_a_page(entry_group const& group) const;
    void make(std::vector<entry_group> const& groups, vector_builder const& blank, plan& out);

    std::vector<page> m_pages;
    std::uint64_t m_last_id = 0;
};

} // namespace tau::gossip
