#pragma once

#include "core/bytes.hpp"
#include "core/clock.hpp"

#include <chrono>
#include <map>
#include <unordered_map>
#include <vector>

namespace tau::forward {

/// Wallets from our neighbour to the target, both included.
using wallet_path = std::vector<wallet_address>;

/// What is known of ways to wallets: paths that trackers named, for a while, and the
/// links that neighbours told of, which serve where no tracker is.
///
/// Threading: one thread. Bounded: targets, paths of one, neighbours' lists.
class route_book {
public:
    static constexpr std::chrono::seconds good_for{15}; ///< an answer with paths
    static constexpr std::chrono::seconds bad_for{2};   ///< an answer without
    static constexpr std::size_t max_targets = 4096;
    static constexpr std::size_t max_paths = 8;
    static constexpr std::size_t max_far = 1024; ///< who told of links from afar

    /// A tracker's answer; empty: it knows none. Answers of several trackers add up.
    void on_route(wallet_address const& target, std::vector<wallet_path> paths, time_point now);
    /// What a neighbour says it is linked to; replaces what it said before.
    void on_links(wallet_address const& neighbour, std::vector<wallet_address> links);
    /// What somebody who is not our neighbour says it is linked to, believed until then;
    /// replaces what it said before.
    void on_far_links(wallet_address const& of, std::vector<wallet_address> links, time_point until,
                      time_point now);
    void forget_neighbour(wallet_address const& neighbour) { m_told.erase(neighbour); }
    /// The next question goes to the trackers again.
    void forget(wallet_address const& target) { m_routes.erase(target); }

    /// Trackers' paths first, then those over one neighbour, then those that end with a link
    /// which the target told of.
    [[nodiscard]] std::vector<wallet_path> paths_to(wallet_address const& target,
                                                    time_point now) const;
    /// What neighbours told of their links.
    [[nodiscard]] std::map<wallet_address, std::vector<wallet_address>> const& told() const {
        return m_told;
    }
    /// Whether an answer is so fresh that asking again is of no use.
    [[nodiscard]] bool is_fresh(wallet_address const& target, time_point now) const;

private:
    struct answer {
        std::vector<wallet_path> paths;
        time_point until;
    };
    std::unordered_map<wallet_address, answer> m_routes;
    struct far_links {
        std::vector<wallet_address> links;
        time_point until;
    };
    void add_far_paths(wallet_address const& target, std::vector<wallet_path>& out,
                       time_point now) const;

    std::map<wallet_address, std::vector<wallet_address>> m_told;
    std::unordered_map<wallet_address, far_links> m_far;
};

} // namespace tau::forward
