#include "gossip/engine.hpp"

#include <algorithm>
#include <utility>

namespace tau::gossip {
namespace {

using namespace std::chrono_literals;

// While the user acts, gossip is as prompt as when it is on mains.
constexpr auto active_time = 5min;
constexpr auto expire_pause = 10min;
// Roots of which we remember who carries them.
constexpr std::size_t max_carried_roots = 8'192;
// Friends whose failures and lookups are counted at one time.
constexpr std::size_t max_accounts = 10'000;

void earlier(std::optional<time_point>& out, std::optional<time_point> const& when) {
    if (when)
        out = out ? std::min(*out, *when) : *when;
}

} // namespace

engine::engine(config const& settings, public_key const& self, random_source& random)
    : m_settings(settings), m_self(self), m_own(settings, self), m_relayed(settings),
      m_mailbox(settings), m_budget(settings),
      m_failures(settings.failures_per_friend / 3600 / settings.failures_per_friend,
                 settings.failures_per_friend, max_accounts),
      m_lookups(settings.lookups_per_second, settings.lookups_burst, max_accounts),
      m_page_reads(settings.pages_per_second, settings.pages_burst, max_accounts),
      m_visits(settings, random) {}

void engine::start(moment now) {
    m_running = true;
    m_started = now.mono;
    m_visits.start(now);
    m_dirty = true;
    m_publish_earliest = now.mono + m_settings.first_publication;
    m_expire_at = now.mono + expire_pause;
    drop_all(m_mailbox.expire(now.wall));
}

void engine::add_friend(public_key const& who, moment now) {
    m_ids.add(who);
    m_friends.try_emplace(who);
    m_visits.add(who, now.mono);
}

void engine::remove_friend(public_key const& who) {
    m_ids.remove(who);
    m_friends.erase(who);
    m_visits.remove(who);
    m_own.forget(who);
    m_relayed.forget(who);
    m_budget.forget(who);
    m_carry_at.erase(who);
    drop_all(m_mailbox.forget(who));
    std::erase_if(m_fetch_line, [&](fetch_item const& one) {
        return one.sender.account == who || one.receiver.account == who;
    });
}

void engine::set_own_roots(public_key const& to, std::vector<own_root> roots, moment now,
                           bool complete) {
    m_own.set_complete(to, complete);
    bool const was_dirty = m_dirty;
    bool const was_telling = m_tell_at.has_value();
    bool const grew = roots.size() >= std::max<std::size_t>(m_own.root_count(to), 1);
    if (!m_own.set_roots(to, std::move(roots)))
        return;
    news(now);
    // Whoever is there may acknowledge it before anybody else need know.
    auto const delay = is_online(to, now.mono) ? m_settings.own_root_delay : m_settings.tell_pause;
    auto const earliest = m_published ? *m_published + publish_gap(now) : m_publish_earliest;
    if (!was_dirty || grew)
        m_publish_earliest = std::max(earliest, now.mono + delay);
    if (!was_telling)
        m_tell_at = now.mono + m_settings.own_root_delay;
}

void engine::on_writing(public_key const& to, moment now) {
    m_own.set_writing(to, now.wall);
    on_user_active(now);
    if (is_online(to, now.mono))
        m_actions.emplace_back(tell{to});
}

void engine::on_own_endpoint_changed(moment now) {
    m_own.set_endpoint_changed(now.wall);
    news(now);
}

void engine::on_user_active(moment now) {
    m_active_until = now.mono + active_time;
}

// Something that others should know has changed.
void engine::news(moment now) {
    ++m_version;
    m_dirty = true;
    if (!m_tell_at)
        m_tell_at = now.mono + m_settings.tell_pause;
}

void engine::on_visited(public_key const& who, moment now) {
    m_visits.on_visit_ended(who, now.mono);
}

bool engine::has_news_for(public_key const& to) const {
    auto const found = m_friends.find(to);
    return found != m_friends.end() && found->second.told < m_version;
}

void engine::on_told(public_key const& to, std::uint64_t version) {
    if (auto const found = m_friends.find(to); found != m_friends.end())
        found->second.told = std::max(found->second.told, version);
}

void engine::on_online(public_key const& who, moment now) {
    auto const found = m_friends.find(who);
    if (found == m_friends.end())
        return;
    bool const was = is_online(who, now.mono);
    found->second.online_until = now.mono + m_settings.online_time;
    if (!was && m_running)
        m_actions.emplace_back(friend_seen{who, now.wall, true});
}

void engine::on_offline(public_key const& who) {
    if (auto const found = m_friends.find(who); found != m_friends.end())
        found->second.online_until.reset();
}

bool engine::is_online(public_key const& who, time_point now) const {
    auto const found = m_friends.find(who);
    return found != m_friends.end() && found->second.online_until
           && now < *found->second.online_until;
}

void engine::on_missing(public_key const& from, target const& what, moment now) {
    if (m_own.demand(from, what, now.wall))
        news(now);
}

void engine::on_found(target const& what) {
    m_own.drop_demand(what);
    m_relayed.drop(what);
    for (auto& [key, one] : m_friends)
        one.hints.erase(what);
}

void engine::on_fetched(fetch_item const& what, std::size_t size,
                        std::vector<target> const& members, moment now) {
    m_fetching.erase(what.what);
    held_item item{what.what, what.sender, what.receiver, what.parent};
    item.type = what.type;
    item.is_manifest = what.is_manifest;
    item.size = size;
    item.minute = what.minute;
    item.received = now.wall;
    drop_all(m_mailbox.add(item));
    m_relayed.drop(what.what); // from now on it is carried as held
    for (auto const& member : members) {
        auto next = what;
        next.what = member;
        next.is_manifest = false;
        if (m_fetch_line.size() < m_settings.max_fetches_waiting && !m_mailbox.has(member))
            m_fetch_line.insert(m_fetch_line.begin(), next); // after every sealed message
    }
    news(now);
    put_for(what.receiver, now); // the copy that we got may be among the last
    if (what.receiver.stranger)
        m_carry_at.try_emplace(what.sender.account, now.mono + m_settings.carry_delay);
    start_fetches(now.mono);
}

void engine::on_not_fetched(fetch_item const& what, moment now) {
    m_fetching.erase(what.what);
    m_relayed.drop(what.what); // perhaps it never was
    on_lie(what.holder, now);
    start_fetches(now.mono);
}

void engine::restore_held(held_item item) {
    drop_all(m_mailbox.add(std::move(item)));
}

void engine::drop_all(std::vector<target> const& gone) {
    for (auto const& what : gone)
        m_actions.emplace_back(drop_item{what});
}

bool engine::follows(public_key const& told_by, moment now) {
    return m_failures.wait_for(told_by, now.mono) == duration::zero();
}

void engine::on_lie(public_key const& told_by, moment now) {
    (void)m_failures.allow(told_by, now.mono);
}

void engine::start_fetches(time_point now) {
    while (m_fetching.size() < m_settings.max_fetches && !m_fetch_line.empty()) {
        auto next = m_fetch_line.back();
        m_fetch_line.pop_back();
        if (m_mailbox.has(next.what) || m_fetching.contains(next.what)
            || !m_mailbox.would_take(next.sender.account)
            || m_failures.wait_for(next.holder, now) > duration::zero())
            continue;
        m_fetching.emplace(next.what, next);
        m_actions.emplace_back(next);
    }
}

bool engine::may_serve(serve_item const& what, std::size_t size, moment now) {
    bool const ok = (what.direct || m_budget.may_put(what.what, now.mono))
                    && m_budget.charge(what.to, size, now.mono);
    ++(ok ? m_counts.served_demands : m_counts.refused_demands);
    return ok;
}

std::uint8_t engine::frequency(moment now) const {
    if (m_settings.frequency != 0)
        return m_settings.frequency;
    if (m_power == power_state::saving)
        return 60;
    bool const active = m_active_until && now.mono < *m_active_until;
    return active || m_power == power_state::plugged ? (active ? 10 : 30) : 60;
}

std::chrono::milliseconds engine::publish_gap(moment now) const {
    // Who has just come learns much and may be gone soon.
    bool const eager = now.mono - m_started < m_settings.eager_time;
    std::chrono::milliseconds const pace = std::chrono::seconds(frequency(now));
    return eager ? std::min(pace, m_settings.eager_publish_gap) : pace;
}

std::chrono::minutes engine::renewal() const {
    return m_mailbox.waits() || m_own.has_roots() ? m_settings.renewal_with_mail
                                                  : m_settings.renewal;
}

std::optional<time_point> engine::publish_at() const {
    if (!m_running)
        return std::nullopt;
    if (!m_published)
        return m_publish_earliest;
    auto const renew_at = *m_published + renewal();
    return m_dirty ? std::min(m_publish_earliest, renew_at) : renew_at;
}

void engine::publish_now(moment now) {
    bool const is_renewal = !m_published || now.mono - *m_published >= renewal();
    m_published = now.mono;
    m_publish_earliest = now.mono + publish_gap(now);
    m_dirty = false;
    arrange_pages(is_renewal, now);
    m_actions.emplace_back(publish{is_renewal});
    // What a vector names is published with it, unless the last put is fresh.
    if (is_renewal)
        for (auto const& receiver : m_mailbox.receivers()) {
            put_for(receiver, now);
            if (receiver.stranger)
                m_carry_at.insert_or_assign(receiver.account, now.mono);
        }
}

// Held items whose copies in the DHT have gone or soon will be.
void engine::put_for(party const& receiver, moment now) {
    for (auto const* item : m_mailbox.for_receiver(receiver)) {
        auto const sealed = unix_ms(std::chrono::minutes(item->minute));
        auto const last = item->last_put ? std::max(*item->last_put, sealed) : sealed;
        if (now.wall - last < m_settings.item_put_pause || !m_budget.may_put(item->what, now.mono))
            continue;
        if (!m_budget.charge(receiver.account, item->size, now.mono))
            return;
        auto const what = item->what;
        m_actions.emplace_back(put_item{what});
        m_mailbox.on_put(what, now.wall);
    }
}

// Whoever does not know us reads of its mail with the sender, whose own copies may be gone.
void engine::carry_due(time_point now) {
    for (auto at = m_carry_at.begin(); at != m_carry_at.end();) {
        if (now < at->second) {
            ++at;
            continue;
        }
        if (auto const minute = m_mailbox.newest_to_strangers(at->first))
            m_actions.emplace_back(carry_vector{at->first, *minute});
        at = m_carry_at.erase(at);
    }
}

void engine::tell_online(moment now) {
    m_tell_at.reset();
    std::size_t count = 0;
    for (auto& [key, one] : m_friends) {
        if (one.told >= m_version || !one.online_until || now.mono >= *one.online_until)
            continue;
        if (++count > m_settings.max_told_at_once) {
            m_tell_at = now.mono + m_settings.tell_pause;
            return;
        }
        m_actions.emplace_back(tell{key});
    }
}

std::optional<time_point> engine::wake_at() const {
    if (!m_running)
        return std::nullopt;
    std::optional<time_point> out = m_expire_at;
    earlier(out, publish_at());
    earlier(out, m_tell_at);
    earlier(out, m_visits.wake_at());
    for (auto const& [who, when] : m_carry_at)
        earlier(out, when);
    return out;
}

void engine::on_time(moment now) {
    if (!m_running)
        return;
    if (m_tell_at && now.mono >= *m_tell_at)
        tell_online(now);
    if (auto const when = publish_at(); when && now.mono >= *when)
        publish_now(now);
    carry_due(now.mono);
    while (auto const who = m_visits.next(now.mono))
        m_actions.emplace_back(visit{*who});
    if (now.mono >= m_expire_at) {
        m_expire_at = now.mono + expire_pause;
        drop_all(m_mailbox.expire(now.wall));
        if (m_carriers.size() >= max_carried_roots)
            m_carriers.clear();
    }
}

std::vector<action> engine::take_actions() {
    return std::exchange(m_actions, {});
}

void engine::add_carrier(target const& root, public_key const& who) {
    if (m_carriers.size() < max_carried_roots || m_carriers.contains(root))
        m_carriers[root].insert(who);
}

std::vector<public_key> engine::holders_of(target const& root, time_point now) const {
    std::vector<public_key> out;
    auto const found = m_carriers.find(root);
    if (found != m_carriers.end())
        for (auto const& who : found->second)
            if (is_online(who, now))
                out.push_back(who);
    return out;
}

std::size_t engine::carriers_of(target const& root) const {
    auto const found = m_carriers.find(root);
    return found == m_carriers.end() ? 0 : found->second.size();
}

std::optional<std::uint8_t> engine::frequency_of(public_key const& who) const {
    auto const found = m_friends.find(who);
    return found == m_friends.end() ? std::nullopt : found->second.frequency;
}

counts engine::totals(time_point now) const {
    auto out = m_counts;
    out.held_items = m_mailbox.size();
    out.held_bytes = m_mailbox.bytes();
    out.relayed = m_relayed.size();
    out.demands = m_own.demand_count();
    for (auto const& [key, one] : m_friends)
        out.online += one.online_until && now < *one.online_until ? 1U : 0U;
    return out;
}

} // namespace tau::gossip
