#pragma once

#include "core/clock.hpp"
#include "core/error.hpp"

#include <string>
#include <string_view>

namespace tau::node {

/// RFC 3339 in UTC with milliseconds, "2026-01-31T23:59:59.123Z": every time in JSON.
[[nodiscard]] std::string to_rfc3339(unix_ms time);

/// RFC 3339 with any offset and any number of fraction digits. errc::invalid_encoding.
[[nodiscard]] result<unix_ms> parse_rfc3339(std::string_view text);

/// What `--since` takes: RFC 3339, a date, or an age such as "90s", "10m", "2h", "3d"
/// before `now`. errc::invalid_encoding.
[[nodiscard]] result<unix_ms> parse_since(std::string_view text, unix_ms now);

/// Local time for the screen: "23:59" today, "2026-01-31 23:59" on other days.
[[nodiscard]] std::string to_local(unix_ms time, unix_ms now);

/// "0.8 ms", "1.25 s", "3 min": a span for the screen.
[[nodiscard]] std::string to_span(std::chrono::microseconds span);

} // namespace tau::node
