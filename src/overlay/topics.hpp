#pragma once

#include "core/rate_limiter.hpp"
#include "core/seen_set.hpp"
#include "identity/keyring.hpp"
#include "overlay/handshake.hpp"
#include "overlay/post_spread.hpp"
#include "overlay/topic_members.hpp"
#include "wire/topic_post.hpp"

#include <functional>
#include <map>
#include <set>
#include <string>

namespace tau::overlay {

/// The info-hash of a topic: 40 hexadecimal digits as they are, else SHA-1 of the name.
[[nodiscard]] info_hash topic_hash(std::string_view name);

struct topic_counts {
    std::uint64_t posts = 0;   ///< taken, our own included
    std::uint64_t copies = 0;  ///< that were here already
    std::uint64_t refused = 0; ///< malformed, forged, stale, too many, or of a topic not joined
};

/// What members of topics say: signed by its author, checked by each member, passed on
/// once; and the links among the members.
///
/// Nobody can make a member pass on more than a few posts a second: there is a budget
/// for each author and for each neighbour.
///
/// Source:    docs/wire/topics.md. Threading: tau thread. Errors: counted.
class topics {
public:
    static constexpr double posts_per_author = 2; ///< a second
    static constexpr double author_burst = 10;
    /// A neighbour may bring what all authors say.
    static constexpr double posts_per_neighbour = 50; ///< a second
    static constexpr double neighbour_burst = 500;
    static constexpr double notes_per_neighbour = 200; ///< a second; all that is no post
    static constexpr double notes_burst = 2000;
    /// Octets of posts that a neighbour gets for the asking, a second.
    static constexpr double pulled_per_neighbour = 128 * 1024;
    static constexpr double pulled_burst = 1024 * 1024;
    /// A post of another time is not news, or of a wrong clock.
    static constexpr std::chrono::minutes max_age{10};
    static constexpr std::size_t remembered_posts = 1 << 14; ///< so that each is taken once

    /// `keys`, `random` and `port` outlive it.
    topics(identity::keyring const& keys, random_source& random, topic_port& port,
           member_limits limits = {});

    void join(info_hash const& topic, moment now);
    void leave(info_hash const& topic) { m_topics.erase(topic); }
    [[nodiscard]] bool is_joined(info_hash const& topic) const { return m_topics.contains(topic); }
    /// Signs and sends. errc::not_found unless joined, errc::rate_limited, errc::too_large,
    /// errc::invalid_encoding, errc::invalid_argument.
    [[nodiscard]] result<wire::topic_post> say(info_hash const& topic, std::string name,
                                               std::string text, moment now);

    /// A link has a connection in the topic's swarm, or has none any more.
    void on_member(info_hash const& topic, wallet_address const& who, bool is_up, moment now);
    /// True if the message is one of ours.
    bool on_message(link_identity const& from, wire::link_message const& what, moment now);
    /// Addresses where members are said to be.
    void on_candidates(info_hash const& topic, std::vector<endpoint> const& found, moment now);

    /// Told of each post once, our own included.
    void on_post(std::function<void(wire::topic_post const&)> handler) {
        m_told = std::move(handler);
    }
    /// Called when wake_at() may have become earlier.
    void on_wake(std::function<void()> handler) { m_wake = std::move(handler); }
    [[nodiscard]] std::optional<time_point> wake_at() const;
    void on_time(moment now);

    /// Members that we are linked with and mean to keep.
    [[nodiscard]] std::size_t members_of(info_hash const& topic) const;
    [[nodiscard]] std::set<wallet_address> pushers_of(info_hash const& topic) const;
    [[nodiscard]] topic_counts const& counts() const { return m_counts; }

private:
    struct joined {
        topic_members members;
        post_spread spread;
    };

    void take_post(link_identity const& from, byte_view body, moment now);
    void take_have(link_identity const& from, byte_view body, moment now);
    void take_pull(link_identity const& from, byte_view body, moment now);
    template <class Message, class Take>
    void take_note(result<Message> const& note, link_identity const& from, Take take, moment now);
    [[nodiscard]] error_code check(wire::topic_post const& post, link_identity const& from,
                                   moment now);
    void settle(joined& topic, moment now);
    [[nodiscard]] joined* find(info_hash const& topic);

    identity::keyring const& m_keys;
    random_source& m_random;
    topic_port& m_port;
    member_limits m_limits;
    std::map<info_hash, joined> m_topics;
    seen_set<wire::post_id> m_seen{remembered_posts};
    rate_limiter<public_key> m_authors;
    rate_limiter<wallet_address> m_neighbours;
    rate_limiter<wallet_address> m_notes;
    rate_limiter<wallet_address> m_pulled;
    std::function<void(wire::topic_post const&)> m_told{};
    std::function<void()> m_wake{};
    topic_counts m_counts{};
    std::int64_t m_last_time = 0;
};

} // namespace tau::overlay
