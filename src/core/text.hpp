#pragma once

#include <string>
#include <string_view>

namespace tau {

/// True if `text` is well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms).
[[nodiscard]] bool is_utf8(std::string_view text);

/// `text` made safe for a terminal or a log line: control characters (C0, DEL,
/// C1), bidirectional controls, line separators and malformed UTF-8 become
/// visible escapes such as \x1b or \u202e. `\n` and `\t` are kept with
/// keep_layout. Stops a remote name from moving the cursor or reordering a line.
enum class escape_mode { single_line, keep_layout };
[[nodiscard]] std::string escape_text(std::string_view text,
                                      escape_mode mode = escape_mode::single_line);

} // namespace tau
