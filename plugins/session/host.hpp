#pragma once

#include "core/error.hpp"
#include "plugins/session/alert_router.hpp"
#include "plugins/session/owned_session.hpp"
#include "plugins/session/session_plugin.hpp"

#include <libtorrent/session_handle.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace tau::plugins {

/// Answers KRPC queries at once, on libtorrent's thread, from data that does not
/// change under it. It may post to the tau thread, and must not wait for it.
class query_responder {
public:
    virtual ~query_responder() = default;
    /// Meaning and arguments as session_callbacks::on_dht_request().
    virtual bool answer(std::string_view query, endpoint const& source,
                        lt::bdecode_node const& message, lt::entry& response) noexcept = 0;
};

/// Ties our adapters to one session: their alert routes, their query responders and
/// their calls. It is the only part that knows whether the session is ours.
///
/// Owner: the session runs on our context and owned_session drains its alerts.
/// Guest: the session belongs to a client; its callbacks copy and post to a context
/// of ours that another thread runs. The client must pop its alerts, as ever.
///
/// Order of use: construct, let the adapters add routes and responders, attach(),
/// run; detach() before anything that a route refers to is destroyed.
/// Threading: tau thread, or before it runs. Errors: call() returns them.
class host {
public:
    /// Owner mode; `session` must outlive the host.
    explicit host(owned_session& session);
    /// Guest mode. `tau` is the context of our own thread. The session may keep it alive
    /// for a moment after the host is gone, stopped.
    host(lt::session_handle session, std::shared_ptr<boost::asio::io_context> tau);
    ~host();
    host(host const&) = delete;
    host& operator=(host const&) = delete;

    [[nodiscard]] boost::asio::io_context& context() { return *m_context; }
    /// Whether libtorrent runs on context(), so that its objects may be touched from there.
    [[nodiscard]] bool is_owner() const { return m_owned != nullptr; }
    [[nodiscard]] alert_router& alerts() { return m_owned ? m_owned->alerts() : *m_routes; }
    void add_responder(std::shared_ptr<query_responder> responder);

    /// Adds our plugin to the session; routes and responders are fixed from here on.
    void attach();
    /// Stops all callbacks; repeating it does nothing.
    void detach();

    /// Calls work(handle) unless the session has ended: errc::cancelled. libtorrent
    /// throws from every call on a session that is gone.
    template <class Work>
    error_code call(Work work) {
        if (m_ended->load())
            return errc::cancelled;
        try {
            work(m_session);
            return {};
        } catch (boost::system::system_error const&) {
            return errc::cancelled;
        }
    }

private:
    owned_session* m_owned = nullptr;
    lt::session_handle m_session;
    std::shared_ptr<boost::asio::io_context> m_context;
    std::shared_ptr<alert_router> m_routes; // guest mode's own
    std::vector<std::shared_ptr<query_responder>> m_responders;
    std::shared_ptr<std::atomic<bool>> m_ended = std::make_shared<std::atomic<bool>>(false);
    std::shared_ptr<session_plugin> m_plugin;
};

} // namespace tau::plugins
