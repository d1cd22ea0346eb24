#pragma once

#include "net/http_types.hpp"

namespace tau::net {

/// Whom a listener lets in.
///
/// A page of any website can make a browser send requests to a loopback port, and a
/// name that an attacker controls can be made to resolve to 127.0.0.1. So a loopback
/// listener believes nothing that a browser adds by itself: the token travels in the
/// Authorization field only (never in a cookie or the query), the Host field must name
/// the listener, and an Origin field must be the listener's own.
struct http_access {
    /// True for a Unix socket whose file only its owner can open: no token is asked.
    bool owner_only = false;
    std::string token{};              ///< empty: nobody is let in by token
    std::vector<std::string> hosts{}; ///< what Host may say, "127.0.0.1:8080", lower case
};

/// The fields of a request that decide whether it is let in; nullopt if absent.
struct http_credentials {
    std::optional<std::string_view> host{};
    std::optional<std::string_view> origin{};
    std::optional<std::string_view> authorization{};
    bool ambiguous = false; ///< one of the fields came more than once
};

enum class route_access {
    with_token, ///< the listener's token is needed
    open,       ///< Host and Origin are checked, no token is asked: the page's own files
};

/// The refusal to send, or nullopt if the request is let in. Compares the token in
/// constant time.
/// Source: RFC 9110 (7.2, 11.6.2), RFC 6454 (7), RFC 6750 (2.1).
[[nodiscard]] std::optional<http_response>
refusal(http_access const& access, http_credentials const& given, route_access needed);

/// The Host values that mean a loopback or otherwise bound listener at `address`, a
/// textual IP address, and `port`: the address itself and, on loopback, "localhost".
[[nodiscard]] std::vector<std::string> host_names(std::string_view address, std::uint16_t port);

/// {"error":{"code":...,"message":...}}, the body of every refusal and failure.
/// `code` and `message` must be plain ASCII without quotes, backslashes or controls.
[[nodiscard]] http_response error_response(unsigned status, std::string_view code,
                                           std::string_view message);

} // namespace tau::net
