#pragma once

#include "core/endpoint.hpp"
#include "plugins/session/alert_router.hpp"

#include <libtorrent/session.hpp>
#include <libtorrent/session_params.hpp>

#include <memory>
#include <optional>
#include <vector>

namespace tau::plugins {

/// A libtorrent session that lives on our io_context: every callback, alert and
/// timer of it runs on the one thread that runs the context.
///
/// Shutdown: close() every session on the context, run the context until it returns
/// by itself, then destroy the objects. Destroying one whose context has not run out
/// is an error of ours; libtorrent's handlers would outlive what they refer to.
///
/// Threading: the thread that runs the context. session_handle's synchronous calls
///            hang unless made from a handler of that context.
/// Errors:    boost::system::system_error from the constructor.
class owned_session {
public:
    /// Adds prepare_owned() to the settings in `params`.
    owned_session(boost::asio::io_context& context, lt::session_params params);
    ~owned_session();
    owned_session(owned_session const&) = delete;
    owned_session& operator=(owned_session const&) = delete;

    [[nodiscard]] boost::asio::io_context& context() { return m_context; }
    [[nodiscard]] lt::session& session() { return *m_session; }
    /// Add routes before the context runs.
    [[nodiscard]] alert_router& alerts() { return m_alerts; }

    /// UDP endpoint of the first listen socket; nullopt until it is open.
    [[nodiscard]] std::optional<endpoint> const& listen_endpoint() const { return m_listen; }

    /// Nodes in the DHT routing table as of the last refresh_table_nodes(); 0 before.
    [[nodiscard]] int table_nodes() const { return m_table_nodes; }
    /// Asks for a fresh table_nodes(); it is there a moment later.
    void refresh_table_nodes();

    /// Begins the shutdown of the session. Repeating it does nothing.
    void close();
    [[nodiscard]] bool is_closed() const { return m_session == nullptr; }

private:
    void drain();

    boost::asio::io_context& m_context;
    alert_router m_alerts;
    std::vector<lt::alert*> m_batch; // reused, as draining is frequent
    std::optional<endpoint> m_listen;
    int m_table_nodes = 0;
    lt::session_proxy m_proxy; // keeps a closed session's innards until the context ran out
    std::unique_ptr<lt::session> m_session;
    std::shared_ptr<owned_session*> m_alive; // a queued drain() finds nullptr after close()
};

} // namespace tau::plugins
