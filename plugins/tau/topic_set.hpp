#pragma once

#include "overlay/reach_book.hpp"
#include "overlay/topics.hpp"
#include "plugins/session/wake_timer.hpp"
#include "plugins/swarm/swarm_plugin.hpp"

#include <set>
#include <string>
#include <vector>

namespace tau {

/// Topics on a session: their swarms, and overlay::topics with its timer.
///
/// Threading: tau thread. Errors: by value.
class topic_set final : public overlay::topic_port {
public:
    /// Connections of a topic's swarm beyond its links, for those that come and go.
    static constexpr int spare_connections = 4;

    /// All outlive it. `base` is what every topic's swarm is made with; `finds_itself` leaves
    /// the search for members in the DHT to libtorrent, as a guest must.
    topic_set(boost::asio::io_context& context, clock_source const& clock, random_source& random,
              identity::keyring const& keys, plugins::swarm_plugin& swarm,
              overlay::reach_book const& reach, plugins::swarm_options base, bool finds_itself);
    ~topic_set() override;
    topic_set(topic_set const&) = delete;
    topic_set& operator=(topic_set const&) = delete;

    /// Where the session listens, to be announced.
    void set_port(std::uint16_t port) { m_port = port; }
    /// False if it was joined already.
    bool join(info_hash const& topic);
    /// False if it was not joined.
    bool leave(info_hash const& topic);
    [[nodiscard]] std::set<info_hash> const& joined() const { return m_joined; }
    [[nodiscard]] overlay::topics& logic() { return m_logic; }
    void stop();

    // overlay::topic_port
    void send(wallet_address const& to, wire::link_kind kind, byte_view body) override;
    void part(info_hash const& topic, wallet_address const& who) override;
    void connect(info_hash const& topic, endpoint const& where) override;
    void find_members(info_hash const& topic) override;
    [[nodiscard]] std::optional<endpoint> endpoint_of(wallet_address const& who) const override;

private:
    boost::asio::io_context& m_context;
    clock_source const& m_clock;
    plugins::swarm_plugin& m_swarm;
    overlay::reach_book const& m_reach;
    plugins::swarm_options m_options;
    std::uint16_t m_port = 0;
    std::set<info_hash> m_joined;
    overlay::topics m_logic;
    plugins::wake_timer m_timer;
    std::shared_ptr<topic_set*> m_alive = std::make_shared<topic_set*>(this);
};

} // namespace tau
