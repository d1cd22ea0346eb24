#include "net/http_guard.hpp"

#include <sodium.h>

#include <algorithm>

namespace tau::net {
namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return out;
}

bool names_us(http_access const& access, std::string_view host) {
    auto const wanted = lower(host);
    return std::find(access.hosts.begin(), access.hosts.end(), wanted) != access.hosts.end();
}

bool is_own_origin(http_access const& access, std::string_view origin) {
    constexpr std::string_view scheme = "http://";
    return origin.starts_with(scheme) && names_us(access, origin.substr(scheme.size()));
}

bool has_token(http_access const& access, std::optional<std::string_view> authorization) {
    constexpr std::string_view scheme = "bearer ";
    if (!authorization || access.token.empty() || authorization->size() <= scheme.size()
        || lower(authorization->substr(0, scheme.size())) != scheme)
        return false;
    auto const token = authorization->substr(scheme.size());
    return token.size() == access.token.size()
           && sodium_memcmp(token.data(), access.token.data(), token.size()) == 0;
}

} // namespace

std::optional<http_response> refusal(http_access const& access, http_credentials const& given,
                                     route_access needed) {
    if (given.ambiguous)
        return error_response(400, "invalid_argument", "a field that must be single came twice");
    if (access.owner_only) {
        // No browser speaks over a Unix socket; one that is bridged to it is no owner.
        if (given.origin)
            return error_response(403, "refused", "no browser may use this socket");
        return std::nullopt;
    }
    if (!given.host || !names_us(access, *given.host))
        return error_response(421, "refused", "the Host field names another server");
    if (given.origin && !is_own_origin(access, *given.origin))
        return error_response(403, "refused", "requests of other origins are not served");
    if (needed == route_access::with_token && !has_token(access, given.authorization)) {
        auto out = error_response(401, "refused", "the token is missing or wrong");
        out.fields.emplace_back("WWW-Authenticate", "Bearer");
        return out;
    }
    return std::nullopt;
}

std::vector<std::string> host_names(std::string_view address, std::uint16_t port) {
    bool const v6 = address.find(':') != std::string_view::npos;
    auto const literal = v6 ? "[" + lower(address) + "]" : std::string(address);
    std::vector<std::string> names{literal};
    if (address == "::1" || address.starts_with("127."))
        names.emplace_back("localhost");
    auto const count = names.size();
    for (std::size_t i = 0; i < count; ++i) {
        auto const with_port = names[i] + ":" + std::to_string(port);
        // A client leaves out the port of its scheme (RFC 9110, 4.2.3).
        if (port == 80)
            names.push_back(with_port);
        else
            names[i] = with_port;
    }
    return names;
}

http_response error_response(unsigned status, std::string_view code, std::string_view message) {
    http_response out;
    out.status = status;
    out.body = "{\"error\":{\"code\":\"";
    out.body.append(code).append("\",\"message\":\"").append(message).append("\"}}");
    return out;
}

} // namespace tau::net
