#pragma once

#include "core/bytes.hpp"
#include "core/endpoint.hpp"
#include "overlay/engine.hpp"

#include <libtorrent/extensions.hpp>
#include <libtorrent/peer_connection_handle.hpp>
#include <libtorrent/torrent_handle.hpp>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <variant>
#include <vector>

namespace tau::plugins {

/// What libtorrent's thread tells the tau thread.
struct torrent_added {
    info_hash swarm;
    lt::torrent_handle handle;
};
struct peer_connected {
    overlay::connection_id id;
    info_hash swarm;
    overlay::link_side side;
    endpoint remote;
};
struct peer_packet {
    overlay::connection_id id;
    bytes packet;
};
struct peer_closed {
    overlay::connection_id id;
};
using hub_event = std::variant<torrent_added, peer_connected, peer_packet, peer_closed>;

class link_peer;

/// Where libtorrent's thread and the tau thread meet: events one way, packets the other.
///
/// As owner both are one thread, and the lock is never waited for. libtorrent's objects
/// hold the hub; after close() it takes and gives nothing.
/// Threading: each function says.
class link_hub : public std::enable_shared_from_this<link_hub> {
public:
    /// `notify` is called, on libtorrent's thread, when the first event of a batch waits.
    explicit link_hub(std::function<void()> notify) : m_notify(std::move(notify)) {}

    // Tau thread.
    [[nodiscard]] std::vector<hub_event> take_events();
    void send(overlay::connection_id id, bytes packet);
    void close(overlay::connection_id id, overlay::closing how);
    [[nodiscard]] bool has_output() const;
    /// No more events.
    void shut();

    // libtorrent's thread.
    void push(hub_event event);
    [[nodiscard]] overlay::connection_id add_peer(std::weak_ptr<link_peer> peer);
    void remove_peer(overlay::connection_id id);
    /// Hands what send() and close() gathered to the connections.
    void perform_output();

private:
    struct output {
        overlay::connection_id id;
        bytes packet;
        std::optional<overlay::closing> closing{};
    };

    mutable std::mutex m_mutex;
    std::function<void()> m_notify;
    std::vector<hub_event> m_events;
    std::vector<output> m_output;
    bool m_shut = false;
    // libtorrent's thread only.
    std::map<overlay::connection_id, std::weak_ptr<link_peer>> m_peers;
    overlay::connection_id m_last_id = 0;
};

/// Whether the other end of a connection learns our port, and with it may open one by itself.
enum class port_rule { told, hidden };

/// The torrent plugin of a swarm of ours: gives each connection a link_peer.
[[nodiscard]] std::shared_ptr<lt::torrent_plugin>
make_link_torrent(std::shared_ptr<link_hub> hub, info_hash const& swarm, port_rule rule);

} // namespace tau::plugins
