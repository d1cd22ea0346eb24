#pragma once

#include "core/random.hpp"
#include "core/rate_limiter.hpp"
#include "core/seen_set.hpp"
#include "overlay/engine.hpp"
#include "wire/topic_post.hpp"

#include <functional>
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
/// once to the members it did not come from.
///
/// Nobody can make a member pass on more than a few posts a second: there is a budget
/// for each author and for each neighbour.
///
/// Source:    docs/wire/forward.md, "Posts". Threading: tau thread. Errors: counted.
class topics {
public:
    static constexpr double posts_per_author = 2; ///< a second
    static constexpr double author_burst = 10;
    static constexpr double posts_per_neighbour = 20; ///< a second
    static constexpr double neighbour_burst = 100;
    /// A post of another time is not news, or of a wrong clock.
    static constexpr std::chrono::minutes max_age{10};

    topics(identity::keyring const& keys, engine& links);

    void join(info_hash const& topic) { m_joined.insert(topic); }
    void leave(info_hash const& topic) { m_joined.erase(topic); }
    /// Signs and sends. errc::not_found unless joined, errc::rate_limited, errc::too_large,
    /// errc::invalid_encoding, errc::invalid_argument.
    [[nodiscard]] result<wire::topic_post> say(info_hash const& topic, std::string name,
                                               std::string text, moment now);
    void on_message(link_identity const& from, byte_view body, moment now);
    /// Told of each post once, our own included.
    void on_post(std::function<void(wire::topic_post const&)> handler) { m_told = handler; }
    [[nodiscard]] topic_counts const& counts() const { return m_counts; }

private:
    void pass_on(wire::topic_post const& post, byte_view body,
                 std::optional<wallet_address> const& except);

    identity::keyring const& m_keys;
    engine& m_links;
    std::set<info_hash> m_joined;
    seen_set<signature> m_seen{1 << 14};
    rate_limiter<public_key> m_authors;
    rate_limiter<wallet_address> m_neighbours;
    std::function<void(wire::topic_post const&)> m_told{};
    topic_counts m_counts{};
    std::int64_t m_last_time = 0;
};

} // namespace tau::overlay
