#include "tau_node/qr_code.hpp"

#include "tau_node/failure.hpp"

#include <qrencode.h>

#include <memory>

namespace tau::node {
namespace {

constexpr int quiet_zone = 4; // modules, as the standard asks

struct free_code {
    void operator()(QRcode* code) const { QRcode_free(code); }
};

using code_ptr = std::unique_ptr<QRcode, free_code>;

code_ptr encode(std::string_view text) {
    std::string const terminated(text);
    code_ptr code(QRcode_encodeString8bit(terminated.c_str(), 0, QR_ECLEVEL_L));
    if (!code)
        throw failure(exit_code::failed, "too_large", "the text is too long for a QR code");
    return code;
}

bool is_dark(QRcode const& code, int x, int y) {
    bool const inside = x >= 0 && y >= 0 && x < code.width && y < code.width;
    return inside && (code.data[y * code.width + x] & 1) != 0;
}

} // namespace

std::string qr_code(std::string_view text) {
    auto const code = encode(text);
    std::string out;
    // One character is two modules high: its upper half and its lower half.
    for (int y = -quiet_zone; y < code->width + quiet_zone; y += 2) {
        out += "\033[30;47m"; // black on white
        for (int x = -quiet_zone; x < code->width + quiet_zone; ++x) {
            bool const upper = is_dark(*code, x, y);
            bool const lower = is_dark(*code, x, y + 1);
            out += upper && lower ? "\u2588" : upper ? "\u2580" : lower ? "\u2584" : " ";
        }
        out += "\033[0m\n";
    }
    return out;
}

std::vector<std::string> qr_modules(std::string_view text) {
    auto const code = encode(text);
    std::vector<std::string> out(static_cast<std::size_t>(code->width));
    for (int y = 0; y < code->width; ++y)
        for (int x = 0; x < code->width; ++x)
            out[static_cast<std::size_t>(y)] += is_dark(*code, x, y) ? '1' : '0';
    return out;
}

} // namespace tau::node
