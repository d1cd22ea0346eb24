#include "dht/put_queue.hpp"

#include <algorithm>
#include <utility>

namespace tau::dht {
namespace {

enum : std::uint32_t { tag_get = 0, tag_put = 1 };

// Pause before the second attempt if nobody at all took the item: most likely the DHT
// has only just come up.
constexpr std::chrono::milliseconds first_pause{1000};

// Share of the upload limit that puts of immutable items may fill, and how many seconds of
// it at once.
constexpr double upload_share = 0.5;
constexpr double upload_burst_seconds = 10;
// What one put sends: the value to each of the closest nodes, and the queries that find them.
constexpr double store_overhead_bytes = 250;
constexpr double lookup_bytes = 3'000;

} // namespace

put_queue::put_queue(engine_core& core)
    : m_core(core),
      m_upload(core.settings.upload_bytes_per_second * upload_share,
               core.settings.upload_bytes_per_second * upload_share * upload_burst_seconds, 1),
      m_alarm(core.next_id()) {}

void put_queue::put(target const& what, wire::mutable_item item, put_observer observer,
                    moment now) {
    auto fresh = std::make_unique<job>(
        job{m_core.next_id(), what, std::move(item), {}, std::move(observer)});
    enter(std::move(fresh), now);
}

void put_queue::put_immutable(target const& what, bytes value, put_observer observer, moment now) {
    auto fresh = std::make_unique<job>(
        job{m_core.next_id(), what, std::nullopt, std::move(value), std::move(observer)});
    enter(std::move(fresh), now);
}

void put_queue::forget(target const& what, moment now) {
    if (auto const found = m_by_target.find(what); found != m_by_target.end())
        finish(*m_jobs.at(found->second), now);
}

void put_queue::enter(std::unique_ptr<job> fresh, moment now) {
    forget(fresh->what, now);
    ++m_core.counts.puts_started;
    if (m_jobs.size() >= m_core.settings.max_puts_queued) {
        ++m_core.counts.puts_failed;
        report(*fresh);
        return;
    }
    m_by_target.emplace(fresh->what, fresh->id);
    if (fresh->item) // a channel never waits behind the items of a picture
        m_waiting.push_front(fresh->id);
    else
        m_waiting.push_back(fresh->id);
    m_jobs.emplace(fresh->id, std::move(fresh));
    start_waiting(now);
}

void put_queue::start_waiting(moment now) {
    while (!m_waiting.empty() && m_active < m_core.settings.max_puts_in_flight) {
        auto* j = find(m_waiting.front());
        if (j && j->at == state::waiting && !may_begin(*j, now))
            break;
        m_waiting.pop_front();
        if (!j || j->at != state::waiting)
            continue;
        ++m_active;
        attempt(*j, now);
    }
}

bool put_queue::may_begin(job const& j, moment now) {
    if (j.item)
        return true;
    auto const octets = static_cast<double>(m_core.settings.put_nodes)
                            * (static_cast<double>(j.value.size()) + store_overhead_bytes)
                        + lookup_bytes;
    auto const wait = m_upload.wait_for(0, now.mono, octets);
    if (wait == duration::zero() || wait == duration::max())
        return m_upload.allow(0, now.mono, octets) || wait == duration::max();
    m_core.deadlines.set(m_alarm, now.mono + wait);
    return false;
}

put_queue::job* put_queue::find(std::uint64_t id) {
    auto const found = m_jobs.find(id);
    return found == m_jobs.end() ? nullptr : found->second.get();
}

// Odd attempts walk by ourselves if we know whom to ask, even ones leave it to the session.
void put_queue::attempt(job& j, moment now) {
    ++j.attempt;
    if (j.attempt > 1)
        ++m_core.counts.puts_retried;
    if (j.attempt % 2 == 0) {
        traverse(j, now);
    } else if (!m_core.nodes.empty()) {
        walk(j, now);
    } else {
        // The session has told us no node yet; its own put would wait for all that are dead.
        j.at = state::seeking;
        j.deadline = now.mono + m_core.settings.nodes_wait;
        m_core.actions.emplace_back(want_nodes{});
        set_deadline(j);
    }
}

void put_queue::on_nodes(moment now) {
    std::vector<std::uint64_t> seeking;
    for (auto const& [id, j] : m_jobs)
        if (j->at == state::seeking && !m_core.nodes.empty())
            seeking.push_back(id);
    for (auto const id : seeking)
        if (auto* j = find(id))
            walk(*j, now);
}

void put_queue::walk(job& j, moment now) {
    j.at = state::walking;
    j.deadline.reset();
    j.walk.emplace(m_core.settings, j.what, m_core.resend_after());
    j.walk->begin(m_core.nodes);
    walk_on(j, now);
}

void put_queue::traverse(job& j, moment now) {
    j.at = state::traversing;
    j.deadline = now.mono + m_core.settings.put_timeout;
    if (j.item)
        m_core.actions.emplace_back(start_put{*j.item});
    else
        m_core.actions.emplace_back(start_put_immutable{j.what, j.value});
    set_deadline(j);
}

void put_queue::walk_on(job& j, moment now) {
    for (auto const& step : j.walk->take()) {
        if (auto const* ask = std::get_if<store_walk::ask>(&step)) {
            // With our own seq only a newer item would be sent along.
            wire::get_query query{j.what, std::nullopt};
            if (j.item)
                query.seq = j.item->seq;
            j.requests.push_back(m_core.send(query_owner::put, j.id, ask->to, encode(query),
                                             pace_class::urgent, now.mono, tag_get));
        } else {
            auto const& store = std::get<store_walk::store>(step);
            auto query = j.item ? wire::encode_put(*j.item, store.token)
                                : wire::encode_put(j.value, store.token);
            j.requests.push_back(m_core.send(query_owner::put, j.id, store.to, std::move(query),
                                             pace_class::urgent, now.mono, tag_put));
        }
    }
    if (j.walk->taken() >= m_core.settings.wanted_put_nodes) {
        j.nodes = std::max(j.nodes, j.walk->taken());
        report(j);
    }
    if (j.walk->ended()) {
        auto const dead = j.walk->dead();
        m_core.forget_nodes(dead);
        end_attempt(j, j.walk->taken(), dead.empty(), now);
    } else {
        set_deadline(j);
    }
}

void put_queue::on_sent(std::uint64_t id, endpoint const& to, moment now) {
    auto* j = find(id);
    if (!j || !j->walk)
        return;
    j->walk->on_sent(to, now.mono);
    set_deadline(*j);
}

void put_queue::on_reply(open_query const& query, lt::bdecode_node const& message, moment now) {
    auto* j = find(query.job);
    if (!j || !j->walk)
        return;
    auto const reply = wire::decode_get_reply(message);
    if (!reply)
        j->walk->on_refused(query.to);
    else if (query.tag == tag_put)
        j->walk->on_stored(query.to);
    else
        j->walk->on_reply(query.to, reply.value());
    if (reply)
        m_core.learn_nodes({{reply.value().id, query.to}});
    walk_on(*j, now);
}

void put_queue::on_no_reply(open_query const& query, moment now) {
    auto* j = find(query.job);
    if (!j || !j->walk)
        return;
    j->walk->on_refused(query.to);
    walk_on(*j, now);
}

void put_queue::on_put_done(target const& what, std::int64_t seq, int nodes, moment now) {
    auto const found = m_by_target.find(what);
    if (found == m_by_target.end())
        return;
    auto& j = *m_jobs.at(found->second);
    if (j.at == state::traversing && (!j.item || j.item->seq == seq))
        end_attempt(j, nodes, false, now);
}

void put_queue::end_attempt(job& j, int nodes, bool complete, moment now) {
    j.walk.reset();
    m_core.forget(j.requests);
    j.requests.clear();
    j.nodes = std::max(j.nodes, nodes);
    bool const enough = j.nodes >= m_core.settings.wanted_put_nodes || (complete && j.nodes > 0);
    if (enough || j.attempt >= m_core.settings.max_put_attempts) {
        ++(j.nodes > 0 ? m_core.counts.puts_done : m_core.counts.puts_failed);
        finish(j, now);
        return;
    }
    // Fewer than wanted, but the item is out there: the caller need not wait for more.
    if (j.nodes > 0)
        report(j);
    if (m_core.nodes.empty())
        m_core.actions.emplace_back(want_nodes{});
    auto const pause = j.nodes == 0 && j.attempt == 1
                           ? first_pause
                           : m_core.settings.put_retry * (1 << (j.attempt - 1));
    j.deadline = now.mono + pause;
    release(j);
    j.at = state::pausing;
    set_deadline(j);
    start_waiting(now);
}

void put_queue::set_deadline(job& j) {
    m_core.deadlines.set(j.id, j.walk ? j.walk->wake_at() : j.deadline);
}

bool put_queue::on_time(std::uint64_t id, moment now) {
    if (id == m_alarm) {
        start_waiting(now);
        return true;
    }
    auto* j = find(id);
    if (!j)
        return false;
    if (j->at == state::walking) {
        j->walk->on_time(now.mono);
        walk_on(*j, now);
    } else if (j->at == state::seeking) {
        traverse(*j, now);
    } else if (j->at == state::traversing) {
        end_attempt(*j, 0, false, now);
    } else if (j->at == state::pausing) {
        j->at = state::waiting;
        j->deadline.reset();
        m_waiting.push_back(id);
        start_waiting(now);
    }
    return true;
}

// Gives back the place among those in flight.
void put_queue::release(job& j) {
    if (j.at == state::seeking || j.at == state::walking || j.at == state::traversing)
        --m_active;
}

void put_queue::report(job& j) {
    if (auto const tell = std::exchange(j.observer, nullptr))
        m_core.call([tell, nodes = j.nodes] { tell({nodes}); });
}

void put_queue::finish(job& j, moment now) {
    report(j);
    release(j);
    m_core.forget(j.requests);
    m_core.deadlines.set(j.id, std::nullopt);
    m_by_target.erase(j.what);
    m_jobs.erase(j.id);
    start_waiting(now);
}

} // namespace tau::dht
