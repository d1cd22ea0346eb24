#pragma once

#include "core/error.hpp"

#include <cstddef>
#include <string_view>

namespace tau::wire {

/// What a tracker wants to know of an HTTP request's head. Views into the head.
struct http_head {
    static constexpr std::size_t max_size = 8192; ///< our limit

    std::string_view path;  ///< without the query
    std::string_view query; ///< behind '?'; may be empty
    std::string_view host;
    std::string_view forwarded_for; ///< X-Forwarded-For, believed of proxies alone
    std::size_t size = 0;           ///< octets of the head with its empty line
    std::size_t body_size = 0;      ///< Content-Length; such bodies are skipped
    bool is_get = false;
    bool keeps_alive = false;
    bool wants_json = false;
};

/// Reads one request head from the front of `data`.
///
/// errc::not_found while the empty line has not come yet; errc::too_large if it
/// has not come within max_size; errc::invalid_encoding for what is not HTTP/1.x
/// or has a transfer coding. Source: RFC 9112.
[[nodiscard]] result<http_head> read_http_head(std::string_view data);

/// "/announce" as ("", "announce"), "/KEY/announce" as ("KEY", "announce"); other
/// paths give an empty action.
struct tracker_path {
    std::string_view passkey;
    std::string_view action;
};
[[nodiscard]] tracker_path split_tracker_path(std::string_view path);

} // namespace tau::wire
