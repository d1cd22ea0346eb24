#pragma once

#include "plugins/swarm/link_hub.hpp"

namespace tau::plugins {

/// One connection of a swarm of ours: speaks the extension `tau_link` (BEP 10).
///
/// It sends nothing before the other side's handshake listed the extension, as
/// libtorrent ends a connection over an unknown one, and ends connections with clients that
/// do not know it: they would take the few places there are.
/// Threading: libtorrent's thread. Nothing throws.
class link_peer final : public lt::peer_plugin, public std::enable_shared_from_this<link_peer> {
public:
    /// Our id for the extension; above what stock clients use.
    static constexpr int own_id = 47;

    link_peer(std::shared_ptr<link_hub> hub, info_hash const& swarm, port_rule rule,
              lt::peer_connection_handle const& connection)
        : m_hub(std::move(hub)), m_swarm(swarm), m_rule(rule), m_connection(connection) {}

    lt::string_view type() const override { return "tau_link"; }
    void add_handshake(lt::entry& handshake) override;
    bool on_extension_handshake(lt::bdecode_node const& handshake) override;
    bool on_extended(int length, int id, lt::span<char const> body) override;
    void on_disconnect(lt::error_code const& ec) override;
    bool can_disconnect(lt::error_code const& ec) override;

    void send(bytes const& packet);
    void end(overlay::closing how = overlay::closing::normal);

private:
    std::shared_ptr<link_hub> m_hub;
    info_hash m_swarm;
    port_rule m_rule;
    lt::peer_connection_handle m_connection;
    overlay::connection_id m_id = 0; // 0: not told of
    int m_remote_id = 0;
};

} // namespace tau::plugins
