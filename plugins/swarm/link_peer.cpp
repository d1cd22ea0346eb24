#include "plugins/swarm/link_peer.hpp"

#include "plugins/swarm/no_delay.hpp"
#include "wire/hello.hpp"

#include <libtorrent/bdecode.hpp>
#include <libtorrent/entry.hpp>
#include <libtorrent/error_code.hpp>
#include <libtorrent/peer_connection_interface.hpp>
#include <libtorrent/peer_info.hpp>

#include <array>

namespace tau::plugins {
namespace {

constexpr int max_packet_bytes = static_cast<int>(wire::max_record_bytes) + 1;
constexpr char extended_message = 20; // BEP 10

std::array<char, 6> head_of(std::size_t packet, int id) {
    auto const length = static_cast<std::uint32_t>(packet + 2);
    return {static_cast<char>(length >> 24),
            static_cast<char>(length >> 16),
            static_cast<char>(length >> 8),
            static_cast<char>(length),
            extended_message,
            static_cast<char>(id)};
}

bool is_over_utp(lt::peer_connection_handle const& connection) {
    lt::peer_info info;
    connection.get_peer_info(info);
    return static_cast<bool>(info.flags & lt::peer_info::utp_socket);
}

class link_torrent final : public lt::torrent_plugin {
public:
    link_torrent(std::shared_ptr<link_hub> hub, info_hash const& swarm, port_rule rule)
        : m_hub(std::move(hub)), m_swarm(swarm), m_rule(rule) {}

    std::shared_ptr<lt::peer_plugin>
    new_connection(lt::peer_connection_handle const& connection) override {
        if (connection.type() != lt::connection_type::bittorrent)
            return nullptr;
        return std::make_shared<link_peer>(m_hub, m_swarm, m_rule, connection);
    }

private:
    std::shared_ptr<link_hub> m_hub;
    info_hash m_swarm;
    port_rule m_rule;
};

} // namespace

std::shared_ptr<lt::torrent_plugin> make_link_torrent(std::shared_ptr<link_hub> hub,
                                                      info_hash const& swarm, port_rule rule) {
    return std::make_shared<link_torrent>(std::move(hub), swarm, rule);
}

void link_peer::add_handshake(lt::entry& handshake) {
    handshake["m"][std::string(wire::link_extension)] = own_id;
    if (m_rule == port_rule::hidden)
        handshake.dict().erase("p");
}

bool link_peer::on_extension_handshake(lt::bdecode_node const& handshake) {
    auto const names = handshake.dict_find_dict("m");
    auto const id =
        names
            ? names.dict_find_int_value({wire::link_extension.data(), wire::link_extension.size()})
            : 0;
    if (id <= 0 || id > 255) {
        end();
        return false;
    }
    m_remote_id = static_cast<int>(id);
    if (m_id != 0)
        return true; // a handshake may come again
    m_id = m_hub->add_peer(weak_from_this());
    auto const& remote = m_connection.remote();
    if (!is_over_utp(m_connection))
        (void)send_without_delay(m_connection.local_endpoint(), remote);
    m_hub->push(peer_connected{m_id, m_swarm,
                               m_connection.is_outgoing() ? overlay::link_side::began
                                                          : overlay::link_side::accepted,
                               endpoint(remote.address(), remote.port())});
    return true;
}

bool link_peer::on_extended(int length, int id, lt::span<char const> body) {
    if (id != own_id)
        return false;
    if (length > max_packet_bytes || m_id == 0) {
        end();
        return true;
    }
    if (body.size() < length)
        return true; // called again with more of it
    m_hub->push(peer_packet{
        m_id, to_bytes(as_bytes({body.data(), static_cast<std::size_t>(body.size())}))});
    return true;
}

void link_peer::on_disconnect(lt::error_code const&) {
    if (m_id == 0)
        return;
    m_hub->remove_peer(m_id);
    m_hub->push(peer_closed{m_id});
    m_id = 0;
}

// A link is quiet most of the time, and no file will ever be of interest.
bool link_peer::can_disconnect(lt::error_code const& ec) {
    return m_remote_id == 0
           || (ec != lt::errors::timed_out_inactivity && ec != lt::errors::timed_out_no_interest
               && ec != lt::errors::uninteresting_upload_peer
               && ec != lt::errors::upload_upload_connection);
}

void link_peer::send(bytes const& packet) {
    if (m_remote_id == 0 || m_connection.is_disconnecting())
        return;
    auto const head = head_of(packet.size(), m_remote_id);
    std::vector<char> buffer(head.begin(), head.end());
    buffer.insert(buffer.end(), packet.begin(), packet.end());
    m_connection.send_buffer(buffer.data(), static_cast<int>(buffer.size()));
}

void link_peer::end(overlay::closing how) {
    if (m_connection.is_disconnecting())
        return;
    // After a few failures libtorrent leaves an address alone.
    auto const severity = how == overlay::closing::unwanted ? lt::peer_connection_interface::failure
                                                            : lt::peer_connection_interface::normal;
    m_connection.disconnect(lt::errors::make_error_code(lt::errors::optimistic_disconnect),
                            lt::operation_t::bittorrent, severity);
}

} // namespace tau::plugins
