#pragma once

#include "core/clock.hpp"
#include "messenger/types.hpp"
#include "wire/message_body.hpp"

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

/// Roots that are wanted at one time. A friend who links what never existed fills this
/// list, not our memory; further unknown roots are noted when there is room again.
inline constexpr std::size_t max_wanted_roots = 4096;

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

    /// Their channel named these roots: they are wanted if they are not here.
    void on_tips(std::vector<target> const& roots);

    [[nodiscard]] bool has(target const& root) const;

    /// Roots of theirs to fetch, those named by the newest messages first, spread over
    /// history by skip links; at most `count`. What the caller is fetching already is
    /// among them: it filters.
    [[nodiscard]] std::vector<target> missing(std::size_t count) const;
    [[nodiscard]] std::size_t missing_count() const { return m_wanted.size(); }

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

    /// The newest root of theirs that is here together with everything it builds on;
    /// and those here that lie beyond it, newest first, at most `extra`.
    [[nodiscard]] std::optional<target> complete_root() const;
    [[nodiscard]] std::vector<target> beyond_complete(std::size_t extra) const;

    /// Messages of ours at and before `root` in our chain: all that they have read or
    /// received when they acknowledge it. Oldest first; empty for an unknown root.
    [[nodiscard]] std::vector<message_id> up_to(target const& root) const;
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
    using place = std::pair<unix_ms, message_id>;

    void want(target const& root, std::uint64_t rank);
    [[nodiscard]] bool is_complete(dag_message const& message) const;
    void settle(target const& root);
    void note_links(dag_message const& message);

    std::unordered_map<target, entry> m_messages;
    std::unordered_set<target> m_held;                         ///< assumed, not loaded
    std::map<place, target> m_order;                           ///< both chains
    std::map<std::uint64_t, target> m_ours;                    ///< by position
    std::unordered_map<target, std::uint64_t> m_wanted;        ///< rank: higher is fetched earlier
    std::unordered_map<target, std::vector<target>> m_waiting; ///< missing -> who links it
    std::optional<target> m_seen;
    std::optional<target> m_read_by_them;
};

} // namespace tau::messenger
