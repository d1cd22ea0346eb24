#pragma once

#include "core/clock.hpp"
#include "core/random.hpp"
#include "overlay/topic_port.hpp"
#include "wire/topic_link.hpp"

#include <map>
#include <set>
#include <utility>
#include <vector>

namespace tau::overlay {

struct member_limits {
    std::size_t max_links = 8; ///< kept in one topic; at least 3
    /// Below it members are looked for. Some places stay free for who comes later.
    [[nodiscard]] std::size_t wanted() const { return (max_links + 2) / 2; }
    /// Who has fewer, its link with us included, is not turned away if somebody else here has
    /// two more than it.
    static constexpr std::size_t poor = 3;
};

/// Which members of one topic we are linked with: few, random, and so that nobody stays
/// outside.
///
/// Links are sought at random among the known members. A full node takes one who has hardly
/// any links for another that has enough, and tells that other of the newcomer: an
/// edge is split, nobody is cut off. Whom it cannot take it tells of others. Now and then everybody
/// tries a random member, so that parts of the swarm that do not know each other meet.
///
/// Source:    docs/wire/topics.md, "Links". Threading: tau thread. Errors: none.
class topic_members {
public:
    /// A try that led to no link so far makes room for another one after this; many
    /// addresses are behind NATs.
    static constexpr std::chrono::seconds dial_timeout{1};
    /// The same address is not tried again before.
    static constexpr std::chrono::seconds redial_pause{60};
    /// Pauses between searches while there are too few links: the first, and the longest.
    static constexpr std::chrono::seconds first_search{1};
    static constexpr std::chrono::seconds last_search{30};
    /// From one random try to the next, plus up to as much again; also how often we are made
    /// known again.
    static constexpr std::chrono::seconds mix_pause{120};
    /// A member that was parted with has to close; then we do.
    static constexpr std::chrono::seconds parting_timeout{2};
    /// A new member has to say whether it needs links.
    static constexpr std::chrono::seconds greeting_timeout{2};
    static constexpr std::size_t max_candidates = 256;

    topic_members(info_hash const& topic, topic_port& port, random_source& random,
                  member_limits limits, moment now);

    void on_member(wallet_address const& who, bool is_up, moment now);
    void on_greeting(wallet_address const& who, std::size_t links, moment now);
    void on_parting(wallet_address const& who, std::vector<endpoint> const& others, moment now);
    void on_candidates(std::vector<endpoint> const& found, moment now);

    /// Who came and went since the last call, in order.
    [[nodiscard]] std::vector<std::pair<wallet_address, bool>> take_changes() {
        return std::exchange(m_changes, {});
    }
    /// Linked, and not about to part.
    [[nodiscard]] bool has(wallet_address const& who) const;
    [[nodiscard]] std::size_t size() const;

    [[nodiscard]] std::optional<time_point> wake_at() const;
    void on_time(moment now);

private:
    struct member {
        time_point since;
        std::optional<std::size_t> links{};  ///< that it has, as it said
        std::optional<time_point> parting{}; ///< until when it may close itself
    };
    struct candidate {
        std::optional<time_point> tried{};
    };

    void greet(wallet_address const& who);
    void greet_if_changed();
    void keep_within_limit(moment now);
    void part_with(wallet_address const& who, std::optional<endpoint> first, moment now);
    [[nodiscard]] wallet_address whom_to_part_with() const;
    void dial(moment now);
    bool dial_one(moment now);
    void search(moment now);

    info_hash m_topic;
    topic_port& m_port;
    random_source& m_random;
    member_limits m_limits;
    std::map<wallet_address, member> m_members;
    std::map<endpoint, candidate> m_candidates;
    std::map<endpoint, time_point> m_dialling; ///< since when
    std::vector<std::pair<wallet_address, bool>> m_changes;
    std::size_t m_said_links = 0;
    time_point m_search_at;
    std::chrono::seconds m_search_pause = first_search;
    time_point m_mix_at;
};

} // namespace tau::overlay
