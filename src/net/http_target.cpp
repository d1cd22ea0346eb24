#include "net/http_target.hpp"

#include "core/hex.hpp"
#include "core/text.hpp"

#include <algorithm>

namespace tau::net {
namespace {

enum class plus { stays, is_space };

result<std::string> percent_decode(std::string_view text, plus mode) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            TAU_TRY(octet, from_hex(text.substr(i + 1, 2)));
            if (octet.size() != 1)
                return errc::invalid_encoding;
            out += static_cast<char>(octet[0]);
            i += 2;
        } else {
            out += text[i] == '+' && mode == plus::is_space ? ' ' : text[i];
        }
    }
    bool const control = std::any_of(out.begin(), out.end(), [](char c) {
        auto const octet = static_cast<unsigned char>(c);
        return octet < 0x20 || octet == 0x7f;
    });
    if (control || !is_utf8(out))
        return errc::invalid_encoding;
    return out;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> out;
    while (true) {
        auto const end = text.find(separator);
        out.push_back(text.substr(0, end));
        if (end == std::string_view::npos)
            return out;
        text.remove_prefix(end + 1);
    }
}

} // namespace

std::optional<std::string_view> http_request::parameter(std::string_view name) const {
    auto const found = query.find(name);
    if (found == query.end())
        return std::nullopt;
    return found->second;
}

result<http_target> parse_target(std::string_view text) {
    if (text.size() > max_target_bytes)
        return errc::too_large;
    if (text.empty() || text[0] != '/')
        return errc::invalid_encoding;
    http_target out;
    auto const mark = text.find('?');
    auto const path = text.substr(1, mark == std::string_view::npos ? mark : mark - 1);
    if (!path.empty()) {
        for (auto const part : split(path, '/')) {
            TAU_TRY(segment, percent_decode(part, plus::stays));
            out.segments.push_back(std::move(segment));
        }
    }
    if (mark != std::string_view::npos) {
        for (auto const part : split(text.substr(mark + 1), '&')) {
            if (part.empty())
                continue;
            auto const equals = part.find('=');
            TAU_TRY(name, percent_decode(part.substr(0, equals), plus::is_space));
            std::string_view const rest =
                equals == std::string_view::npos ? std::string_view{} : part.substr(equals + 1);
            TAU_TRY(value, percent_decode(rest, plus::is_space));
            out.query.emplace(std::move(name), std::move(value));
        }
    }
    if (out.segments.size() > max_target_parts || out.query.size() > max_target_parts)
        return errc::too_large;
    return out;
}

std::string percent_encode(std::string_view text) {
    std::string out;
    for (char const c : text) {
        bool const letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool const digit = c >= '0' && c <= '9';
        if (letter || digit || c == '-' || c == '.' || c == '_' || c == '~') {
            out += c;
        } else {
            auto const octet = static_cast<std::uint8_t>(c);
            out += '%';
            out += to_hex({&octet, 1});
        }
    }
    return out;
}

} // namespace tau::net
