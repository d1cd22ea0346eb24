#pragma once

#include "core/clock.hpp"
#include "overlay/topic_port.hpp"
#include "wire/topic_link.hpp"

#include <deque>
#include <map>
#include <set>
#include <vector>

namespace tau::overlay {

/// How the posts of one topic travel among the linked members.
///
/// A few neighbours, chosen alike by both ends, get and send whole posts; the others only
/// hear the ids, and ask for a post that they heard of but did not get in time. So a
/// post comes at most once from each of the few, however many links there are, and a
/// hole in the network of the few is closed by who noticed it.
///
/// Source:    docs/wire/topics.md, "Spreading"; in the manner of Plumtree (Leitao, Pereira,
///            Rodrigues 2007), with a bounded degree instead of a tree.
/// Threading: tau thread. Errors: none; what makes no sense is ignored.
class post_spread {
public:
    /// Neighbours that exchange whole posts with us, hence copies of one post.
    static constexpr std::size_t max_pushers = 3;
    /// From the first word of a post until it is asked for: long where all pushers may be
    /// about to bring it, short where there are fewer and one copy more does no harm.
    static constexpr std::chrono::milliseconds pull_pause{400};
    static constexpr std::chrono::milliseconds short_pull_pause{200};
    /// From a question on, until the next one who has it is asked.
    static constexpr std::chrono::milliseconds pull_again{1000};
    /// A question that is due this long already: we were held up, and the post may be among
    /// what waits to be read. Once, it is given `read_pause` more.
    static constexpr std::chrono::milliseconds held_up{50};
    static constexpr std::chrono::milliseconds read_pause{100};
    /// Between two replacements of a pusher that is too slow.
    static constexpr std::chrono::seconds swap_pause{2};
    /// A neighbour that had no room is asked again after this.
    static constexpr std::chrono::seconds ask_pause{10};
    static constexpr std::size_t kept_posts = 256;        ///< to answer questions with
    static constexpr std::size_t kept_bytes = 512 * 1024; ///< of them
    static constexpr std::size_t max_missing = 512;
    static constexpr std::size_t max_holders = 4; ///< remembered of one missing post
    static constexpr std::size_t max_asked = 8;   ///< questions for one post
    /// Posts that a new neighbour is told of.
    static constexpr std::size_t told_at_start = 32;

    post_spread(info_hash const& topic, topic_port& port) : m_topic(topic), m_port(port) {}

    void on_member(wallet_address const& who, bool is_up, moment now);
    /// A new post, from a neighbour or ours: passes it on.
    void publish(wire::post_id const& id, byte_view body, std::optional<wallet_address> const& from,
                 moment now);
    /// A post that was here already, sent by `from`.
    void on_copy(wallet_address const& from);
    /// A post that nobody should ask for any more.
    void forget(wire::post_id const& id) { m_missing.erase(id); }
    /// Ids that are neither here nor refused for good; `is_known` tells.
    void on_have(wallet_address const& from, std::vector<wire::post_id> const& unknown, moment now);
    /// Answers by sending the posts that are here; at most `room` octets of them.
    void on_pull(wallet_address const& from, wire::topic_pull const& what, std::size_t room,
                 moment now);

    [[nodiscard]] std::optional<time_point> wake_at() const;
    void on_time(moment now);
    [[nodiscard]] std::set<wallet_address> pushers() const;

private:
    enum class pushing { no, asked, yes };
    struct neighbour {
        pushing state = pushing::no;       ///< whole posts, both ways
        std::uint32_t late = 0;            ///< copies that came second
        std::optional<time_point> asked{}; ///< when it was asked to push, or refused
    };
    struct missing {
        time_point due;
        std::deque<wallet_address> holders;
        std::size_t asked = 0; ///< how often
        bool is_late = false;  ///< given more time, since we were held up
    };

    void pull(wallet_address const& from, wire::push_mode mode, std::vector<wire::post_id> ids);
    void seek_pushers(moment now);
    void pull_missing(moment now);
    void read_first(moment now);
    void stop_pushing(wallet_address const& who);
    void drop_slowest(wallet_address const& except);
    void on_mode(wallet_address const& from, neighbour& n, wire::push_mode mode, moment now);
    [[nodiscard]] bool is_full() const;
    [[nodiscard]] wire::push_mode mode_of_pull(wallet_address const& holder, moment now);
    void announce(wallet_address const& to, std::vector<wire::post_id> ids);

    info_hash m_topic;
    topic_port& m_port;
    std::map<wallet_address, neighbour> m_neighbours;
    std::map<wire::post_id, bytes> m_posts;
    std::deque<wire::post_id> m_order; ///< of m_posts, the oldest first
    std::size_t m_bytes = 0;
    std::map<wire::post_id, missing> m_missing;
    std::optional<time_point> m_pull_at{}; ///< not after the first of them is due
    std::optional<time_point> m_swapped{};
    std::optional<time_point> m_seek{};
};

} // namespace tau::overlay
