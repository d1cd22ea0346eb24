#pragma once

#include "net/http_types.hpp"

namespace tau::net {

/// The longest request target (path and query) that is looked at.
inline constexpr std::size_t max_target_bytes = 4096;
/// The most path segments and query parameters of a target.
inline constexpr std::size_t max_target_parts = 64;

/// A request target taken apart and percent-decoded.
struct http_target {
    std::vector<std::string> segments; ///< "/a//b" gives "a", "", "b"; "/" gives none
    query_map query;                   ///< '+' stands for a space here
};

/// Reads an origin-form target, "/path?query".
///
/// Source: RFC 3986 (3.3, 3.4), RFC 9112 (3.2.1).
/// Errors: errc::too_large above the limits; errc::invalid_encoding for another form,
/// a bad escape, a control character (escaped or not), or octets that are not UTF-8.
[[nodiscard]] result<http_target> parse_target(std::string_view text);

/// `text` with everything but RFC 3986's unreserved characters percent-encoded.
[[nodiscard]] std::string percent_encode(std::string_view text);

} // namespace tau::net
