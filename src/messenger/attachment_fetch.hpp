#pragma once

#include "core/clock.hpp"
#include "messenger/attachment_tree.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

namespace tau::messenger {

/// How a fetch paces itself. The window is the number of items asked for at one time; it
/// grows by one with each that comes, up to window_max, and halves on a failure.
struct fetch_settings {
    std::size_t window_start = 64;
    std::size_t window_max = 128;
    /// An item that was not answered in this time is asked for again.
    std::chrono::milliseconds item_timeout{5'000};
    /// Pause before a failed item is asked for again; doubles with each failure.
    std::chrono::milliseconds retry_pause{500};
    std::chrono::milliseconds retry_pause_max{30'000};
};

struct fetch_progress {
    std::uint64_t fetched_bytes = 0; ///< of content, verified leaf by leaf
    std::uint64_t total_bytes = 0;
};

/// Fetches a content tree: indexes first, then leaves in parallel, each verified.
///
/// A pure state machine. To resume, answer what next() names from the store before asking
/// the DHT; the same goes for items that came in an exchange. It never gives up by itself.
///
/// Source:    docs/wire/messages.md, "Content tree". Threading: one thread.
class attachment_fetch {
public:
    /// errc::invalid_argument or errc::too_large for a reference that no tree has.
    [[nodiscard]] static result<attachment_fetch> of(wire::content_ref ref,
                                                     fetch_settings settings = {});

    /// Targets to ask for now, within the window; each is then under way until on_value()
    /// or on_failed(), or item_timeout. Call again after each of these.
    [[nodiscard]] std::vector<target> next(time_point now);

    /// Offers the value of a target. errc::not_found if it is not wanted (any more),
    /// errc::invalid_checksum if it does not hash to its target (asked for again later).
    /// The error of failed() if the sender made a tree that cannot be.
    [[nodiscard]] error_code on_value(target const& what, byte_view value, time_point now);
    /// Nobody had it; it is asked for again after a pause.
    void on_failed(target const& what, time_point now);

    /// When next() must be called though nothing came; nullopt if it has nothing to wait for.
    [[nodiscard]] std::optional<time_point> wake_at() const;

    [[nodiscard]] fetch_progress progress() const;
    /// All leaves are here, or the tree is broken for good.
    [[nodiscard]] bool is_done() const;
    /// What broke the tree for good; success while there is hope.
    [[nodiscard]] error_code failed() const { return m_failed; }

    /// The content, once: errc::not_found before it is whole, errc::invalid_checksum if the
    /// whole does not have the SHA-256 that the sender signed, or the error of failed().
    [[nodiscard]] result<bytes> take();

    [[nodiscard]] std::size_t window() const { return m_window; }
    [[nodiscard]] std::size_t under_way() const { return m_asked.size(); }

private:
    struct wanted {
        tree_position where;
        unsigned failures = 0;
    };
    /// Upper levels first, then from the left.
    struct fetch_order {
        bool operator()(tree_position const& a, tree_position const& b) const {
            return a.level != b.level ? a.level > b.level : a.index < b.index;
        }
    };

    attachment_fetch(wire::content_ref ref, tree_shape shape, fetch_settings settings);

    void want(target const& what, tree_position where);
    void place(tree_position where, byte_view value);
    [[nodiscard]] error_code place_index(tree_position where, byte_view plain);
    void place_leaf(tree_position where, byte_view plain);
    void retry(target const& what, time_point asked, time_point now);
    void forget_request(target const& what);

    wire::content_ref m_ref;
    tree_shape m_shape;
    fetch_settings m_settings;
    std::size_t m_window;
    time_point m_last_cut{}; ///< one burst of losses halves the window once
    std::unordered_map<target, wanted> m_wanted;
    std::map<tree_position, target, fetch_order> m_ready; ///< to ask for
    std::unordered_map<target, time_point> m_asked;       ///< under way since
    std::multimap<time_point, target> m_later;            ///< failed; ready at that time
    bytes m_content;
    std::uint64_t m_fetched = 0;
    error_code m_failed;
};

} // namespace tau::messenger
