#pragma once

#include "overlay/engine.hpp"
#include "plugins/session/host.hpp"
#include "plugins/session/wake_timer.hpp"
#include "plugins/swarm/link_hub.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tau::plugins {

/// The swarm in which a wallet can be met.
[[nodiscard]] inline info_hash swarm_of(wallet_address const& who) {
    return {who.octets};
}

/// How a swarm is found and how large it may become here.
struct swarm_options {
    int max_connections = 8;             ///< few, as on a phone
    std::vector<std::string> trackers{}; ///< announce URLs; any BitTorrent tracker will do
    /// libtorrent announces in the DHT and connects to whom it finds there.
    bool in_dht = false;
    /// Connections are opened by connect() alone, and the others do not open any to us by
    /// themselves.
    bool is_chosen = false;
};

/// Swarms without a file on a libtorrent session, and the links that form in them.
///
/// A swarm is a torrent whose metadata nobody ever has; its info-hash is a wallet or a
/// topic. Works with a session of ours and, as guest, with anybody's: libtorrent's thread
/// copies and posts, and is reached through torrent_handle alone.
///
/// Source:    BEP 10, docs/wire/hello.md. Threading: tau thread.
/// Errors:    a swarm that cannot be added (its info-hash is a torrent of the host) has no links.
class swarm_plugin final : public overlay::connection_port {
public:
    /// All outlive the plugin.
    swarm_plugin(host& home, std::shared_ptr<clock_source const> clock, random_source& random,
                 identity::keyring const& keys, logger log = {});
    ~swarm_plugin() override;
    swarm_plugin(swarm_plugin const&) = delete;
    swarm_plugin& operator=(swarm_plugin const&) = delete;

    [[nodiscard]] overlay::engine& overlay() { return m_overlay; }

    /// Joining again changes the bound.
    void join(info_hash const& swarm, swarm_options options);
    void leave(info_hash const& swarm);
    [[nodiscard]] std::vector<info_hash> swarms() const;
    /// Opens a connection; nothing happens unless the swarm was joined.
    void connect(info_hash const& swarm, endpoint const& where);
    /// Opens a connection over uTP, whose socket has the port that the NATs know, to somebody
    /// who does the same at this moment. As a guest only if the client uses uTP.
    void punch(info_hash const& swarm, endpoint const& where);
    /// Announces us in the DHT; on_found() hears of who is there.
    void announce(info_hash const& swarm, std::uint16_t port);
    /// Members of a swarm that somebody in the DHT told of. As a guest only if the client
    /// lets libtorrent post what the DHT does.
    void on_found(std::function<void(info_hash const&, std::vector<endpoint> const&)> handler) {
        m_found = std::move(handler);
    }

    /// Called before gathered messages are sealed and sent, to add more.
    void before_flush(std::function<void(moment)> handler) { m_before_flush = std::move(handler); }
    /// Sends what was gathered, soon.
    void want_flush();
    /// Leaves all swarms; no observer is called after it.
    void stop();

    // overlay::connection_port
    void send(overlay::connection_id to, bytes packet) override;
    void close(overlay::connection_id which, overlay::closing how) override;

private:
    struct swarm_state {
        swarm_options options;
        std::optional<lt::torrent_handle> handle{};
        std::vector<endpoint> to_connect{};
    };

    void allow_utp();
    void end_utp();
    void route_alerts();
    void on_events();
    void perform(hub_event& event, moment now);
    void flush();
    void perform_output();

    host& m_host;
    std::shared_ptr<clock_source const> m_clock;
    overlay::engine m_overlay;
    wake_timer m_timer;
    boost::asio::steady_timer m_utp_timer;
    bool m_is_utp_for_now = false; ///< outgoing, by allow_utp()
    std::map<info_hash, swarm_state> m_swarms;
    std::function<void(moment)> m_before_flush{};
    std::function<void(info_hash const&, std::vector<endpoint> const&)> m_found{};
    bool m_flush_posted = false;
    std::shared_ptr<swarm_plugin*> m_alive;
    std::shared_ptr<link_hub> m_hub;
};

} // namespace tau::plugins
