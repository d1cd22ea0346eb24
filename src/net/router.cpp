#include "net/router.hpp"

#include "net/http_target.hpp"

#include <stdexcept>

namespace tau::net {
namespace {

bool is_name(std::string const& segment) {
    return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

std::optional<query_map> match_path(std::vector<std::string> const& pattern,
                                    std::vector<std::string> const& segments) {
    if (pattern.size() != segments.size())
        return std::nullopt;
    query_map out;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (is_name(pattern[i])) {
            if (segments[i].empty())
                return std::nullopt;
            out.emplace(pattern[i].substr(1, pattern[i].size() - 2), segments[i]);
        } else if (pattern[i] != segments[i]) {
            return std::nullopt;
        }
    }
    return out;
}

} // namespace

void router::add(route what) {
    auto target = parse_target(what.pattern);
    if (!target)
        throw std::invalid_argument("route pattern " + what.pattern);
    m_entries.push_back({std::move(target.value().segments), std::move(what)});
}

router::outcome router::find(std::string_view method,
                             std::vector<std::string> const& segments) const {
    std::string allowed;
    for (auto const& e : m_entries) {
        auto path = match_path(e.segments, segments);
        if (!path)
            continue;
        if (e.what.method == method)
            return {match{&e.what, std::move(*path)}, {}};
        allowed += (allowed.empty() ? "" : ", ") + e.what.method;
    }
    if (allowed.empty())
        return {std::nullopt, error_response(404, "not_found", "there is nothing at this path")};
    auto refusal = error_response(405, "invalid_argument", "the path takes another method");
    refusal.fields.emplace_back("Allow", allowed);
    return {std::nullopt, std::move(refusal)};
}

} // namespace tau::net
