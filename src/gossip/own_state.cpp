#include "gossip/own_state.hpp"

#include <algorithm>
#include <utility>

namespace tau::gossip {
namespace {

// S1: a reader treats a friend as writing for two minutes.
constexpr std::chrono::minutes writing_time{2};
constexpr std::chrono::hours endpoint_news_time{2};

} // namespace

bool own_state::set_roots(public_key const& to, std::vector<own_root> roots) {
    if (roots.empty())
        return m_roots.erase(to) > 0;
    auto& known = m_roots[to];
    if (known == roots)
        return false;
    known = std::move(roots);
    return true;
}

bool own_state::demand(public_key const& from, target const& what, unix_ms now) {
    if (demands(what))
        return false;
    if (m_demands.size() >= m_settings.max_demands)
        m_demands.erase(m_demands.begin());
    m_demands.push_back({from, what, now});
    return true;
}

bool own_state::drop_demand(target const& what) {
    return std::erase_if(m_demands, [&](demanded const& one) { return one.what == what; }) > 0;
}

void own_state::forget(public_key const& who) {
    m_roots.erase(who);
    m_writing.erase(who);
    m_incomplete.erase(who);
    std::erase_if(m_demands, [&](demanded const& one) { return one.from == who; });
}

bool own_state::has_roots() const {
    return !m_roots.empty();
}

std::size_t own_state::root_count(public_key const& to) const {
    auto const found = m_roots.find(to);
    return found == m_roots.end() ? 0 : found->second.size();
}

bool own_state::demands(target const& what) const {
    return std::any_of(m_demands.begin(), m_demands.end(),
                       [&](demanded const& one) { return one.what == what; });
}

wire::gossip_entry own_state::entry(public_key const& to, wire::gossip_type type,
                                    target const& hash, unix_ms time) const {
    return {wire::pk_id_of(m_self, m_settings.ids),
            wire::pk_id_of(to, m_settings.ids),
            type,
            hash,
            0,
            wire::minute_of(time)};
}

entry_group own_state::group_of(public_key const& to, own_root const& root) const {
    entry_group out{entry(to, root.type, root.root, root.time)};
    for (auto const& manifest : root.manifests)
        out.push_back(entry(to, wire::gossip_type::bundle, manifest, root.time));
    if (root.acknowledges)
        out.push_back(entry(to, wire::gossip_type::read_root, *root.acknowledges, root.time));
    return out;
}

std::vector<entry_group> own_state::about(public_key const& to, unix_ms now) const {
    std::vector<entry_group> out;
    if (auto const found = m_writing.find(to);
        found != m_writing.end() && now - found->second < writing_time)
        out.push_back({entry(to, wire::gossip_type::writing, {}, found->second)});
    if (auto const found = m_roots.find(to); found != m_roots.end())
        for (auto const& root : found->second)
            out.push_back(group_of(to, root));
    return out;
}

std::vector<entry_group> own_state::demand_groups(unix_ms now) const {
    std::vector<entry_group> out;
    for (auto one = m_demands.rbegin(); one != m_demands.rend(); ++one)
        if (now - one->since < m_settings.demand_lifetime)
            out.push_back({entry(one->from, wire::gossip_type::demand, one->what, one->since)});
    return out;
}

std::vector<entry_group> own_state::for_all(unix_ms now, std::uint8_t frequency) const {
    std::vector<entry_group> out;
    auto pace = entry(m_self, wire::gossip_type::frequency, {}, now);
    pace.value = frequency;
    out.push_back({pace});
    if (m_endpoint_changed && now - *m_endpoint_changed < endpoint_news_time)
        out.push_back(
            {entry(m_self, wire::gossip_type::endpoint_changed, {}, *m_endpoint_changed)});
    std::vector<std::pair<unix_ms, entry_group>> roots;
    for (auto const& [to, list] : m_roots)
        for (auto const& root : list)
            roots.emplace_back(root.time, group_of(to, root));
    std::stable_sort(roots.begin(), roots.end(),
                     [](auto const& a, auto const& b) { return a.first > b.first; });
    for (auto& [time, group] : roots)
        out.push_back(std::move(group));
    return out;
}

} // namespace tau::gossip
