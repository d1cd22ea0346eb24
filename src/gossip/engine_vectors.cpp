#include "gossip/engine.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

// What is said: to everybody in vector and pages, and to one friend.
namespace tau::gossip {
namespace {

// Of our own roots and of the mail that we hold, so much comes before the rest of either.
constexpr std::size_t first_of_each = 8;

void move_some(std::vector<entry_group>& from, std::size_t count, std::vector<entry_group>& to) {
    auto const end = from.begin() + static_cast<std::ptrdiff_t>(std::min(count, from.size()));
    std::move(from.begin(), end, std::back_inserter(to));
    from.erase(from.begin(), end);
}

} // namespace

// All that pages may say, the most wanted first; how we publish comes first of all.
std::vector<entry_group> engine::sayings(moment now) const {
    auto own = m_own.for_all(now.wall, frequency(now));
    auto demands = m_own.demand_groups(now.wall);
    auto mail = m_mailbox.groups();
    std::vector<entry_group> out;
    move_some(own, 1, out);
    move_some(demands, demands.size(), out);
    move_some(own, first_of_each, out);
    move_some(mail, first_of_each, out);
    move_some(own, own.size(), out);
    move_some(mail, mail.size(), out);
    return out;
}

void engine::arrange_pages(bool afresh, moment now) {
    bool const eager = now.mono - m_started < m_settings.eager_time;
    auto const pause = eager ? m_settings.eager_page_pause : m_settings.page_pause;
    if (!afresh && m_paged && now.mono - *m_paged < pause)
        return;
    auto plan =
        m_pages.arrange(sayings(now), vector_builder(m_self, m_settings.ids, now.wall), afresh);
    for (auto& [id, what] : plan.made)
        m_actions.emplace_back(make_page{id, std::move(what)});
    for (auto const& what : plan.dropped)
        m_actions.emplace_back(drop_page{what});
    if (!plan.made.empty())
        m_paged = now.mono;
}

wire::gossip_vector engine::vector_for_all(moment now) const {
    vector_builder out(m_self, m_settings.ids, now.wall);
    return fill(out, true, now);
}

wire::gossip_vector engine::vector_for(public_key const& to, moment now, std::size_t limit) const {
    vector_builder out(m_self, m_settings.ids, now.wall, limit);
    bool complete = true;
    for (auto& group : m_own.about(to, now.wall))
        complete = out.add(std::move(group)) && complete;
    for (auto& group : m_mailbox.groups(to))
        if (!out.add(std::move(group)))
            break;
    auto const id = wire::pk_id_of(to, m_settings.ids);
    for (auto& group : m_relayed.groups_for(id, wire::minute_of(now.wall)))
        if (!out.add(std::move(group)))
            break;
    return fill(out, complete, now);
}

// Names the pages and says what is in none, as far as there is room.
wire::gossip_vector engine::fill(vector_builder& out, bool complete, moment now) const {
    for (auto const& page : m_pages.pages())
        complete = out.add({out.page_entry(page)}) && complete;
    auto const own = wire::pk_id_of(m_self, m_settings.ids);
    for (auto const& group : sayings(now)) {
        bool const said = m_pages.says(group) || out.add(group);
        complete = complete && (said || group.front().sender != own);
    }
    for (auto& group : m_relayed.groups(wire::minute_of(now.wall)))
        if (!out.add(std::move(group)))
            break;
    return out.finish(complete && m_own.is_complete());
}

} // namespace tau::gossip
