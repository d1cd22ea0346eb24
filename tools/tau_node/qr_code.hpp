#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tau::node {

/// `text` as a QR code (ISO/IEC 18004) of half-block characters, dark on light whatever the
/// terminal's colours are, with the quiet zone that scanners need. Lines end with \n.
/// Throws failure if the text is too long for a QR code.
[[nodiscard]] std::string qr_code(std::string_view text);

/// The modules of the same code, a line of '0' and '1' (dark) for each row, without the
/// quiet zone. Throws failure if the text is too long.
[[nodiscard]] std::vector<std::string> qr_modules(std::string_view text);

} // namespace tau::node
