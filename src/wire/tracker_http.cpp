#include "wire/tracker_http.hpp"

#include <algorithm>
#include <charconv>

namespace tau::wire {
namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equals(std::string_view a, std::string_view lower_case) {
    return a.size() == lower_case.size()
           && std::equal(a.begin(), a.end(), lower_case.begin(),
                         [](char x, char y) { return lower(x) == y; });
}

bool contains(std::string_view text, std::string_view lower_case) {
    auto const found = std::search(text.begin(), text.end(), lower_case.begin(), lower_case.end(),
                                   [](char x, char y) { return lower(x) == y; });
    return found != text.end();
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
        text.remove_suffix(1);
    return text;
}

error_code read_request_line(std::string_view line, http_head& out) {
    auto const first = line.find(' ');
    auto const last = line.rfind(' ');
    if (first == std::string_view::npos || first == last)
        return errc::invalid_encoding;
    auto const version = line.substr(last + 1);
    if (version != "HTTP/1.1" && version != "HTTP/1.0")
        return errc::invalid_encoding;
    auto const target = line.substr(first + 1, last - first - 1);
    if (target.empty() || target.front() != '/' || target.find(' ') != std::string_view::npos)
        return errc::invalid_encoding;
    out.is_get = line.substr(0, first) == "GET";
    out.keeps_alive = version == "HTTP/1.1";
    auto const question = target.find('?');
    out.path = target.substr(0, question);
    if (question != std::string_view::npos)
        out.query = target.substr(question + 1);
    return {};
}

error_code read_field(std::string_view line, http_head& out) {
    auto const colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0)
        return errc::invalid_encoding;
    auto const name = line.substr(0, colon);
    auto const value = trimmed(line.substr(colon + 1));
    // The length tells most fields apart before any letter is looked at.
    if (name.size() == 4 && equals(name, "host")) {
        out.host = value;
    } else if (name.size() == 6 && equals(name, "accept")) {
        out.wants_json = contains(value, "application/json");
    } else if (name.size() == 10 && equals(name, "connection")) {
        if (contains(value, "close"))
            out.keeps_alive = false;
        else if (contains(value, "keep-alive"))
            out.keeps_alive = true;
    } else if (name.size() == 14 && equals(name, "content-length")) {
        auto const [end, error] =
            std::from_chars(value.data(), value.data() + value.size(), out.body_size);
        if (error != std::errc{} || end != value.data() + value.size())
            return errc::invalid_encoding;
    } else if (name.size() == 15 && equals(name, "x-forwarded-for")) {
        out.forwarded_for = value;
    } else if (name.size() == 17 && equals(name, "transfer-encoding")) {
        return errc::invalid_encoding; // where the next request begins would be unclear
    }
    return {};
}

} // namespace

result<http_head> read_http_head(std::string_view data) {
    auto const end = data.substr(0, http_head::max_size).find("\r\n\r\n");
    if (end == std::string_view::npos) {
        if (data.size() >= http_head::max_size)
            return errc::too_large;
        return errc::not_found;
    }
    http_head out;
    out.size = end + 4;
    auto rest = data.substr(0, end);
    bool is_first = true;
    while (!rest.empty() || is_first) {
        auto const stop = rest.find("\r\n");
        auto const line = rest.substr(0, stop);
        rest.remove_prefix(stop == std::string_view::npos ? rest.size() : stop + 2);
        auto const ec = is_first ? read_request_line(line, out) : read_field(line, out);
        if (ec)
            return ec;
        is_first = false;
    }
    return out;
}

tracker_path split_tracker_path(std::string_view path) {
    if (!path.starts_with('/'))
        return {};
    path.remove_prefix(1);
    auto const slash = path.find('/');
    if (slash == std::string_view::npos)
        return {{}, path};
    auto const action = path.substr(slash + 1);
    if (action.find('/') != std::string_view::npos)
        return {};
    return {path.substr(0, slash), action};
}

} // namespace tau::wire
