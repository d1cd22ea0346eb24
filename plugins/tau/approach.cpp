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

approach::approach(plugins::swarm_plugin& swarm, clock_source const& clock, random_source& random,
                   wallet_address const& own, plugins::swarm_options base, dial_rule rule)
    : m_swarm(swarm), m_clock(clock), m_random(random), m_own(own),
      m_options(options_to_meet(std::move(base))), m_rule(rule),
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

bool approach::is_met(info_hash const& swarm) const {
    return !m_swarm.overlay().members_of(swarm).empty();
}

template <class Filter>
approach::visits::iterator approach::whom_to_leave(visits& all, Filter may_go) const {
    auto out = all.end();
    for (auto at = all.begin(); at != all.end(); ++at)
        if (may_go(*at)
            && (out == all.end()
                || std::pair(is_met(at->first), at->second.since)
                       < std::pair(is_met(out->first), out->second.since)))
            out = at;
    return out;
}

void approach::leave(visits& all, visits::iterator which) {
    m_swarm.leave(which->first);
    all.erase(which);
}

void approach::dial(wallet_address const& who, std::optional<endpoint> where) {
    auto const swarm = plugins::swarm_of(who);
    auto const now = m_clock.now().mono;
    auto known = m_dialled.find(swarm);
    if (is_linked(who) || (known != m_dialled.end() && now - known->second.since < pause))
        return;
    // A swarm remembers for minutes whom it did not reach; one that is joined anew tries at
    // once.
    if (known == m_dialled.end() && m_dialled.size() >= max_dialled)
        known = whom_to_leave(m_dialled, [](auto const&) { return true; });
    if (known != m_dialled.end())
        leave(m_dialled, known);
    m_dialled[swarm] = {now};
    m_swarm.join(swarm, m_options);
    if (where)
        m_swarm.connect(swarm, *where);
}

// Who calls can take the place of others who called, and end no link; so it cannot bar us
// from meeting whom we ask for.
bool approach::meet(wallet_address const& who, endpoint const& where, overlay::meeting how) {
    if (m_rule == dial_rule::never || (m_refused && m_refused(who)))
        return false;
    auto const swarm = swarm_of_pair(m_own, who);
    auto const now = m_clock.now().mono;
    auto known = m_meetings.find(swarm);
    // Two neighbours may introduce us; the second must not end what the first began.
    if (known != m_meetings.end() && now - known->second.since < overlay::introducer::patience) {
        m_swarm.punch(swarm, where);
        return true;
    }
    if (known == m_meetings.end() && m_meetings.size() >= max_meetings) {
        bool const is_called = how == overlay::meeting::called;
        known = whom_to_leave(m_meetings, [&](auto const& one) {
            return !is_called || (one.second.how == overlay::meeting::called && !is_met(one.first));
        });
        if (known == m_meetings.end())
            return false;
    }
    if (known != m_meetings.end())
        leave(m_meetings, known);
    m_meetings[swarm] = {now, how};
    auto options = m_options;
    options.trackers.clear();
    m_swarm.join(swarm, std::move(options));
    m_swarm.punch(swarm, where);
    return true;
}

// At random: what neighbours say of their links is not proved.
void approach::be_introduced(wallet_address const& who, std::vector<wallet_address> by) {
    auto const now = m_clock.now().mono;
    std::erase_if(by, [this](auto const& one) { return one == m_own || !is_linked(one); });
    if (m_rule == dial_rule::never || by.empty() || is_linked(who)
        || !m_introductions.allow(who, now))
        return;
    for (std::size_t i = 0; i < max_introducers && !by.empty(); ++i) {
        auto const chosen = by.begin() + static_cast<std::ptrdiff_t>(m_random.below(by.size()));
        m_introducer.ask(*chosen, who, now);
        by.erase(chosen);
    }
}

void approach::follow(std::vector<wire::hop_path> const& paths) {
    if (m_rule == dial_rule::never || paths.empty() || paths.front().size() < 2)
        return; // nobody there, or there already
    // Who can be reached directly needs no hop: the target first, else the one before it.
    auto const& best = paths.front();
    for (auto hop = best.rbegin(); hop != best.rend() && hop - best.rbegin() < 2; ++hop)
        if (hop->accepts)
            dial(hop->wallet, hop->where);
}

} // namespace tau
