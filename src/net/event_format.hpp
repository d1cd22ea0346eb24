#pragma once

#include "net/http_types.hpp"

namespace tau::net {

/// An event as it stands in the stream, with the empty line that ends it. Line breaks
/// in `data` begin new data lines; name and id end at their first line break.
[[nodiscard]] std::string format_event(server_event const& event);

/// Reads a stream of server-sent events, in pieces of any size.
///
/// Source:    WHATWG HTML, "Server-sent events", 9.2.6; comments and `retry` are skipped.
/// Threading: one thread. Owns no I/O.
/// Errors:    none but size: an event above max_event_bytes is errc::too_large, and final.
class event_parser {
public:
    static constexpr std::size_t max_event_bytes = 1024 * 1024;

    /// Takes the next octets and returns the events they complete.
    [[nodiscard]] result<std::vector<server_event>> feed(std::string_view piece);

private:
    void on_line(std::string_view line, std::vector<server_event>& out);

    std::string m_line;
    server_event m_event{};
    bool m_has_data = false;
    bool m_skip_line_feed = false; ///< the last line ended with CR
    bool m_failed = false;
};

} // namespace tau::net
