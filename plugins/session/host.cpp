#include "plugins/session/host.hpp"

namespace tau::plugins {
namespace {

/// Everything a callback needs, kept alive by the callback itself.
class linked_callbacks final : public session_callbacks {
public:
    linked_callbacks(std::shared_ptr<boost::asio::io_context> context,
                     std::shared_ptr<alert_router const> routes,
                     std::vector<std::shared_ptr<query_responder>> responders,
                     std::shared_ptr<std::atomic<bool>> ended)
        : m_context(std::move(context)), m_routes(std::move(routes)),
          m_responders(std::move(responders)), m_ended(std::move(ended)) {}

    void on_alert(lt::alert const& alert) noexcept override {
        if (m_routes)
            m_routes->post(alert, *m_context);
    }

    bool on_dht_request(std::string_view query, endpoint const& source,
                        lt::bdecode_node const& message, lt::entry& response) noexcept override {
        for (auto const& responder : m_responders)
            if (responder->answer(query, source, message, response))
                return true;
        return false;
    }

    void on_session_end() noexcept override { m_ended->store(true); }

private:
    std::shared_ptr<boost::asio::io_context> m_context;
    std::shared_ptr<alert_router const> m_routes;
    std::vector<std::shared_ptr<query_responder>> m_responders;
    std::shared_ptr<std::atomic<bool>> m_ended;
};

} // namespace

host::host(owned_session& session)
    : m_owned(&session), m_session(session.session()),
      m_context(std::shared_ptr<void>(), &session.context()) {}

host::host(lt::session_handle session, std::shared_ptr<boost::asio::io_context> tau)
    : m_session(std::move(session)), m_context(std::move(tau)),
      m_routes(std::make_shared<alert_router>()) {}

host::~host() {
    detach();
}

void host::add_responder(std::shared_ptr<query_responder> responder) {
    m_responders.push_back(std::move(responder));
}

void host::attach() {
    auto callbacks = std::make_shared<linked_callbacks>(m_context, m_routes, m_responders, m_ended);
    m_plugin = std::make_shared<session_plugin>(std::move(callbacks),
                                                m_owned ? session_plugin::alert_source::queue
                                                        : session_plugin::alert_source::callback);
    (void)call([this](lt::session_handle& session) { session.add_extension(m_plugin); });
}

void host::detach() {
    if (m_plugin)
        m_plugin->sever();
    m_plugin.reset();
}

} // namespace tau::plugins
