#include "plugins/session/alert_router.hpp"

namespace tau::plugins {

void alert_router::deliver(lt::alert const& alert) const {
    for (auto const& route : m_routes)
        if (route.type == alert.type())
            route.now(alert);
}

void alert_router::post(lt::alert const& alert, boost::asio::io_context& home) const {
    for (auto const& route : m_routes)
        if (route.type == alert.type())
            route.later(alert, home);
}

} // namespace tau::plugins
