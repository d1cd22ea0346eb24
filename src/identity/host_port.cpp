#include "identity/host_port.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <charconv>

namespace tau::identity {
namespace {

constexpr std::size_t max_label_bytes = 63; // RFC 1035

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_name_character(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
}

bool is_label(std::string_view label) {
    return !label.empty() && label.size() <= max_label_bytes && label.front() != '-'
           && label.back() != '-' && std::all_of(label.begin(), label.end(), is_name_character);
}

bool is_host_name(std::string_view host) {
    if (host.empty() || host.size() > max_host_bytes)
        return false;
    for (;;) {
        auto const dot = host.find('.');
        auto const label = host.substr(0, dot);
        if (!is_label(label))
            return false;
        if (dot == std::string_view::npos)
            // What ends in a number is meant as an IPv4 address (WHATWG URL).
            return !std::all_of(label.begin(), label.end(), is_digit);
        host.remove_prefix(dot + 1);
    }
}

// The library reads up to a zero octet only; behind it anything could stand.
bool is_made_of(std::string_view host, std::string_view characters) {
    return host.find_first_not_of(characters) == std::string_view::npos;
}

bool is_ipv4(std::string_view host) {
    boost::system::error_code ec;
    boost::asio::ip::make_address_v4(std::string(host), ec);
    return !ec && is_made_of(host, "0123456789.");
}

bool is_ipv6(std::string_view host) {
    boost::system::error_code ec;
    boost::asio::ip::make_address_v6(std::string(host), ec);
    // A zone names an interface of one machine: it means nothing to another.
    return !ec && is_made_of(host, "0123456789abcdefABCDEF:.");
}

result<std::uint16_t> parse_port(std::string_view digits) {
    if (digits.empty() || !std::all_of(digits.begin(), digits.end(), is_digit))
        return errc::invalid_encoding;
    unsigned port = 0;
    auto const [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (problem != std::errc{} || port == 0 || port > 65535)
        return errc::invalid_argument;
    return static_cast<std::uint16_t>(port);
}

} // namespace

result<host_port> parse_host_port(std::string_view text) {
    auto const colon = text.rfind(':');
    if (colon == std::string_view::npos)
        return errc::invalid_encoding;
    auto host = text.substr(0, colon);
    if (host.size() > max_host_bytes + 2)
        return errc::invalid_encoding;
    bool const bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
    if (bracketed)
        host = host.substr(1, host.size() - 2);
    if (!(bracketed ? is_ipv6(host) : is_ipv4(host) || is_host_name(host)))
        return errc::invalid_encoding;
    TAU_TRY(port, parse_port(text.substr(colon + 1)));
    return host_port{std::string(host), port};
}

std::string to_string(host_port const& where) {
    auto const port = std::to_string(where.port);
    bool const bracketed = where.host.find(':') != std::string::npos;
    return bracketed ? "[" + where.host + "]:" + port : where.host + ":" + port;
}

std::string lower_name(host_port const& where) {
    auto out = to_string(where);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
    return out;
}

} // namespace tau::identity
