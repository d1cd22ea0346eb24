#pragma once

#include "core/random.hpp"
#include "core/rate_limiter.hpp"
#include "identity/keyring.hpp"
#include "overlay/tracker_port.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace tau::overlay {

/// What presence tells the layers beside it.
struct presence_observer {
    std::function<void(info_hash const&, std::vector<endpoint> const&)> on_peers{};
    /// Paths of one tracker; without any, once all trackers know none.
    std::function<void(wallet_address const& target, std::vector<wire::hop_path> const&)>
        on_route{};
};

/// One tracker as a user sees it.
struct tracker_view {
    std::string name;
    bool answers = false;
    bool knows_links = false; ///< answered the last question about links or routes
    std::string problem;      ///< empty while it answers
    std::optional<unix_ms> last_answer{};
};

/// Keeps us known to our trackers: announces our wallet and our topics, reports links as
/// they come and go, and asks for routes.
///
/// Each tracker is a world of its own: it is asked all, believed for what it says, and
/// left alone for longer and longer while it is silent. One that takes announces and knows
/// no links is a stock tracker: it is told of links and asked for routes as seldom as one
/// that is silent, in case it learns. Link changes are gathered for a moment, with jitter,
/// so that a node that lost its network does not storm them.
///
/// Source:    docs/wire/tracker.md. Threading: tau thread. Errors: shown in trackers().
class presence {
public:
    static constexpr std::chrono::seconds default_interval{240};
    static constexpr std::chrono::seconds retry_last{120};
    /// A new announce is repeated soon: who came just after us announced later.
    static constexpr std::array<std::chrono::seconds, 3> early{
        std::chrono::seconds{2}, std::chrono::seconds{6}, std::chrono::seconds{20}};
    static constexpr std::chrono::milliseconds link_pause_min{50};
    static constexpr std::chrono::milliseconds link_pause_max{150};
    static constexpr double routes_per_second = 20;
    /// After a refusal of links or routes, doubling up to retry_last; after silence.
    static constexpr std::chrono::milliseconds refused_first{250};
    static constexpr std::chrono::milliseconds silent_first{2000};

    /// `keys`, `random` and `port` outlive it.
    presence(identity::keyring const& keys, random_source& random, tracker_port& port);

    void observe(presence_observer observer) { m_observer = std::move(observer); }
    /// Called when wake_at() may have become earlier.
    void on_wake(std::function<void()> handler) { m_wake = std::move(handler); }
    void on_clock(std::function<moment()> clock) { m_clock = std::move(clock); }

    /// Where peers reach us; 0: nowhere. Announces begin with the first call.
    void set_port(std::uint16_t port, bool accepts, moment now);
    void join(info_hash const& topic, moment now);
    void leave(info_hash const& topic, moment now);
    void on_link(wallet_address const& who, bool is_up, moment now);
    /// Answers by on_route.
    void ask_route(wallet_address const& target, moment now);
    /// Says goodbye to all trackers.
    void stop(moment now);

    [[nodiscard]] std::optional<time_point> wake_at() const;
    void on_time(moment now);
    [[nodiscard]] std::vector<tracker_view> trackers() const;

private:
    struct swarm_state {
        time_point due{};
        std::size_t announced = 0; ///< answers so far
        std::size_t failures = 0;  ///< since the last answer
        bool is_asking = false;
    };
    struct tracker_state {
        std::map<info_hash, swarm_state> swarms;
        std::map<wallet_address, bool> changes; ///< true claims
        std::optional<time_point> changes_due{};
        bool is_telling = false;
        std::size_t unanswered = 0; ///< questions about links and routes, in a row
        time_point ask_again{};     ///< none of them before
        bool knows_links = false;
        bool answers = false;
        std::string problem{};
        std::optional<unix_ms> last_answer{};
        std::chrono::milliseconds ahead{0}; ///< its clock before ours
    };

    [[nodiscard]] wire::announce_request
    signed_request(std::size_t tracker, wire::wallet_action action, info_hash const& hash,
                   std::vector<wire::link_change> changes, wire::announce_event event, moment now);
    void announce(std::size_t tracker, info_hash const& hash, moment now);
    void on_announced(std::size_t tracker, info_hash const& hash,
                      result<tracker_reply> const& reply);
    void tell_links(std::size_t tracker, moment now);
    void schedule_links(tracker_state& t, moment now);
    void note(tracker_state& t, result<tracker_reply> const& reply, moment now);
    void note_own_action(tracker_state& t, result<tracker_reply> const& reply, moment now);
    void on_route_reply(wallet_address const& target, result<tracker_reply> const& reply);
    [[nodiscard]] info_hash own_hash() const { return {m_keys.wallet().octets}; }

    identity::keyring const& m_keys;
    random_source& m_random;
    tracker_port& m_port;
    presence_observer m_observer{};
    std::function<void()> m_wake{};
    std::function<moment()> m_clock{};
    wire::peer_id m_id;
    std::optional<std::uint16_t> m_listen{};
    bool m_accepts = false;
    std::set<info_hash> m_topics;
    std::set<wallet_address> m_links;
    std::vector<tracker_state> m_trackers;
    std::map<wallet_address, std::size_t> m_routes; ///< target -> answers outstanding
    std::set<wallet_address> m_routes_found;
    rate_limiter<int> m_route_budget;
    std::int64_t m_last_time = 0;
    std::shared_ptr<int> m_alive = std::make_shared<int>(0);
};

} // namespace tau::overlay
