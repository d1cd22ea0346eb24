#pragma once

#include "core/error.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tau::net {

/// Decoded query parameters. Of a name given twice the first holds.
using query_map = std::map<std::string, std::string, std::less<>>;

/// A request as a handler sees it: decoded, within its limits, allowed in.
struct http_request {
    std::string method;                ///< upper case as sent
    std::vector<std::string> segments; ///< the path between slashes, percent-decoded
    query_map query;
    query_map path; ///< what the {names} of the route stand for
    std::string content_type;
    std::string body;

    /// A query parameter; nullopt if it is absent.
    [[nodiscard]] std::optional<std::string_view> parameter(std::string_view name) const;
};

/// What a handler answers. The server adds length, connection and security fields.
struct http_response {
    unsigned status = 200;
    std::string content_type = "application/json";
    std::string body;
    std::vector<std::pair<std::string, std::string>> fields{};
};

/// One server-sent event (WHATWG HTML, "Server-sent events"). `data` may hold
/// line breaks; `name` and `id` must not.
struct server_event {
    std::string name;
    std::string data;
    std::string id{};
};

/// The open end of a server-sent event stream. Cheap to copy.
/// Threading: the server's thread.
class event_stream {
public:
    class sink {
    public:
        virtual ~sink() = default;
        virtual bool send(server_event const& event) = 0;
        virtual void on_closed(std::function<void()> handler) = 0;
        virtual void close() = 0;
    };

    explicit event_stream(std::shared_ptr<sink> to) : m_sink(std::move(to)) {}

    /// False once the stream has ended: the reader left, or fell too far behind.
    bool send(server_event const& event) { return m_sink->send(event); }
    /// Called once when the stream ends for any reason; replaces an earlier handler.
    void on_closed(std::function<void()> handler) { m_sink->on_closed(std::move(handler)); }
    void close() { m_sink->close(); }

private:
    std::shared_ptr<sink> m_sink;
};

/// The duty to answer one request: send() or stream(), once, now or later. Cheap to
/// copy; what comes after the first answer is dropped. A handler that lets go of it
/// unanswered has answered 500.
/// Threading: the server's thread.
class http_reply {
public:
    class sink {
    public:
        virtual ~sink() = default;
        virtual void send(http_response response) = 0;
        virtual event_stream stream() = 0;
    };

    explicit http_reply(std::shared_ptr<sink> to) : m_sink(std::move(to)) {}

    void send(http_response response) const { m_sink->send(std::move(response)); }
    /// Begins an answer of content type text/event-stream.
    [[nodiscard]] event_stream stream() const { return m_sink->stream(); }

private:
    std::shared_ptr<sink> m_sink;
};

/// Sizes and counts that remote sides can drive. Chosen by us; all are per listener
/// or per connection so that one side cannot use up another's.
struct http_limits {
    std::size_t max_header_bytes = 8 * 1024;
    std::size_t max_body_bytes = 64 * 1024; ///< unless the route says otherwise
    std::size_t max_connections = 64;       ///< per listener; more are closed at once
    /// What a slow reader of events may have waiting before it is let go.
    std::size_t max_event_backlog_bytes = 1024 * 1024;
};

} // namespace tau::net
