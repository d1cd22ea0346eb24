#include "overlay/post_spread.hpp"

#include <algorithm>
#include <utility>

namespace tau::overlay {

using wire::push_mode;

// Who was asked has a place already.
bool post_spread::is_full() const {
    return std::count_if(m_neighbours.begin(), m_neighbours.end(),
                         [](auto const& n) { return n.second.state != pushing::no; })
           >= static_cast<std::ptrdiff_t>(max_pushers);
}

std::set<wallet_address> post_spread::pushers() const {
    std::set<wallet_address> out;
    for (auto const& [who, n] : m_neighbours)
        if (n.state == pushing::yes)
            out.insert(who);
    return out;
}

void post_spread::pull(wallet_address const& from, push_mode mode, std::vector<wire::post_id> ids) {
    if (auto const body = wire::encode(wire::topic_pull{m_topic, mode, std::move(ids)}))
        m_port.send(from, wire::link_kind::topic_pull, body.value());
}

void post_spread::announce(wallet_address const& to, std::vector<wire::post_id> ids) {
    if (auto const body = wire::encode(wire::topic_have{m_topic, std::move(ids)}))
        m_port.send(to, wire::link_kind::topic_have, body.value());
}

void post_spread::on_member(wallet_address const& who, bool is_up, moment now) {
    if (is_up) {
        m_neighbours[who] = {};
        auto const count = std::min(m_order.size(), told_at_start);
        if (count > 0)
            announce(who, {m_order.end() - static_cast<std::ptrdiff_t>(count), m_order.end()});
    } else {
        m_neighbours.erase(who);
    }
    seek_pushers(now);
}

// Asks neighbours until there are enough; who has none at all must not be turned away.
void post_spread::seek_pushers(moment now) {
    m_seek.reset();
    for (auto& [who, n] : m_neighbours) {
        if (n.state == pushing::yes)
            continue;
        if (n.asked && now.mono - *n.asked < ask_pause) {
            auto const again = *n.asked + ask_pause;
            m_seek = m_seek ? std::min(*m_seek, again) : again;
            continue;
        }
        n.state = pushing::no; // it did not answer
        if (is_full())
            continue;
        bool const has_none = std::all_of(m_neighbours.begin(), m_neighbours.end(), [](auto& one) {
            return one.second.state == pushing::no;
        });
        n.asked = now.mono;
        n.state = pushing::asked;
        pull(who, has_none ? push_mode::need : push_mode::push, {});
    }
    if (is_full())
        m_seek.reset();
}

void post_spread::stop_pushing(wallet_address const& who) {
    m_neighbours.at(who).state = pushing::no;
    pull(who, push_mode::announce, {});
}

void post_spread::drop_slowest(wallet_address const& except) {
    auto slowest = m_neighbours.end();
    for (auto at = m_neighbours.begin(); at != m_neighbours.end(); ++at)
        if (at->second.state == pushing::yes && at->first != except
            && (slowest == m_neighbours.end() || at->second.late > slowest->second.late))
            slowest = at;
    if (slowest != m_neighbours.end())
        stop_pushing(slowest->first);
}

void post_spread::publish(wire::post_id const& id, byte_view body,
                          std::optional<wallet_address> const& from, moment now) {
    m_missing.erase(id);
    if (m_posts.emplace(id, to_bytes(body)).second) {
        m_order.push_back(id);
        m_bytes += body.size();
    }
    while (m_order.size() > kept_posts || m_bytes > kept_bytes) {
        auto const oldest = m_posts.find(m_order.front());
        m_bytes -= oldest->second.size();
        m_posts.erase(oldest);
        m_order.pop_front();
    }
    for (auto const& [who, n] : m_neighbours) {
        if (who == from)
            continue;
        if (n.state == pushing::yes)
            m_port.send(who, wire::link_kind::post, body);
        else
            announce(who, {id});
    }
    seek_pushers(now);
}

void post_spread::on_copy(wallet_address const& from) {
    auto const found = m_neighbours.find(from);
    if (found == m_neighbours.end())
        return;
    ++found->second.late;
    if (found->second.state == pushing::no) // it believes otherwise: our words crossed
        stop_pushing(from);
}

void post_spread::on_have(wallet_address const& from, std::vector<wire::post_id> const& unknown,
                          moment now) {
    if (!m_neighbours.contains(from))
        return;
    for (auto const& id : unknown) {
        auto found = m_missing.find(id);
        if (found == m_missing.end()) {
            if (m_missing.size() >= max_missing)
                return;
            auto const due = now.mono + (is_full() ? pull_pause : short_pull_pause);
            found = m_missing.emplace(id, missing{due, {}}).first;
            m_pull_at = m_pull_at ? std::min(*m_pull_at, due) : due;
        }
        auto& holders = found->second.holders;
        if (holders.size() < max_holders
            && std::find(holders.begin(), holders.end(), from) == holders.end())
            holders.push_back(from);
    }
}

void post_spread::on_mode(wallet_address const& from, neighbour& n, push_mode mode, moment now) {
    if (mode == push_mode::keep || (n.state == pushing::yes && mode != push_mode::announce))
        return;
    if (mode == push_mode::announce) {
        n.state = pushing::no;
        n.asked = now.mono;
    } else if (n.state == pushing::asked) {
        // The answer, or it asked at the same time. Others may have come to need us meanwhile.
        if (pushers().size() >= max_pushers)
            drop_slowest(from);
        n.state = pushing::yes;
        n.late = 0;
    } else if (mode == push_mode::push && is_full()) {
        pull(from, push_mode::announce, {});
    } else {
        if (is_full())
            drop_slowest(from);
        n.state = pushing::yes;
        n.late = 0;
        pull(from, push_mode::push, {});
    }
}

void post_spread::on_pull(wallet_address const& from, wire::topic_pull const& what,
                          std::size_t room, moment now) {
    auto const found = m_neighbours.find(from);
    if (found == m_neighbours.end())
        return;
    on_mode(from, found->second, what.mode, now);
    for (auto const& id : what.ids) {
        auto const post = m_posts.find(id);
        if (post == m_posts.end())
            continue;
        if (post->second.size() > room)
            break;
        room -= post->second.size();
        m_port.send(from, wire::link_kind::post, post->second);
    }
    seek_pushers(now);
}

// Who had a post that our pushers did not bring in time takes the place of one of them. If that
// is too soon after the last time, one of them goes all the same, since all may bring it yet.
push_mode post_spread::mode_of_pull(wallet_address const& holder, moment now) {
    auto& n = m_neighbours.at(holder);
    if (n.state != pushing::no)
        return push_mode::keep;
    bool const is_swap = !m_swapped || now.mono - *m_swapped >= swap_pause;
    if (is_swap ? is_full() : pushers().size() >= max_pushers)
        drop_slowest(holder);
    if (!is_swap)
        return push_mode::keep;
    m_swapped = now.mono;
    n.state = pushing::asked;
    n.asked = now.mono;
    return push_mode::need;
}

std::optional<time_point> post_spread::wake_at() const {
    return m_seek && m_pull_at ? std::min(*m_seek, *m_pull_at) : m_seek ? m_seek : m_pull_at;
}

void post_spread::on_time(moment now) {
    if (m_pull_at && *m_pull_at + held_up <= now.mono)
        read_first(now);
    if (m_pull_at && *m_pull_at <= now.mono)
        pull_missing(now);
    if (m_seek && *m_seek <= now.mono)
        seek_pushers(now);
}

void post_spread::read_first(moment now) {
    for (auto& [id, m] : m_missing)
        if (m.due <= now.mono && !std::exchange(m.is_late, true))
            m.due = now.mono + read_pause;
}

void post_spread::pull_missing(moment now) {
    std::map<wallet_address, std::vector<wire::post_id>> wanted;
    for (auto at = m_missing.begin(); at != m_missing.end();) {
        auto& m = at->second;
        if (m.due > now.mono) {
            ++at;
            continue;
        }
        while (!m.holders.empty() && !m_neighbours.contains(m.holders.front()))
            m.holders.pop_front();
        if (m.holders.empty() || m.asked >= max_asked) {
            at = m_missing.erase(at); // somebody may announce it again
            continue;
        }
        auto& ids = wanted[m.holders.front()];
        if (ids.size() < wire::max_post_ids) {
            ids.push_back(at->first);
            m.holders.push_back(m.holders.front());
            m.holders.pop_front();
            ++m.asked;
            m.due = now.mono + pull_again;
        } else {
            m.due = now.mono + pull_pause;
        }
        ++at;
    }
    for (auto& [who, ids] : wanted)
        pull(who, mode_of_pull(who, now), std::move(ids));
    m_pull_at.reset();
    for (auto const& [id, m] : m_missing)
        m_pull_at = m_pull_at ? std::min(*m_pull_at, m.due) : m.due;
}

} // namespace tau::overlay
