#pragma once

#include "core/log.hpp"
#include "net/router.hpp"

#include <boost/asio/generic/stream_protocol.hpp>

namespace tau::net {

/// What all connections of a listener share.
struct http_listener_context {
    std::shared_ptr<router const> routes;
    http_access access;
    http_limits limits;
    logger log;
};

/// One accepted connection; lives as long as its work does. Internal to http_server.
class http_session {
public:
    virtual ~http_session() = default;
    /// Ends an idle connection or an event stream now, another after its answer.
    virtual void stop() = 0;
};

/// Serves `socket` until it closes; `on_end` is called once then.
std::shared_ptr<http_session>
start_http_session(boost::asio::generic::stream_protocol::socket socket,
                   std::shared_ptr<http_listener_context const> context,
                   std::function<void()> on_end);

} // namespace tau::net
