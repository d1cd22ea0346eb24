#pragma once

#include "core/clock.hpp"
#include "messenger/types.hpp"
#include "wire/message_channel.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace tau::messenger {

/// Which of the two hash chains of a conversation a message belongs to.
enum class chain_side { ours, theirs };

/// A message as the chains see it.
struct dag_message {
    message_id id;
    target root; ///< what links name
    chain_side side = chain_side::theirs;
    unix_ms time{};
    wire::chain_links links;
};

/// Roots of one channel value that are wanted: what wire::message_channel can name.
inline constexpr std::size_t max_tip_roots = wire::max_recent_roots + wire::max_skip_roots;

/// Where the skip link of the message at `position` points: 0 for none, else at least
/// 4 back. From any position a chain of skips reaches the beginning in O(log n) steps.
[[nodiscard]] std::uint64_t skip_position(std::uint64_t position);

/// The dual hash chain of one conversation (S1-40): what is here, what is missing, in
/// which order it is shown, and what has been read.
///
/// A pure value without clock or store. Any order of arrival gives the same result.
///
/// Source:    docs/wire/messages.md, "Chains". Threading: one thread.
/// Errors:    none. Contradictory links (a position that does not fit, a link to the
///            other chain) do no more than name roots; they cannot hide a message.
class message_dag {
public:
    /// Adds a message that was opened, or made here. False if it is known already.
    bool add(dag_message message);

    /// Counts a root of theirs as held without loading its message (old history that
    /// stays in the store), so that it is not wanted again.
    void assume_held(target const& root);

    /// The newest value of their channel named these roots: they are wanted if they are not
    /// here. Replaces those of the value before.
    void on_tips(std::vector<target> const& roots);

    [[nodiscard]] bool has(target const& root) const;

    /// Roots of theirs to fetch, those named by the newest messages first, spread over
    /// history by skip links; at most `count`. What the caller is fetching already is
    /// among them: it filters.
    [[nodiscard]] std::vector<target> missing(std::size_t count) const;
    [[nodiscard]] std::size_t missing_count() const;

    /// The links of our next message; `seen` is as mark_seen() left it.
    [[nodiscard]] wire::chain_links next_links() const;
    /// For the channel value: the newest roots of our chain, newest first.
    [[nodiscard]] std::vector<target> recent_roots(std::size_t count) const;
    /// For the channel value: roots further and further back than the last `after`.
    [[nodiscard]] std::vector<target> skip_roots(std::size_t count, std::size_t after) const;

    /// The user read this message of theirs, and with it all that precedes it. Our next
    /// message links the newest one. False for an unknown root or one of ours.
    bool mark_seen(target const& root);
    [[nodiscard]] std::optional<target> seen() const { return m_seen; }
    /// Whether the user has read a later message of theirs than this one.
    [[nodiscard]] bool precedes_seen(target const& root) const;

    /// The newest root of theirs that is here together with everything it builds on;
    /// and those here that lie beyond it, newest first, at most `extra`.
    [[nodiscard]] std::optional<target> complete_root() const;
    [[nodiscard]] std::vector<target> beyond_complete(std::size_t extra) const;

    /// Messages of ours at and before `root` in our chain: all that they have read or
    /// received when they acknowledge it. Oldest first; empty for an unknown root. Those up
    /// to `after`, which they acknowledged before, are left out.
    [[nodiscard]] std::vector<message_id> up_to(target const& root,
                                                std::optional<target> const& after = {}) const;
    /// The newest root of ours that any message of theirs links as read.
    [[nodiscard]] std::optional<target> read_by_them() const { return m_read_by_them; }

    /// Everything in the order in which it is shown: (time, id).
    [[nodiscard]] std::vector<message_id> ordered() const;
    [[nodiscard]] std::size_t size() const { return m_messages.size(); }

private:
    struct entry {
        dag_message message;
        bool complete = false; ///< theirs: nothing that it builds on is missing
    };
    /// Order within one chain. A restored device may use a position twice.
    struct chain_place {
        std::uint64_t position;
        unix_ms time;
        message_id id;
        friend auto operator<=>(chain_place const&, chain_place const&) = default;
    };
    /// Order in which both chains are shown.
    struct shown_at {
        unix_ms time;
        message_id id;
        friend auto operator<=>(shown_at const&, shown_at const&) = default;
    };
    using chain = std::map<chain_place, target>;

    [[nodiscard]] static chain_place place_of(dag_message const& message);
    /// Our root at this position, or the nearest before it.
    [[nodiscard]] std::optional<target> root_at(std::uint64_t position) const;
    void note_links(dag_message const& message);
    void note_link(target const& root, target const& from, std::uint64_t rank);
    void note_seen_link(dag_message const& message);
    void note_read_by_them(target const& root);
    [[nodiscard]] bool is_complete(target const& root) const;
    [[nodiscard]] bool builds_on_complete(dag_message const& message) const;
    void settle(target const& root);
    void settle_waiting(target const& root);

    std::unordered_map<target, entry> m_messages;
    std::unordered_set<target> m_held; ///< assumed, not loaded
    std::map<shown_at, target> m_order;
    chain m_ours;
    chain m_incomplete; ///< theirs that are here but build on something missing
    /// Linked, not here; with the position that its linkers give it, which ranks it.
    std::unordered_map<target, std::uint64_t> m_missing;
    std::unordered_map<target, std::vector<target>> m_waiting; ///< not complete -> who links it
    std::vector<target> m_tips;
    std::unordered_set<target> m_claimed_read; ///< what their messages link as read
    std::optional<target> m_complete;
    std::optional<target> m_seen;
    std::optional<target> m_read_by_them;
};

} // namespace tau::messenger
