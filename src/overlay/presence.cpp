#include "overlay/presence.hpp"

#include "identity/binding.hpp"
#include "wire/tracker_udp.hpp"

#include <algorithm>

namespace tau::overlay {

using wire::announce_event;
using wire::wallet_action;

presence::presence(identity::keyring const& keys, random_source& random, tracker_port& port)
    : m_keys(keys), m_random(random), m_port(port), m_id(random.make<wire::peer_id>()),
      m_trackers(port.count()), m_route_budget(routes_per_second, 2 * routes_per_second, 1) {}

void presence::set_port(std::uint16_t port, bool accepts, moment now) {
    bool const is_first = !m_listen;
    m_listen = port;
    m_accepts = accepts;
    if (!is_first)
        return;
    join(own_hash(), now);
    for (auto const& topic : std::set(m_topics))
        join(topic, now);
}

void presence::join(info_hash const& topic, moment now) {
    m_topics.insert(topic);
    if (!m_listen)
        return;
    for (auto& t : m_trackers)
        t.swarms.try_emplace(topic, swarm_state{now.mono});
    if (m_wake)
        m_wake();
}

void presence::leave(info_hash const& topic, moment now) {
    if (m_topics.erase(topic) == 0 || !m_listen)
        return;
    for (std::size_t i = 0; i < m_trackers.size(); ++i)
        if (m_trackers[i].swarms.erase(topic) > 0)
            m_port.ask(
                i, signed_request(i, wallet_action::topic, topic, {}, announce_event::stopped, now),
                [](auto const&) {});
}

void presence::on_link(wallet_address const& who, bool is_up, moment now) {
    if (is_up)
        m_links.insert(who);
    else
        m_links.erase(who);
    for (auto& t : m_trackers) {
        t.changes[who] = is_up;
        schedule_links(t, now);
    }
    if (m_wake)
        m_wake();
}

void presence::schedule_links(tracker_state& t, moment now) {
    if (t.changes_due)
        return;
    auto const spread = static_cast<std::uint64_t>((link_pause_max - link_pause_min).count()) + 1;
    t.changes_due = std::max(now.mono, t.ask_again) + link_pause_min
                    + std::chrono::milliseconds(m_random.below(spread));
}

wire::announce_request presence::signed_request(std::size_t tracker, wallet_action action,
                                                info_hash const& hash,
                                                std::vector<wire::link_change> changes,
                                                announce_event event, moment now) {
    wire::announce_request out;
    out.hash = hash;
    out.id = m_id;
    out.port = m_listen.value_or(0);
    out.event = event;
    wire::wallet_part part;
    part.wallet = m_keys.wallet();
    part.action = action;
    part.accepts = m_accepts;
    part.changes = std::move(changes);
    // Rises with every request of this device, whatever the clocks do.
    auto const wall = now.wall + m_trackers[tracker].ahead;
    m_last_time = std::max(m_last_time + 1, std::int64_t{wall.time_since_epoch().count()});
    part.time_ms = m_last_time;
    part.tracker = m_port.name_of(tracker);
    // Others find us by it in the DHT, and can seal to us as a hop.
    if (action == wallet_action::topic && hash == own_hash()) {
        part.key = m_keys.key();
        part.binding = identity::encode(identity::make_binding(m_keys, wall));
    }
    out.wallet = std::move(part);
    out.wallet->sign =
        m_keys.personal_sign(as_bytes(wire::tracker_statement(out, out.wallet->tracker)));
    return out;
}

void presence::announce(std::size_t tracker, info_hash const& hash, moment now) {
    auto& swarm = m_trackers[tracker].swarms.at(hash);
    swarm.is_asking = true;
    auto const event = swarm.announced == 0 ? announce_event::started : announce_event::none;
    m_port.ask(tracker, signed_request(tracker, wallet_action::topic, hash, {}, event, now),
               [this, tracker, hash, alive = std::weak_ptr<int>(m_alive)](auto const& reply) {
                   if (!alive.expired())
                       on_announced(tracker, hash, reply);
               });
}

void presence::on_announced(std::size_t tracker, info_hash const& hash,
                            result<tracker_reply> const& reply) {
    auto const now = m_clock();
    auto& t = m_trackers[tracker];
    note(t, reply, now);
    auto const found = t.swarms.find(hash);
    if (found == t.swarms.end())
        return; // left meanwhile
    auto& swarm = found->second;
    swarm.is_asking = false;
    if (!reply || !reply.value().refusal.empty()) {
        std::chrono::seconds pause{1};
        for (std::size_t i = 0; i < swarm.failures && pause < retry_last; ++i)
            pause *= 2;
        ++swarm.failures;
        swarm.due = now.mono + std::min(pause, retry_last);
    } else {
        swarm.failures = 0;
        auto const interval = std::max(reply.value().interval, std::chrono::seconds{10});
        auto const pause = swarm.announced < early.size() ? early[swarm.announced] : interval;
        // A tracker that forgot us forgot our links as well, so all are told each time.
        if (hash == own_hash() && !m_links.empty()) {
            for (auto const& who : m_links)
                t.changes.emplace(who, true);
            schedule_links(t, now);
        }
        if (reply.value().time) { // it reads what we sign
            t.unanswered = 0;
            t.ask_again = {};
        }
        ++swarm.announced;
        swarm.due = now.mono + pause;
        if (m_observer.on_peers && !reply.value().peers.empty())
            m_observer.on_peers(hash, reply.value().peers);
    }
    if (m_wake)
        m_wake();
}

void presence::note(tracker_state& t, result<tracker_reply> const& reply, moment now) {
    t.answers = reply && reply.value().refusal.empty();
    t.problem = t.answers ? std::string() : reply ? reply.value().refusal : reply.error().message();
    if (!reply)
        return;
    t.last_answer = now.wall;
    if (reply.value().time)
        t.ahead = *reply.value().time - now.wall;
}

// That it knows nothing of links says nothing of how it serves announces.
void presence::note_own_action(tracker_state& t, result<tracker_reply> const& reply, moment now) {
    if (reply && reply.value().time)
        t.ahead = *reply.value().time - now.wall;
    if (reply && reply.value().refusal.empty()) {
        note(t, reply, now);
        t.unanswered = 0;
        t.ask_again = {};
        t.knows_links = true;
        return;
    }
    t.knows_links = false;
    std::chrono::milliseconds pause = reply ? refused_first : silent_first;
    for (std::size_t i = 0; i < t.unanswered && pause < retry_last; ++i)
        pause *= 2;
    ++t.unanswered;
    t.ask_again = now.mono + std::min<std::chrono::milliseconds>(pause, retry_last);
}

void presence::tell_links(std::size_t tracker, moment now) {
    auto& t = m_trackers[tracker];
    t.changes_due.reset();
    std::vector<wire::link_change> changes;
    while (!t.changes.empty() && changes.size() < wire::udp::max_changes) {
        auto const first = t.changes.begin();
        changes.push_back({first->first, first->second});
        t.changes.erase(first);
    }
    if (changes.empty())
        return;
    auto const head = changes.front();
    auto rest = std::vector(changes.begin() + 1, changes.end());
    t.is_telling = true;
    auto const action = head.is_claim ? wallet_action::link : wallet_action::unlink;
    m_port.ask(tracker,
               signed_request(tracker, action, {head.wallet.octets}, std::move(rest),
                              announce_event::none, now),
               [this, tracker, changes,
                alive = std::weak_ptr<int>(m_alive)](result<tracker_reply> const& reply) {
                   if (alive.expired())
                       return;
                   auto const then = m_clock();
                   auto& state = m_trackers[tracker];
                   state.is_telling = false;
                   note_own_action(state, reply, then);
                   if (!reply || !reply.value().refusal.empty())
                       for (auto const& change : changes) // newer changes win
                           state.changes.emplace(change.wallet, change.is_claim);
                   if (!state.changes.empty()) {
                       schedule_links(state, then);
                       if (m_wake)
                           m_wake();
                   }
               });
}

void presence::ask_route(wallet_address const& target, moment now) {
    if (m_routes.contains(target))
        return; // under way
    if (m_trackers.empty() || !m_listen || !m_route_budget.allow(0, now.mono)) {
        if (m_observer.on_route)
            m_observer.on_route(target, {});
        return;
    }
    std::vector<std::size_t> asked;
    for (std::size_t i = 0; i < m_trackers.size(); ++i)
        if (m_trackers[i].ask_again <= now.mono)
            asked.push_back(i);
    if (asked.empty()) {
        if (m_observer.on_route)
            m_observer.on_route(target, {});
        return;
    }
    m_routes[target] = asked.size();
    for (auto const i : asked)
        m_port.ask(
            i,
            signed_request(i, wallet_action::route, {target.octets}, {}, announce_event::none, now),
            [this, i, target, alive = std::weak_ptr<int>(m_alive)](auto const& reply) {
                if (alive.expired())
                    return;
                note_own_action(m_trackers[i], reply, m_clock());
                on_route_reply(target, reply);
            });
}

void presence::on_route_reply(wallet_address const& target, result<tracker_reply> const& reply) {
    auto const left = m_routes.find(target);
    if (left == m_routes.end())
        return;
    bool const found = reply && reply.value().route && !reply.value().route->paths.empty();
    if (found)
        m_routes_found.insert(target);
    bool const is_last = --left->second == 0;
    if (is_last)
        m_routes.erase(left);
    bool const any = is_last ? m_routes_found.erase(target) > 0 : found;
    if (!m_observer.on_route)
        return;
    if (found)
        m_observer.on_route(target, reply.value().route->paths);
    else if (is_last && !any)
        m_observer.on_route(target, {});
}

void presence::stop(moment now) {
    if (!m_listen)
        return;
    for (std::size_t i = 0; i < m_trackers.size(); ++i)
        m_port.ask(
            i,
            signed_request(i, wallet_action::topic, own_hash(), {}, announce_event::stopped, now),
            [](auto const&) {});
    m_listen.reset();
    m_trackers.assign(m_trackers.size(), {});
}

std::optional<time_point> presence::wake_at() const {
    std::optional<time_point> out;
    auto const sooner = [&out](time_point when) { out = out ? std::min(*out, when) : when; };
    for (auto const& t : m_trackers) {
        for (auto const& [hash, swarm] : t.swarms)
            if (!swarm.is_asking)
                sooner(swarm.due);
        if (t.changes_due && !t.is_telling && m_listen)
            sooner(*t.changes_due);
    }
    return out;
}

void presence::on_time(moment now) {
    for (std::size_t i = 0; i < m_trackers.size(); ++i) {
        auto& t = m_trackers[i];
        std::vector<info_hash> due;
        for (auto const& [hash, swarm] : t.swarms)
            if (!swarm.is_asking && swarm.due <= now.mono)
                due.push_back(hash);
        for (auto const& hash : due)
            announce(i, hash, now);
        if (m_listen && t.changes_due && *t.changes_due <= now.mono && !t.is_telling)
            tell_links(i, now);
    }
}

std::vector<tracker_view> presence::trackers() const {
    std::vector<tracker_view> out;
    for (std::size_t i = 0; i < m_trackers.size(); ++i)
        out.push_back({m_port.name_of(i), m_trackers[i].answers, m_trackers[i].knows_links,
                       m_trackers[i].problem, m_trackers[i].last_answer});
    return out;
}

} // namespace tau::overlay
