#include "plugins/tau/approach.hpp"

#include "core/hex.hpp"
#include "overlay/topics.hpp"

#include <algorithm>
#include <utility>

namespace tau {
namespace {

constexpr std::size_t max_introduced = 1024;

plugins::swarm_options options_to_meet(plugins::swarm_options base) {
    base.max_connections = approach::connections;
    base.in_dht = false;
    return base;
}

// A swarm of these two alone: in others a connection to the same address, that will fail, may
// be under way.
info_hash swarm_of_pair(wallet_address const& a, wallet_address const& b) {
    return overlay::topic_hash("tau-rendezvous-v1 " + to_hex(std::min(a, b)) + " "
                               + to_hex(std::max(a, b)));
}

} // namespace

approach::approach(plugins::swarm_plugin& swarm, clock_source const& clock,
                   wallet_address const& own, plugins::swarm_options base)
    : m_swarm(swarm), m_clock(clock), m_own(own), m_options(options_to_meet(std::move(base))),
      m_introductions(1.0 / static_cast<double>(pause.count()), 1, max_introduced) {}

bool approach::is_linked(wallet_address const& who) const {
    return who == m_own || m_swarm.overlay().is_linked(who);
}

std::optional<endpoint> approach::seen_at(wallet_address const& who) const {
    return m_swarm.overlay().seen_at(who);
}

void approach::send(wallet_address const& to, wire::link_kind kind, byte_view body) {
    (void)m_swarm.overlay().send(to, kind, body);
}

// A swarm remembers for minutes whom it did not reach; one that is joined anew tries at once.
void approach::join(info_hash const& swarm, plugins::swarm_options const& options) {
    if (m_joined.contains(swarm)) {
        m_swarm.leave(swarm);
    } else if (m_joined.size() >= max_joined) {
        auto const oldest =
            std::min_element(m_joined.begin(), m_joined.end(),
                             [](auto const& a, auto const& b) { return a.second < b.second; });
        m_swarm.leave(oldest->first);
        m_joined.erase(oldest);
    }
    m_joined[swarm] = m_clock.now().mono;
    m_swarm.join(swarm, options);
}

void approach::dial(wallet_address const& who, std::optional<endpoint> where) {
    auto const swarm = plugins::swarm_of(who);
    auto const known = m_joined.find(swarm);
    if (is_linked(who) || (known != m_joined.end() && m_clock.now().mono - known->second < pause))
        return;
    join(swarm, m_options);
    if (where)
        m_swarm.connect(swarm, *where);
}

void approach::meet(wallet_address const& who, endpoint const& where) {
    auto options = m_options;
    options.trackers.clear();
    auto const swarm = swarm_of_pair(m_own, who);
    join(swarm, options);
    m_swarm.punch(swarm, where);
}

void approach::be_introduced(wallet_address const& who, std::vector<wallet_address> const& by) {
    auto const now = m_clock.now().mono;
    if (by.empty() || is_linked(who) || !m_introductions.allow(who, now))
        return;
    auto const count = std::min(by.size(), max_introducers);
    for (std::size_t i = 0; i < count; ++i)
        m_introducer.ask(by[i], who, now);
}

void approach::follow(std::vector<wire::hop_path> const& paths) {
    if (paths.empty() || paths.front().size() < 2)
        return; // nobody there, or there already
    // Who can be reached directly needs no hop: the target first, else the one before it.
    auto const& best = paths.front();
    for (auto hop = best.rbegin(); hop != best.rend() && hop - best.rbegin() < 2; ++hop)
        if (hop->accepts)
            dial(hop->wallet, hop->where);
    // Whether it does is what it says itself.
    std::vector<wallet_address> common;
    for (auto const& path : paths)
        if (path.size() == 2)
            common.push_back(path.front().wallet);
    be_introduced(best.back().wallet, common);
}

} // namespace tau
