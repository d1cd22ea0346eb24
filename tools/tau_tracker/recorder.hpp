#pragma once

#include "net/router.hpp"
#include "net/tracker_server.hpp"
#include "net/tracker_shared_store.hpp"
#include "tracker/history.hpp"

namespace tau::tracker_tool {

/// Takes the numbers behind the graphs of the admin page once a second and serves them.
/// They begin with the process; a page that is loaded again finds them all.
/// Threading: the admin thread.
class recorder {
public:
    recorder(net::tracker_server const& server, net::tracker_shared_store& store);

    void sample(moment now);
    /// GET /api/history; the recorder must outlive the routes.
    void add_routes(net::router& routes) const;

private:
    void answer(net::http_request const& request, net::http_reply const& reply) const;

    net::tracker_server const& m_server;
    net::tracker_shared_store& m_store;
    tracker::history m_history;
    std::optional<unix_ms> m_begun;
};

} // namespace tau::tracker_tool
