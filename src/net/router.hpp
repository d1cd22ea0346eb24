#pragma once

#include "net/http_guard.hpp"

namespace tau::net {

using http_handler = std::function<void(http_request const&, http_reply)>;

/// One thing a server does: a method, a path pattern and who does it.
struct route {
    std::string method;
    /// Segments between slashes; "{name}" stands for any one segment that is not empty.
    std::string pattern;
    http_handler handler;
    route_access access = route_access::with_token;
    std::size_t max_body_bytes = 0; ///< 0: the listener's limit
};

/// Finds the route of a request. Filled while starting, then constant.
/// Threading: find() from any thread.
class router {
public:
    /// Later routes lose to earlier ones that match too.
    void add(route what);

    struct match {
        route const* found;
        query_map path; ///< what the {names} stand for
    };
    /// The route, or the refusal to send: 404, or 405 with the methods that would do.
    struct outcome {
        std::optional<match> route{};
        http_response refusal{};
    };
    [[nodiscard]] outcome find(std::string_view method,
                               std::vector<std::string> const& segments) const;

private:
    struct entry {
        std::vector<std::string> segments;
        net::route what;
    };
    std::vector<entry> m_entries;
};

} // namespace tau::net
