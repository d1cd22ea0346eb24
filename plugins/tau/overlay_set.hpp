#pragma once

#include "plugins/forward/forward_plugin.hpp"
#include "plugins/presence/presence_plugin.hpp"
#include "plugins/swarm/swarm_plugin.hpp"
#include "plugins/tau/approach.hpp"
#include "plugins/tau/topic_set.hpp"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace tau {

struct overlay_options {
    /// Asked for routes and told of links; null: none. Outlives the plugin set.
    overlay::tracker_port* trackers = nullptr;
    /// Announce URLs for the swarms' torrents; any BitTorrent tracker will do.
    std::vector<std::string> tracker_urls{};
    int max_connections = 8;    ///< links in one topic, or connections of another swarm
    bool wallet_in_dht = false; ///< announce the own wallet in the DHT: shows where we are
    dial_rule dial = dial_rule::when_accepted;
    forward::engine_settings forward{};
};

/// Who is told of what happens in the overlay; each may be empty.
struct overlay_observer {
    std::function<void(forward::arrival const&)> on_arrival{};
    std::function<void(forward::acknowledged const&)> on_acknowledged{};
    std::function<void(hash256 const&)> on_expired{};
    std::function<void(overlay::link_identity const&, bool is_up)> on_link{};
    std::function<void(wire::topic_post const&)> on_post{};
};

/// Swarms, presence and forwarding of one identity on one session, tied together.
///
/// Threading: tau thread. Errors: by value.
class overlay_set {
public:
    overlay_set(plugins::host& home, std::shared_ptr<clock_source const> clock,
                random_source& random, identity::keyring const& keys, overlay_options options,
                logger log = {});
    ~overlay_set();
    overlay_set(overlay_set const&) = delete;
    overlay_set& operator=(overlay_set const&) = delete;

    void observe(overlay_observer observer) { m_observer = std::move(observer); }

    /// Begins to be reachable: joins the swarm of the own wallet, announces to trackers.
    /// `port`: where the session listens.
    void start(std::uint16_t port);
    /// Says goodbye to the trackers and leaves all swarms.
    void stop();

    /// Where neighbours are told that we can be met; start() tells the port.
    void set_reach(wire::reach const& own);

    void join_topic(info_hash const& topic);
    void leave_topic(info_hash const& topic);
    /// Tries a member of a joined swarm at an address that somebody told.
    void meet(info_hash const& swarm, endpoint const& where) { m_swarm.connect(swarm, where); }
    [[nodiscard]] std::set<info_hash> const& joined_topics() const { return m_topics.joined(); }
    [[nodiscard]] result<wire::topic_post> say(info_hash const& topic, std::string name,
                                               std::string text);

    /// Sends sealed octets; see forward::engine::send().
    [[nodiscard]] error_code send(forward::engine::outgoing what);
    void release(hash256 const& id) { m_forward.engine().cancel(id); }
    void accept(hash256 const& id);
    void decline(hash256 const& id);

    /// Asks the trackers; answers once: with the first paths that come, or without any.
    using route_handler = std::function<void(std::vector<wire::hop_path> const&)>;
    void route(wallet_address const& whom, route_handler done);
    /// Times the way to each hop of `path` and back; nullopt for one that does not answer.
    using times_handler = std::function<void(std::vector<std::optional<duration>>)>;
    void time_hops(forward::wallet_path const& path, times_handler done);
    /// Whom somebody far says it is linked with; see forward::engine::on_far_links().
    void on_far_links(wallet_address const& of, std::vector<wallet_address> links,
                      duration good_for);
    /// Whether others may learn of our links.
    [[nodiscard]] bool tells_links() const { return m_options.forward.tell_links; }
    /// Meets a wallet in its own swarm, at `where` if given.
    void dial(wallet_address const& who, std::optional<endpoint> where) {
        m_approach.dial(who, where);
    }
    /// Tries to become linked with somebody whom messages reach over others; now and then.
    void come_near(wallet_address const& who);

    /// Wallets whom we do not meet; keys are refused by links().
    void refuse(std::function<bool(wallet_address const&)> is_refused) {
        m_approach.refuse(std::move(is_refused));
    }

    [[nodiscard]] overlay::engine& links() { return m_swarm.overlay(); }
    [[nodiscard]] forward::engine& forwarding() { return m_forward.engine(); }
    [[nodiscard]] overlay::presence& presence() { return m_presence.logic(); }
    [[nodiscard]] overlay::topics& topics() { return m_topics.logic(); }
    [[nodiscard]] moment now() const { return m_clock->now(); }
    /// Runs `work` on the tau thread, soon.
    void post(std::function<void()> work);

private:
    [[nodiscard]] plugins::swarm_options options_of_swarm() const;
    [[nodiscard]] plugins::swarm_options options_of_topics() const;
    void ask_introduction(wallet_address const& who);
    void tie_links();
    void tie_forwarding();
    void tie_presence();
    [[nodiscard]] std::optional<public_key> key_of(wallet_address const& who);
    void on_route(wallet_address const& whom, std::vector<wire::hop_path> const& paths);
    void on_peers(info_hash const& swarm, std::vector<endpoint> const& peers);

    boost::asio::io_context& m_context;
    identity::keyring const& m_keys;
    std::shared_ptr<clock_source const> m_clock;
    overlay_options m_options;
    overlay_observer m_observer{};
    plugins::swarm_plugin m_swarm;
    overlay::reach_book m_reach;
    topic_set m_topics;
    approach m_approach;
    rate_limiter<wallet_address> m_approached;
    std::set<wallet_address> m_approaching; ///< trackers are asked for a way to them
    plugins::presence_plugin m_presence;
    plugins::forward_plugin m_forward;
    std::multimap<wallet_address, route_handler> m_route_questions;
    std::map<wallet_address, public_key> m_hop_keys; ///< as trackers told
    std::shared_ptr<overlay_set*> m_alive = std::make_shared<overlay_set*>(this);
    bool m_started = false;
    bool m_stopped = false;
};

} // namespace tau
