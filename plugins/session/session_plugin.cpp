#include "plugins/session/session_plugin.hpp"

namespace tau::plugins {

session_plugin::session_plugin(std::shared_ptr<session_callbacks> callbacks, alert_source alerts)
    : m_callbacks(std::move(callbacks)), m_alerts(alerts) {}

void session_plugin::sever() {
    std::shared_ptr<session_callbacks> last; // destroyed after the lock
    std::lock_guard const lock(m_mutex);
    last.swap(m_callbacks);
}

std::shared_ptr<session_callbacks> session_plugin::callbacks() const {
    std::lock_guard const lock(m_mutex);
    return m_callbacks;
}

lt::feature_flags_t session_plugin::implemented_features() {
    auto flags = dht_request_feature;
    if (m_alerts == alert_source::callback)
        flags |= alert_feature;
    return flags;
}

void session_plugin::abort() {
    if (auto const target = callbacks())
        target->on_session_end();
}

bool session_plugin::on_dht_request(lt::string_view query, lt::udp::endpoint const& source,
                                    lt::bdecode_node const& message, lt::entry& response) {
    auto const target = callbacks();
    return target
           && target->on_dht_request({query.data(), query.size()}, source, message, response);
}

void session_plugin::on_alert(lt::alert const* alert) {
    if (auto const target = callbacks())
        target->on_alert(*alert);
}

} // namespace tau::plugins
