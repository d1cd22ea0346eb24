#pragma once

#include "net/http_types.hpp"

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>

namespace tau::net {

/// What a client asks for. `fields` come after Host and replace it if they name it.
struct http_call {
    std::string method = "GET";
    std::string target = "/";
    std::string body{};
    std::string content_type = "application/json";
    std::vector<std::pair<std::string, std::string>> fields{};
    std::chrono::milliseconds timeout{std::chrono::seconds{30}}; ///< for the whole call
};

/// One request to a server at `where` (a TCP or Unix endpoint) over a connection of its own.
///
/// Source:    RFC 9110, RFC 9112.
/// Threading: the thread of `io`; `done` is called there once, never before the call returned.
/// Errors:    errc::unreachable if nobody listens, errc::timed_out, errc::too_large for an
///            answer above max_answer_bytes, errc::invalid_encoding if it is not HTTP/1.1,
///            errc::cancelled if the connection broke.
void async_http_call(boost::asio::io_context& io,
                     boost::asio::generic::stream_protocol::endpoint const& where, http_call call,
                     std::function<void(result<http_response>)> done);

/// The largest body that async_http_call() takes. Set by us: as large as a backup may be.
inline constexpr std::size_t max_answer_bytes = 256 * 1024 * 1024;

/// A running reader of server-sent events; ends when destroyed.
class event_subscription {
public:
    virtual ~event_subscription() = default;
};

struct event_observer {
    std::function<void(server_event const&)> on_event;
    /// Called at most once, last: why the stream ended. errc::refused with `response`
    /// if the server answered with anything but a stream.
    std::function<void(error_code, http_response const&)> on_end;
    /// Called once when the stream stands, before any event; may be empty.
    std::function<void()> on_open{};
};

/// Reads server-sent events until either side ends it. `call.timeout` bounds the time
/// until the stream stands; then silence of twice the server's heartbeat ends it.
/// Threading: as async_http_call(); no observer is called once the result is destroyed.
[[nodiscard]] std::unique_ptr<event_subscription>
subscribe_events(boost::asio::io_context& io,
                 boost::asio::generic::stream_protocol::endpoint const& where, http_call call,
                 event_observer observer);

} // namespace tau::net
