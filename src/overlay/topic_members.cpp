#include "overlay/topic_members.hpp"

#include <algorithm>

namespace tau::overlay {

topic_members::topic_members(info_hash const& topic, topic_port& port, random_source& random,
                             member_limits limits, moment now)
    : m_topic(topic), m_port(port), m_random(random), m_limits(limits), m_search_at(now.mono),
      m_mix_at(now.mono + mix_pause) {}

std::size_t topic_members::size() const {
    return static_cast<std::size_t>(std::count_if(m_members.begin(), m_members.end(),
                                                  [](auto const& m) { return !m.second.parting; }));
}

bool topic_members::has(wallet_address const& who) const {
    auto const found = m_members.find(who);
    return found != m_members.end() && !found->second.parting;
}

void topic_members::greet(wallet_address const& who) {
    wire::topic_member const note{m_topic, static_cast<std::uint8_t>(m_said_links)};
    if (auto const body = wire::encode(note))
        m_port.send(who, wire::link_kind::topic_member, body.value());
}

void topic_members::greet_if_changed() {
    if (std::exchange(m_said_links, size()) == m_said_links)
        return;
    for (auto const& [who, m] : m_members)
        if (!m.parting)
            greet(who);
}

void topic_members::on_member(wallet_address const& who, bool is_up, moment now) {
    if (!is_up) {
        if (m_members.erase(who) > 0)
            m_changes.emplace_back(who, false);
        greet_if_changed();
        dial(now);
        return;
    }
    m_members[who] = {now.mono};
    m_changes.emplace_back(who, true);
    // The oldest try is taken for this link's: the address of an accepted one is not known.
    if (auto const where = m_port.endpoint_of(who); where && m_dialling.contains(*where))
        m_dialling.erase(*where);
    else if (!m_dialling.empty())
        m_dialling.erase(
            std::min_element(m_dialling.begin(), m_dialling.end(),
                             [](auto const& a, auto const& b) { return a.second < b.second; }));
    greet_if_changed();
}

void topic_members::on_greeting(wallet_address const& who, std::size_t links, moment now) {
    auto const found = m_members.find(who);
    if (found == m_members.end())
        return;
    found->second.links = links;
    keep_within_limit(now);
}

// The newest, unless it is poor and somebody can spare the link.
wallet_address topic_members::whom_to_part_with() const {
    auto newest = m_members.end();
    for (auto at = m_members.begin(); at != m_members.end(); ++at)
        if (!at->second.parting
            && (newest == m_members.end() || at->second.since >= newest->second.since))
            newest = at;
    auto const has = newest->second.links.value_or(m_limits.max_links);
    if (has >= member_limits::poor)
        return newest->first;
    std::size_t most = has + 2;
    std::vector<wallet_address> rich;
    for (auto const& [who, m] : m_members) {
        auto const theirs = m.links.value_or(0);
        if (m.parting || theirs < most)
            continue;
        if (theirs > most)
            rich.clear();
        most = theirs;
        rich.push_back(who);
    }
    return rich.empty() ? newest->first : rich[m_random.below(rich.size())];
}

void topic_members::keep_within_limit(moment now) {
    while (size() > m_limits.max_links) {
        auto const leaving = whom_to_part_with();
        // Who makes room for somebody is told of just that one.
        std::optional<endpoint> newcomer;
        auto const newest =
            std::max_element(m_members.begin(), m_members.end(), [](auto const& a, auto const& b) {
                return a.second.since < b.second.since;
            });
        if (newest->first != leaving)
            newcomer = m_port.endpoint_of(newest->first);
        part_with(leaving, newcomer, now);
    }
    greet_if_changed();
}

void topic_members::part_with(wallet_address const& who, std::optional<endpoint> first,
                              moment now) {
    m_members.at(who).parting = now.mono + parting_timeout;
    m_changes.emplace_back(who, false);
    wire::topic_parting parting{m_topic, {}};
    if (first)
        parting.members.push_back(*first);
    std::vector<endpoint> others;
    for (auto const& [other, m] : m_members)
        if (auto const where = m_port.endpoint_of(other);
            where && other != who && !m.parting && where != first)
            others.push_back(*where);
    while (!others.empty() && parting.members.size() < wire::max_told_members) {
        auto const chosen = m_random.below(others.size());
        parting.members.push_back(others[chosen]);
        others.erase(others.begin() + static_cast<std::ptrdiff_t>(chosen));
    }
    if (auto const body = wire::encode(parting))
        m_port.send(who, wire::link_kind::topic_parting, body.value());
}

void topic_members::on_parting(wallet_address const& who, std::vector<endpoint> const& others,
                               moment now) {
    if (m_members.erase(who) == 0)
        return;
    m_changes.emplace_back(who, false);
    m_port.part(m_topic, who);
    greet_if_changed();
    // The first is the one that took our place, and has room for us.
    if (!others.empty())
        m_candidates.erase(others.front());
    on_candidates(others, now);
}

void topic_members::on_candidates(std::vector<endpoint> const& found, moment now) {
    for (auto const& where : found) {
        if (where.port() == 0)
            continue;
        if (m_candidates.size() >= max_candidates && !m_candidates.contains(where)) {
            auto random = m_candidates.begin();
            std::advance(random, static_cast<std::ptrdiff_t>(m_random.below(m_candidates.size())));
            m_candidates.erase(random);
        }
        m_candidates.try_emplace(where);
    }
    dial(now);
}

bool topic_members::dial_one(moment now) {
    std::set<endpoint> linked;
    for (auto const& [who, m] : m_members)
        if (auto const where = m_port.endpoint_of(who))
            linked.insert(*where);
    std::vector<endpoint> open;
    for (auto const& [where, c] : m_candidates)
        if (!linked.contains(where) && (!c.tried || now.mono - *c.tried >= redial_pause))
            open.push_back(where);
    if (open.empty())
        return false;
    auto const chosen = open[m_random.below(open.size())];
    m_candidates.at(chosen).tried = now.mono;
    m_dialling[chosen] = now.mono;
    m_port.connect(m_topic, chosen);
    return true;
}

void topic_members::dial(moment now) {
    while (size() + m_dialling.size() < m_limits.wanted() && dial_one(now)) {
    }
}

void topic_members::search(moment now) {
    m_port.find_members(m_topic);
    bool const is_content = size() >= m_limits.wanted();
    m_search_at = now.mono + (is_content ? mix_pause : m_search_pause);
    m_search_pause = is_content ? first_search : std::min(2 * m_search_pause, last_search);
}

std::optional<time_point> topic_members::wake_at() const {
    auto out = std::min(m_search_at, m_mix_at);
    for (auto const& [where, since] : m_dialling)
        out = std::min(out, since + dial_timeout);
    bool const is_over = size() > m_limits.max_links;
    for (auto const& [who, m] : m_members) {
        if (m.parting)
            out = std::min(out, *m.parting);
        else if (is_over && !m.links)
            out = std::min(out, m.since + greeting_timeout);
    }
    return out;
}

void topic_members::on_time(moment now) {
    for (auto const& [who, m] : std::map(m_members)) {
        if (m.parting && *m.parting <= now.mono) {
            m_members.erase(who);
            m_port.part(m_topic, who);
        } else if (!m.parting && !m.links && now.mono - m.since >= greeting_timeout
                   && size() > m_limits.max_links) {
            on_greeting(who, m_limits.max_links, now);
        }
    }
    std::erase_if(m_dialling, [&](auto const& d) { return now.mono - d.second >= dial_timeout; });
    if (m_search_at <= now.mono)
        search(now);
    if (m_mix_at <= now.mono) {
        auto const spread = static_cast<std::uint64_t>(
            std::chrono::duration_cast<std::chrono::milliseconds>(mix_pause).count());
        m_mix_at = now.mono + mix_pause + std::chrono::milliseconds(m_random.below(spread));
        (void)dial_one(now);
    }
    dial(now);
}

} // namespace tau::overlay
