#include "plugins/swarm/swarm_plugin.hpp"

#include <libtorrent/add_torrent_params.hpp>
#include <libtorrent/alert_types.hpp>
#include <libtorrent/kademlia/announce_flags.hpp>
#include <libtorrent/peer_info.hpp>
#include <libtorrent/session_handle.hpp>
#include <libtorrent/settings_pack.hpp>

#include <utility>

namespace tau::plugins {
namespace {

// Peers of a swarm that wait for its torrent; more are dropped.
constexpr std::size_t max_waiting_peers = 64;
// For which outgoing connections may be over uTP; the one that is meant begins at once.
constexpr std::chrono::seconds utp_time{5};

lt::add_torrent_params params_of(info_hash const& swarm, swarm_options const& options,
                                 std::shared_ptr<link_hub> hub) {
    lt::add_torrent_params out;
    out.info_hashes = lt::info_hash_t(lt::sha1_hash(as_text(swarm.view()).data()));
    out.save_path = "/nonexistent"; // no octet of a file ever comes
    // Members telling each other of members would make a full mesh of every swarm.
    out.flags = lt::torrent_flags::disable_pex;
    if (!options.in_dht)
        out.flags |= lt::torrent_flags::disable_dht | lt::torrent_flags::disable_lsd;
    out.max_connections = options.max_connections;
    out.trackers = options.trackers;
    for (std::size_t i = 0; i < options.trackers.size(); ++i)
        out.tracker_tiers.push_back(static_cast<int>(i));
    auto const rule = options.is_chosen ? port_rule::hidden : port_rule::told;
    out.extensions.push_back(
        [hub, swarm, rule](lt::torrent_handle const& handle, lt::client_data_t) {
            hub->push(torrent_added{swarm, handle});
            return make_link_torrent(hub, swarm, rule);
        });
    return out;
}

struct found_members {
    info_hash swarm;
    std::vector<endpoint> members;
};

std::optional<found_members> found_of(lt::dht_get_peers_reply_alert const& alert) {
    found_members out;
    std::copy(alert.info_hash.begin(), alert.info_hash.end(), out.swarm.octets.begin());
    for (auto const& peer : alert.peers())
        out.members.emplace_back(peer.address(), peer.port());
    return out;
}

} // namespace

swarm_plugin::swarm_plugin(host& home, std::shared_ptr<clock_source const> clock,
                           random_source& random, identity::keyring const& keys, logger log)
    : m_host(home), m_clock(std::move(clock)),
      m_overlay(keys, random, *this, m_clock->now().wall, std::move(log)),
      m_timer(
          home.context(), *m_clock, [this] { return m_overlay.wake_at(); },
          [this](moment now) {
              m_overlay.on_time(now);
              want_flush();
          }),
      m_utp_timer(home.context()), m_alive(std::make_shared<swarm_plugin*>(this)),
      m_hub(std::make_shared<link_hub>([&context = home.context(), alive = m_alive] {
          boost::asio::post(context, [alive] {
              if (auto* const self = *alive)
                  self->on_events();
          });
      })) {
    m_overlay.on_gathered([this] { want_flush(); });
    route_alerts();
}

void swarm_plugin::route_alerts() {
    m_host.alerts().route<lt::dht_get_peers_reply_alert>(
        [](lt::dht_get_peers_reply_alert const& alert) { return found_of(alert); },
        [alive = m_alive](found_members const& found) {
            auto* const self = *alive;
            if (self != nullptr && self->m_found && self->m_swarms.contains(found.swarm))
                self->m_found(found.swarm, found.members);
        });
}

swarm_plugin::~swarm_plugin() {
    stop();
}

void swarm_plugin::stop() {
    if (*m_alive == nullptr)
        return;
    *m_alive = nullptr;
    m_hub->shut();
    m_timer.stop();
    m_utp_timer.cancel();
    for (auto const& [swarm, state] : m_swarms)
        if (state.handle)
            (void)m_host.call(
                [&](lt::session_handle& session) { session.remove_torrent(*state.handle); });
    m_swarms.clear();
}

void swarm_plugin::join(info_hash const& swarm, swarm_options options) {
    auto const [at, is_new] = m_swarms.try_emplace(swarm);
    at->second.options = options;
    if (!is_new) {
        if (at->second.handle)
            (void)m_host.call([&](lt::session_handle&) {
                at->second.handle->set_max_connections(options.max_connections);
            });
        return;
    }
    (void)m_host.call([&](lt::session_handle& session) {
        session.async_add_torrent(params_of(swarm, options, m_hub));
    });
}

void swarm_plugin::leave(info_hash const& swarm) {
    auto const found = m_swarms.find(swarm);
    if (found == m_swarms.end())
        return;
    if (found->second.handle)
        (void)m_host.call(
            [&](lt::session_handle& session) { session.remove_torrent(*found->second.handle); });
    m_swarms.erase(found);
}

std::vector<info_hash> swarm_plugin::swarms() const {
    std::vector<info_hash> out;
    for (auto const& [swarm, state] : m_swarms)
        out.push_back(swarm);
    return out;
}

void swarm_plugin::connect(info_hash const& swarm, endpoint const& where) {
    auto const found = m_swarms.find(swarm);
    if (found == m_swarms.end() || where.port() == 0)
        return;
    if (found->second.handle)
        (void)m_host.call([&](lt::session_handle&) {
            // TCP: it is faster than uTP, and notices at once that the other end died.
            // As from a tracker: what failed before does not count.
            found->second.handle->connect_peer({where.address(), where.port()},
                                               lt::peer_info::tracker, {});
        });
    else if (found->second.to_connect.size() < max_waiting_peers)
        found->second.to_connect.push_back(where);
}

void swarm_plugin::punch(info_hash const& swarm, endpoint const& where) {
    if (m_host.is_owner()) {
        allow_utp();
        m_utp_timer.expires_after(utp_time);
        m_utp_timer.async_wait([alive = m_alive](error_code ec) {
            auto* const self = *alive;
            bool const is_over =
                self != nullptr
                && self->m_utp_timer.expiry() <= boost::asio::steady_timer::clock_type::now();
            if (!ec && is_over)
                self->end_utp();
        });
    }
    connect(swarm, where);
}

// A setting of the whole session: connections that are opened meanwhile may go over uTP, too.
void swarm_plugin::allow_utp() {
    (void)m_host.call([this](lt::session_handle& session) {
        if (session.get_settings().get_bool(lt::settings_pack::enable_outgoing_utp))
            return;
        lt::settings_pack change;
        change.set_bool(lt::settings_pack::enable_outgoing_utp, true);
        session.apply_settings(std::move(change));
        m_is_utp_for_now = true;
    });
}

void swarm_plugin::end_utp() {
    if (!std::exchange(m_is_utp_for_now, false))
        return;
    lt::settings_pack change;
    change.set_bool(lt::settings_pack::enable_outgoing_utp, false);
    (void)m_host.call([&](lt::session_handle& session) { session.apply_settings(change); });
}

void swarm_plugin::announce(info_hash const& swarm, std::uint16_t port) {
    // The port that the DHT's nodes see is the one to be met at: uTP has the same socket.
    (void)m_host.call([&](lt::session_handle& session) {
        session.dht_announce(lt::sha1_hash(as_text(swarm.view()).data()), port,
                             lt::dht::announce::implied_port);
    });
}

void swarm_plugin::on_events() {
    auto const now = m_clock->now();
    auto const alive = m_alive; // an observer may destroy us
    auto events = m_hub->take_events();
    for (auto& event : events) {
        perform(event, now);
        if (*alive == nullptr)
            return;
    }
    flush();
    m_timer.update();
}

void swarm_plugin::perform(hub_event& event, moment now) {
    if (auto* added = std::get_if<torrent_added>(&event)) {
        auto const found = m_swarms.find(added->swarm);
        if (found == m_swarms.end()) { // left before it was there
            (void)m_host.call(
                [&](lt::session_handle& session) { session.remove_torrent(added->handle); });
            return;
        }
        found->second.handle = added->handle;
        for (auto const& where : std::exchange(found->second.to_connect, {}))
            connect(added->swarm, where);
    } else if (auto* connected = std::get_if<peer_connected>(&event)) {
        m_overlay.on_connected(connected->id, connected->swarm, connected->side, connected->remote,
                               now);
    } else if (auto* packet = std::get_if<peer_packet>(&event)) {
        m_overlay.on_packet(packet->id, packet->packet, now);
    } else {
        m_overlay.on_closed(std::get<peer_closed>(event).id, now);
    }
}

void swarm_plugin::send(overlay::connection_id to, bytes packet) {
    m_hub->send(to, std::move(packet));
    want_flush();
}

void swarm_plugin::close(overlay::connection_id which, overlay::closing how) {
    m_hub->close(which, how);
    want_flush();
}

void swarm_plugin::want_flush() {
    if (std::exchange(m_flush_posted, true))
        return;
    boost::asio::post(m_host.context(), [alive = m_alive] {
        if (auto* const self = *alive) {
            self->flush();
            self->m_timer.update();
        }
    });
}

void swarm_plugin::flush() {
    m_flush_posted = true; // what is gathered now leaves now
    if (m_before_flush)
        m_before_flush(m_clock->now());
    m_overlay.flush();
    m_flush_posted = false;
    if (m_hub->has_output())
        perform_output();
}

// As owner this is libtorrent's thread. As guest libtorrent is asked to make an extension
// for a torrent of ours, which it does on its thread, and gets none.
void swarm_plugin::perform_output() {
    if (m_host.is_owner())
        return m_hub->perform_output();
    for (auto& [swarm, state] : m_swarms)
        if (state.handle) {
            (void)m_host.call([&](lt::session_handle&) {
                state.handle->add_extension(
                    [hub = m_hub](lt::torrent_handle const&,
                                  lt::client_data_t) -> std::shared_ptr<lt::torrent_plugin> {
                        hub->perform_output();
                        return nullptr;
                    });
            });
            return;
        }
}

} // namespace tau::plugins
