#include "identity/contact_uri.hpp"

#include "core/hex.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace tau::identity {
namespace {

constexpr std::string_view scheme = "tau:";

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_hex_digit(char c) {
    return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'f');
}

// RFC 3986, section 2.3: what never needs an escape.
bool is_unreserved(char c) {
    return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') || c == '-' || c == '.'
           || c == '_' || c == '~';
}

result<std::string> percent_decode(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        char const c = text.front();
        // Blanks, controls and raw UTF-8 have no place in a URI; '#' would start a fragment.
        if (c <= 0x20 || c >= 0x7f || c == '#')
            return errc::invalid_encoding;
        if (c != '%') {
            out += c;
            text.remove_prefix(1);
            continue;
        }
        if (text.size() < 3)
            return errc::invalid_encoding;
        TAU_TRY(octet, from_hex(text.substr(1, 2)));
        out += static_cast<char>(octet.front());
        text.remove_prefix(3);
    }
    return out;
}

std::string percent_encode(std::string_view text, std::string_view also_kept) {
    std::string out;
    for (char const c : text) {
        if (is_unreserved(c) || also_kept.find(c) != std::string_view::npos) {
            out += c;
            continue;
        }
        auto digits = to_hex(as_bytes({&c, 1}));
        std::transform(digits.begin(), digits.end(), digits.begin(), [](char d) {
            return d >= 'a' ? static_cast<char>(d - 'a' + 'A') : d; // RFC 3986 asks for upper case
        });
        out += '%' + digits;
    }
    return out;
}

result<public_key> parse_key(std::string_view digits) {
    if (!std::all_of(digits.begin(), digits.end(), is_hex_digit))
        return errc::invalid_encoding;
    TAU_TRY(key, fixed_from_hex<public_key>(digits));
    TAU_TRY(sealing_key_of(key));
    return key;
}

error_code set_parameter(contact& c, std::string_view name, std::string const& value) {
    if (name == "wallet") {
        auto wallet = parse_wallet(value);
        if (!wallet)
            return wallet.error();
        c.wallet = wallet.value();
    } else if (name == "name") {
        if (!is_valid_name(value))
            return errc::invalid_argument;
        c.name = value;
    } else if (name == "ep") {
        auto where = parse_host_port(value);
        if (!where)
            return where.error();
        c.endpoint = std::move(where).value();
    } else if (name == "ck") {
        auto key = fixed_from_hex<contact_key>(value);
        if (!key)
            return key.error();
        c.contact_key = key.value();
    }
    return {};
}

error_code read_query(contact& c, std::string_view query) {
    std::set<std::string_view> seen;
    for (;;) {
        auto const end = query.find('&');
        auto const pair = query.substr(0, end);
        auto const equals = pair.find('=');
        auto const name = pair.substr(0, equals);
        if (name.empty() || !std::all_of(name.begin(), name.end(), is_unreserved))
            return errc::invalid_encoding;
        // Two readers must never take different values from one URI.
        if (!seen.insert(name).second)
            return errc::invalid_argument;
        auto const raw = equals == std::string_view::npos ? "" : pair.substr(equals + 1);
        auto const value = percent_decode(raw);
        if (!value)
            return value.error();
        if (auto const problem = set_parameter(c, name, value.value()))
            return problem;
        if (end == std::string_view::npos)
            return {};
        query.remove_prefix(end + 1);
    }
}

} // namespace

bool is_valid_name(std::string_view name) {
    return !name.empty() && name.size() <= max_name_bytes && name.front() != ' '
           && name.back() != ' ' && is_utf8(name) && escape_text(name) == name;
}

result<contact> parse_contact(std::string_view text) {
    if (text.size() > max_contact_uri_bytes)
        return errc::too_large;
    contact out;
    if (text.find(':') == std::string_view::npos) {
        TAU_TRY(key, parse_key(text));
        out.key = key;
        return out;
    }
    auto const prefix = text.substr(0, scheme.size());
    if (!std::equal(prefix.begin(), prefix.end(), scheme.begin(), scheme.end(),
                    [](char a, char b) { return lower(a) == b; }))
        return errc::invalid_encoding;
    text.remove_prefix(scheme.size());
    auto const question = text.find('?');
    TAU_TRY(key, parse_key(text.substr(0, question)));
    out.key = key;
    if (question != std::string_view::npos)
        if (auto const problem = read_query(out, text.substr(question + 1)))
            return problem;
    return out;
}

std::string to_uri(contact const& c) {
    auto out = std::string(scheme) + to_hex(c.key);
    char separator = '?';
    auto const add = [&](std::string_view name, std::string const& value) {
        out += std::exchange(separator, '&');
        out += std::string(name) + "=" + value;
    };
    if (c.wallet)
        add("wallet", to_eip55(*c.wallet));
    if (!c.name.empty())
        add("name", percent_encode(c.name, ""));
    if (c.endpoint)
        add("ep", percent_encode(to_string(*c.endpoint), ":"));
    if (c.contact_key)
        add("ck", to_hex(*c.contact_key));
    return out;
}

} // namespace tau::identity
