#include "tracker/history.hpp"

namespace tau::tracker {
namespace {

// A timer that fires a little early must not lose every other sample.
constexpr std::chrono::milliseconds slack{500};

} // namespace

std::optional<history::range> history::range_named(std::string_view name) {
    for (std::size_t i = 0; i < range_count; ++i)
        if (resolutions[i].name == name)
            return static_cast<range>(i);
    return std::nullopt;
}

void history::add(moment now, values const& what) {
    for (std::size_t i = 0; i < range_count; ++i) {
        auto const& how = resolutions[i];
        auto& s = m_series[i];
        if (s.last && now.mono - *s.last + slack < how.step)
            continue;
        s.last = now.mono;
        if (s.ring.size() < how.size) {
            s.ring.push_back({now.wall, what});
        } else {
            s.ring[s.next] = {now.wall, what};
            s.next = (s.next + 1) % how.size;
        }
    }
}

std::vector<history::sample> history::since(range which, unix_ms after) const {
    auto const& s = m_series[static_cast<std::size_t>(which)];
    std::vector<sample> out;
    for (std::size_t i = 0; i < s.ring.size(); ++i)
        if (auto const& one = s.ring[(s.next + i) % s.ring.size()]; one.when > after)
            out.push_back(one);
    return out;
}

} // namespace tau::tracker
