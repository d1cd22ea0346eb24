#include "core/text.hpp"

#include <array>
#include <cstdint>
#include <cstdio>
#include <optional>

namespace tau {
namespace {

struct code_point {
    std::uint32_t value;
    std::size_t length; // octets
};

// The code point at the start of `text`, nullopt if malformed (RFC 3629).
std::optional<code_point> first_code_point(std::string_view text) {
    auto const octet = [&text](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    std::uint8_t const lead = octet(0);
    if (lead < 0x80)
        return code_point{lead, 1};
    std::size_t const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || text.size() < length)
        return std::nullopt;
    std::uint32_t value = lead & (0x7fu >> length);
    for (std::size_t i = 1; i < length; ++i) {
        if ((octet(i) & 0xc0) != 0x80)
            return std::nullopt;
        value = value << 6 | (octet(i) & 0x3fu);
    }
    constexpr std::array<std::uint32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
    bool const surrogate = value >= 0xd800 && value <= 0xdfff;
    if (value < least[length] || value > 0x10ffff || surrogate)
        return std::nullopt;
    return code_point{value, length};
}

bool is_unsafe(std::uint32_t c) {
    bool const control = c < 0x20 || (c >= 0x7f && c <= 0x9f);
    bool const bidirectional = c == 0x061c || c == 0x200e || c == 0x200f
                               || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
    bool const separator = c == 0x2028 || c == 0x2029;
    bool const invisible = c == 0xfeff || (c >= 0xe0000 && c <= 0xe007f);
    return control || bidirectional || separator || invisible;
}

void append_escape(std::string& out, std::uint32_t value, char const* format) {
    std::array<char, 16> buffer{};
    std::snprintf(buffer.data(), buffer.size(), format, static_cast<unsigned>(value));
    out += buffer.data();
}

} // namespace

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        auto const c = first_code_point(text);
        if (!c)
            return false;
        text.remove_prefix(c->length);
    }
    return true;
}

std::string escape_text(std::string_view text, escape_mode mode) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        auto const c = first_code_point(text);
        std::size_t const length = c ? c->length : 1;
        bool const layout = c && (c->value == '\n' || c->value == '\t');
        if (!c)
            append_escape(out, static_cast<std::uint8_t>(text[0]), "\\x%02x");
        else if (layout && mode == escape_mode::keep_layout)
            out += text[0];
        else if (is_unsafe(c->value))
            append_escape(out, c->value, c->value < 0x100 ? "\\x%02x" : "\\u%04x");
        else
            out += text.substr(0, length);
        text.remove_prefix(length);
    }
    return out;
}

} // namespace tau
