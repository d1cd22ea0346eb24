#include "forward/route_book.hpp"

#include <algorithm>

namespace tau::forward {

void route_book::on_route(wallet_address const& target, std::vector<wallet_path> paths,
                          time_point now) {
    std::erase_if(paths, [&](wallet_path const& p) { return p.empty() || p.back() != target; });
    auto known = m_routes.find(target);
    if (known != m_routes.end() && known->second.until <= now) {
        m_routes.erase(known);
        known = m_routes.end();
    }
    if (known == m_routes.end()) {
        if (m_routes.size() >= max_targets)
            std::erase_if(m_routes, [now](auto const& one) { return one.second.until <= now; });
        if (m_routes.size() >= max_targets)
            m_routes.erase(m_routes.begin());
        known = m_routes.emplace(target, answer{}).first;
    }
    auto& all = known->second;
    for (auto& path : paths)
        if (all.paths.size() < max_paths
            && std::find(all.paths.begin(), all.paths.end(), path) == all.paths.end())
            all.paths.push_back(std::move(path));
    std::stable_sort(all.paths.begin(), all.paths.end(),
                     [](auto const& a, auto const& b) { return a.size() < b.size(); });
    all.until = now + (all.paths.empty() ? bad_for : good_for);
}

void route_book::on_links(wallet_address const& neighbour, std::vector<wallet_address> links) {
    m_told[neighbour] = std::move(links);
}

std::vector<wallet_path> route_book::paths_to(wallet_address const& target, time_point now) const {
    std::vector<wallet_path> out;
    if (auto const found = m_routes.find(target);
        found != m_routes.end() && found->second.until > now)
        out = found->second.paths;
    for (auto const& [neighbour, links] : m_told)
        if (std::find(links.begin(), links.end(), target) != links.end()) {
            wallet_path path{neighbour, target};
            if (std::find(out.begin(), out.end(), path) == out.end())
                out.push_back(std::move(path));
        }
    add_far_paths(target, out, now);
    return out;
}

void route_book::on_far_links(wallet_address const& of, std::vector<wallet_address> links,
                              time_point until, time_point now) {
    if (m_far.size() >= max_far && !m_far.contains(of))
        std::erase_if(m_far, [now](auto const& one) { return one.second.until <= now; });
    if (m_far.size() >= max_far && !m_far.contains(of))
        m_far.erase(m_far.begin());
    m_far[of] = {std::move(links), until};
}

// Neighbour and target; or neighbour, one that both are linked with, and target.
void route_book::add_far_paths(wallet_address const& target, std::vector<wallet_path>& out,
                               time_point now) const {
    auto const found = m_far.find(target);
    if (found == m_far.end() || found->second.until <= now)
        return;
    auto const add = [&out](wallet_path path) {
        if (std::find(out.begin(), out.end(), path) == out.end())
            out.push_back(std::move(path));
    };
    auto const& last = found->second.links;
    for (auto const& one : last)
        if (m_told.contains(one))
            add({one, target});
    for (auto const& one : last)
        for (auto const& [neighbour, links] : m_told)
            if (out.size() < max_paths && neighbour != one && neighbour != target
                && std::find(links.begin(), links.end(), one) != links.end())
                add({neighbour, one, target});
}

bool route_book::is_fresh(wallet_address const& target, time_point now) const {
    auto const found = m_routes.find(target);
    return found != m_routes.end() && found->second.until > now;
}

} // namespace tau::forward
