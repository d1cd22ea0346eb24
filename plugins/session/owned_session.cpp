#include "plugins/session/owned_session.hpp"

#include "plugins/session/settings.hpp"

#include <libtorrent/alert_types.hpp>

namespace tau::plugins {
namespace {

lt::session_params prepared(lt::session_params params) {
    prepare_owned(params.settings);
    return params;
}

std::optional<endpoint> udp_listen_endpoint(lt::listen_succeeded_alert const& alert) {
    if (alert.socket_type != lt::socket_type_t::utp) // uTP and the DHT share the UDP socket
        return std::nullopt;
    return endpoint(alert.address, static_cast<std::uint16_t>(alert.port));
}

std::optional<int> nodes_in_table(lt::dht_stats_alert const& alert) {
    int nodes = 0;
    for (auto const& bucket : alert.routing_table)
        nodes += bucket.num_nodes;
    return nodes;
}

} // namespace

owned_session::owned_session(boost::asio::io_context& context, lt::session_params params)
    : m_context(context),
      m_session(std::make_unique<lt::session>(prepared(std::move(params)), context)),
      m_alive(std::make_shared<owned_session*>(this)) {
    m_alerts.route<lt::listen_succeeded_alert>(udp_listen_endpoint, [this](endpoint const& where) {
        if (!m_listen)
            m_listen = where;
    });
    m_alerts.route<lt::dht_stats_alert>(nodes_in_table,
                                        [this](int nodes) { m_table_nodes = nodes; });
    m_session->set_alert_notify([&context, alive = m_alive] {
        boost::asio::post(context, [alive] {
            if (*alive)
                (*alive)->drain();
        });
    });
}

owned_session::~owned_session() {
    *m_alive = nullptr;
}

void owned_session::drain() {
    if (!m_session)
        return;
    m_session->pop_alerts(&m_batch);
    for (auto const* alert : m_batch) {
        m_alerts.deliver(*alert);
        if (!m_session) // a handler closed us, and the alerts went with the session
            return;
    }
}

void owned_session::refresh_table_nodes() {
    if (m_session)
        m_session->post_dht_stats();
}

void owned_session::close() {
    if (!m_session)
        return;
    *m_alive = nullptr;
    m_proxy = m_session->abort();
    m_session.reset();
}

} // namespace tau::plugins
