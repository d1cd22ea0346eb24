#include "dht/get_queue.hpp"

#include <algorithm>
#include <utility>

namespace tau::dht {
namespace {

std::chrono::microseconds since(time_point begin, time_point now) {
    return std::chrono::duration_cast<std::chrono::microseconds>(now - begin);
}

} // namespace

void get_queue::get(get_request request, get_observer observer, moment now) {
    bool const passes_own = request.mode == get_mode::elsewhere;
    auto const mode = passes_own ? get_mode::recursive : request.mode;
    listener who{mode, request.known_seq, false, now.mono, {}, std::move(observer.on_done)};
    if (observer.on_item)
        who.on_found = [tell = std::move(observer.on_item)](finding const& f) {
            tell({f.item, f.source, f.elapsed});
        };
    auto const what = wire::target_of(request.what);
    if ((!passes_own && answer_locally(what, request.known_seq, who))
        || join(what, request.known_seq, who, request.ask_at, now))
        return;
    auto const key = request.what.key;
    auto fresh = std::make_unique<job>(job{m_core.next_id(),
                                           what,
                                           std::move(request.what),
                                           key,
                                           request.ask_at,
                                           request.known_seq,
                                           get_policy(m_core.settings, mode),
                                           {},
                                           {}});
    fresh->gossip = std::move(request.gossip);
    fresh->on_gossip = std::move(observer.on_gossip);
    enter(std::move(fresh), std::move(who), now);
}

void get_queue::get_immutable(target const& what, std::optional<public_key> holder,
                              get_immutable_observer observer, moment now) {
    listener who{get_mode::automatic, -1, false, now.mono, {}, std::move(observer.on_done)};
    if (observer.on_value)
        who.on_found = [tell = std::move(observer.on_value)](finding const& f) {
            tell({f.item.value, f.source, f.elapsed});
        };
    if (answer_locally(what, -1, who) || join(what, -1, who, std::nullopt, now))
        return;
    enter(std::make_unique<job>(job{m_core.next_id(),
                                    what,
                                    std::nullopt,
                                    holder,
                                    std::nullopt,
                                    -1,
                                    get_policy(m_core.settings, get_mode::automatic),
                                    {},
                                    {}}),
          std::move(who), now);
}

bool get_queue::answer_locally(target const& what, std::int64_t known_seq, listener& who) {
    finding f{{}, get_source::local, {}};
    if (auto const own = m_core.authored.find(what); own != m_core.authored.end()) {
        f.item = own->second;
    } else if (auto const* served = m_core.served.find(what); served && !served->is_mutable()) {
        f.item.value.assign(served->value.begin(), served->value.end());
    } else {
        return false;
    }
    bool const news = f.item.address.key == public_key{} || f.item.seq > known_seq;
    ++(news ? m_core.counts.gets_local : m_core.counts.gets_not_found);
    if (news && who.on_found)
        m_core.call([tell = who.on_found, f] { tell(f); });
    if (who.on_done)
        m_core.call([tell = who.on_done, news] {
            tell(news ? error_code{} : make_error_code(errc::not_found));
        });
    return true;
}

get_queue::job* get_queue::find(target const& what) {
    auto const found = m_by_target.find(what);
    return found == m_by_target.end() ? nullptr : m_jobs.at(found->second).get();
}

// A get that is under way serves a new caller unless it asks for less than that one wants.
bool get_queue::join(target const& what, std::int64_t known_seq, listener& who,
                     std::optional<endpoint> const& ask_at, moment now) {
    auto* j = find(what);
    if (!j)
        return false;
    ++m_core.counts.gets_joined;
    if (known_seq < j->known_seq
        || (who.mode != j->policy.mode() && j->policy.mode() != get_mode::automatic)) {
        j->later.push_back(std::move(who));
        return true;
    }
    j->listeners.push_back(std::move(who));
    if (j->best)
        tell(*j, j->source, now);
    if (ask_at && j->begun && j->address) {
        j->policy.add(m_core.describe(j->address->key, *ask_at, now));
        perform(*j, now);
    }
    return true;
}

void get_queue::enter(job_ptr fresh, listener who, moment now) {
    if (m_waiting.size() >= m_core.settings.max_gets_queued) {
        ++m_core.counts.gets_failed;
        if (who.on_done)
            m_core.call([tell = std::move(who.on_done)] { tell(errc::rate_limited); });
        return;
    }
    fresh->listeners.push_back(std::move(who));
    m_by_target.emplace(fresh->what, fresh->id);
    m_waiting.push_back(fresh->id);
    m_jobs.emplace(fresh->id, std::move(fresh));
    start_waiting(now);
}

void get_queue::start_waiting(moment now) {
    // A get that ends at once comes back here; the loop below goes on with the next.
    if (std::exchange(m_starting, true))
        return;
    while (!m_waiting.empty() && m_slots < m_core.settings.max_gets_in_flight) {
        auto const id = m_waiting.front();
        m_waiting.pop_front();
        begin(*m_jobs.at(id), now);
    }
    m_starting = false;
}

void get_queue::begin(job& j, moment now) {
    j.begun = true;
    j.holds_slot = true;
    ++m_slots;
    std::vector<candidate> who;
    if (j.holder)
        who = m_core.candidates(*j.holder, j.ask_at, now);
    else if (j.ask_at)
        who.push_back({*j.ask_at});
    j.policy.begin(who, now.mono);
    perform(j, now);
}

// Carries out what the policy decided. Ends with the job gone if the policy ended.
void get_queue::perform(job& j, moment now) {
    for (auto const& step : j.policy.take()) {
        if (auto const* a = std::get_if<get_policy::ask>(&step)) {
            ask(j, *a, now);
        } else if (std::holds_alternative<get_policy::traverse>(step)) {
            traverse(j);
        } else {
            finish(j, std::get<get_policy::end>(step).why, now);
            return;
        }
    }
    m_core.deadlines.set(j.id, j.policy.wake_at());
    if (j.policy.recursing() && std::exchange(j.holds_slot, false)) {
        --m_slots;
        start_waiting(now);
    }
}

void get_queue::ask(job& j, get_policy::ask const& step, moment now) {
    wire::get_query query{j.what, std::nullopt};
    if (j.address && j.known_seq >= 0)
        query.seq = j.known_seq;
    if (j.on_gossip && j.gossip && m_core.book.is_proven(*j.holder, step.to, now))
        if (auto gossip = j.gossip(); !gossip.empty())
            query.rider = wire::get_rider{m_core.self.key, std::move(gossip)};
    if (step.again)
        ++m_core.counts.queries_resent;
    auto const pace = j.address ? pace_class::urgent : pace_class::bulk;
    j.requests.push_back(
        m_core.send(query_owner::get, j.id, step.to, encode(query), pace, now.mono));
}

void get_queue::traverse(job& j) {
    ++j.waiting_traversals;
    m_waiting_traversals.push_back(j.id);
    start_traversals();
}

void get_queue::start_traversals() {
    while (!m_waiting_traversals.empty()
           && m_traversals < m_core.settings.max_traversals_in_flight) {
        auto const found = m_jobs.find(m_waiting_traversals.front());
        m_waiting_traversals.pop_front();
        if (found == m_jobs.end() || found->second->waiting_traversals == 0)
            continue;
        auto& j = *found->second;
        --j.waiting_traversals;
        ++j.traversals;
        ++m_traversals;
        if (j.address)
            m_core.actions.emplace_back(start_get{*j.address});
        else
            m_core.actions.emplace_back(start_get_immutable{j.what});
    }
}

void get_queue::on_sent(std::uint64_t id, endpoint const& to, moment now) {
    auto const found = m_jobs.find(id);
    if (found == m_jobs.end())
        return;
    found->second->policy.on_sent(to, now.mono);
    m_core.deadlines.set(id, found->second->policy.wake_at());
}

void get_queue::on_reply(open_query const& query, lt::bdecode_node const& message, moment now) {
    auto const found = m_jobs.find(query.job);
    if (found == m_jobs.end())
        return;
    auto& j = *found->second;
    auto const reply = wire::decode_get_reply(message);
    if (j.holder)
        m_core.book.succeeded(*j.holder, query.to, query.age(now.mono), now);
    if (reply) {
        take_gossip(j, query, reply.value(), now);
        on_value(j, reply.value(), query.to, now);
    } else {
        ++m_core.counts.dropped_malformed;
        j.policy.on_negative(query.to, now.mono);
    }
    perform(j, now);
}

void get_queue::take_gossip(job& j, open_query const& query, wire::get_reply const& reply,
                            moment now) {
    if (reply.gossip && j.on_gossip && m_core.book.is_proven(*j.holder, query.to, now))
        m_core.call([tell = std::exchange(j.on_gossip, {}), theirs = *reply.gossip] {
            tell(theirs == wire::no_gossip() ? bytes{} : theirs);
        });
}

void get_queue::on_value(job& j, wire::get_reply const& reply, endpoint const& from, moment now) {
    bool const author = j.address && m_core.book.is_proven(j.address->key, from, now);
    if (!reply.value) {
        if (author && reply.seq && *reply.seq <= j.known_seq)
            j.policy.on_nothing_newer();
        else
            j.policy.on_negative(from, now.mono);
        return;
    }
    if (j.address) {
        auto claimed = wire::item_of(reply, *j.address);
        if (claimed) {
            check(j, std::move(claimed.value()), from, now);
        } else {
            ++m_core.counts.dropped_bad_signature;
            on_misfit(j, *reply.value, from, now);
        }
        return;
    }
    wire::mutable_item item;
    item.value = *reply.value;
    if (accept(j, std::move(item), get_source::direct, now))
        j.policy.on_direct_value(from, get_policy::weight::last_word, now.mono);
    else
        on_misfit(j, *reply.value, from, now);
}

void get_queue::check(job& j, wire::mutable_item item, endpoint const& from, moment now) {
    bool const known = j.best && *j.best == item;
    if (m_core.settings.check_by_action && !known) {
        auto const id = m_core.next_id();
        m_checks.emplace(id, pending_check{j.id, from});
        m_core.actions.emplace_back(
            check_item{id, std::make_shared<wire::mutable_item const>(std::move(item))});
        return;
    }
    on_direct_item(j, item, known || !verify(item), from, now);
}

void get_queue::on_checked(check_item const& what, bool valid, moment now) {
    auto const waiting = m_checks.extract(what.id);
    if (waiting.empty())
        return;
    auto const found = m_jobs.find(waiting.mapped().job);
    if (found == m_jobs.end())
        return; // another answer was sooner
    on_direct_item(*found->second, *what.item, valid, waiting.mapped().from, now);
    perform(*found->second, now);
}

void get_queue::on_direct_item(job& j, wire::mutable_item const& item, bool valid,
                               endpoint const& from, moment now) {
    if (!valid) {
        ++m_core.counts.dropped_bad_signature;
        on_misfit(j, item.value, from, now);
        return;
    }
    keep(j, item, get_source::direct, now);
    bool const author = m_core.book.is_proven(j.address->key, from, now);
    if (item.seq > j.known_seq)
        j.policy.on_direct_value(
            from, author ? get_policy::weight::last_word : get_policy::weight::may_be_old,
            now.mono);
    else if (author)
        j.policy.on_nothing_newer();
    else
        j.policy.on_negative(from, now.mono);
}

void get_queue::on_misfit(job& j, byte_view value, endpoint const& from, moment now) {
    bool const crossed =
        hand_over(value, from, now)
        || std::any_of(m_core.queries.begin(), m_core.queries.end(), [&from](auto const& entry) {
               return entry.second.to.address() == from.address();
           });
    if (crossed)
        j.policy.on_crossed(from, now.mono);
    else
        j.policy.on_negative(from, now.mono);
}

bool get_queue::hand_over(byte_view value, endpoint const& from, moment now) {
    auto* const other = find(wire::target_of_immutable(value));
    if (!other || other->address || !other->policy.awaits(from))
        return false;
    wire::mutable_item item;
    item.value = to_bytes(value);
    if (!accept(*other, std::move(item), get_source::direct, now))
        return false;
    other->policy.on_direct_value(from, get_policy::weight::last_word, now.mono);
    perform(*other, now);
    return true;
}

void get_queue::on_stray_reply(endpoint const& from, lt::bdecode_node const& message, moment now) {
    auto const reply = wire::decode_get_reply(message);
    if (reply && reply.value().value)
        (void)hand_over(*reply.value().value, from, now);
}

bool get_queue::accept(job& j, wire::mutable_item item, get_source source, moment now) {
    bool const known = j.best && *j.best == item;
    bool const valid = known
                       || (j.address ? !verify(item)
                                     : item.value.size() <= wire::max_value_bytes
                                           && wire::target_of_immutable(item.value) == j.what);
    if (valid)
        keep(j, std::move(item), source, now);
    else
        ++m_core.counts.dropped_bad_signature;
    return valid;
}

void get_queue::keep(job& j, wire::mutable_item item, get_source source, moment now) {
    if (j.best && *j.best == item)
        return;
    if (j.address && (item.seq <= j.known_seq || (j.best && item.seq <= j.best->seq))) {
        ++m_core.counts.dropped_stale;
        return;
    }
    if (j.best)
        ++m_core.counts.late_updates;
    else
        j.source = source;
    j.best = std::move(item);
    tell(j, source, now);
}

void get_queue::tell(job& j, get_source source, moment now) {
    for (auto& who : j.listeners) {
        if (j.address ? j.best->seq <= who.told_seq : who.told)
            continue;
        who.told = true;
        who.told_seq = j.best->seq;
        if (who.on_found)
            m_core.call([tell = who.on_found,
                         f = finding{*j.best, source, since(who.since, now.mono)}] { tell(f); });
    }
}

void get_queue::on_no_reply(open_query const& query, moment now) {
    auto const found = m_jobs.find(query.job);
    if (found == m_jobs.end())
        return;
    found->second->policy.on_negative(query.to, now.mono);
    perform(*found->second, now);
}

void get_queue::on_recursive_item(wire::mutable_item const& item, moment now) {
    auto* j = find(wire::target_of(item.address));
    // One that has not begun meets what an earlier get's traversal still brings.
    if (!j || !j->address || !j->begun)
        return;
    // Whoever stores an item may hold an old one, so the last word is not known here.
    if (accept(*j, item, get_source::recursive, now) && j->best)
        j->policy.on_recursive_value(get_policy::weight::may_be_old, now.mono);
    perform(*j, now);
}

void get_queue::on_recursive_done(wire::item_address const& what, moment now) {
    auto* j = find(wire::target_of(what));
    if (!j || j->traversals == 0)
        return;
    --j->traversals;
    --m_traversals;
    j->policy.on_traversal_done();
    perform(*j, now);
    start_traversals();
}

void get_queue::on_recursive_immutable(target const& what, byte_view value, moment now) {
    auto* j = find(what);
    if (!j || j->address || j->traversals == 0)
        return;
    --j->traversals;
    --m_traversals;
    wire::mutable_item item;
    item.value = to_bytes(value);
    if (!value.empty() && accept(*j, std::move(item), get_source::recursive, now))
        j->policy.on_recursive_value(get_policy::weight::last_word, now.mono);
    else
        j->policy.on_traversal_done();
    perform(*j, now);
    start_traversals();
}

bool get_queue::on_time(std::uint64_t id, moment now) {
    auto const found = m_jobs.find(id);
    if (found == m_jobs.end())
        return false;
    found->second->policy.on_time(now.mono);
    perform(*found->second, now);
    return true;
}

void get_queue::finish(job& j, error_code why, moment now) {
    auto const gone = std::move(m_jobs.at(j.id));
    m_jobs.erase(gone->id);
    m_by_target.erase(gone->what);
    m_core.deadlines.set(gone->id, std::nullopt);
    m_core.forget(gone->requests);
    m_traversals -= static_cast<std::size_t>(gone->traversals);
    if (gone->holder && gone->policy.recursing())
        for (auto const& where : gone->policy.silent())
            m_core.book.failed(*gone->holder, where, now);

    auto& counts = m_core.counts;
    if (gone->best)
        ++(gone->source == get_source::direct ? counts.gets_direct : counts.gets_recursive);
    else
        ++(why == errc::not_found ? counts.gets_not_found : counts.gets_failed);
    for (auto& who : gone->listeners) {
        auto const outcome = who.told ? error_code{} : why ? why : make_error_code(errc::not_found);
        if (who.on_done)
            m_core.call([tell = std::move(who.on_done), outcome] { tell(outcome); });
    }
    if (gone->holds_slot)
        --m_slots;
    for (auto& who : gone->later) {
        auto const seq = who.told_seq;
        auto const mode = who.mode;
        if (join(gone->what, seq, who, std::nullopt, now))
            continue;
        enter(std::make_unique<job>(job{m_core.next_id(),
                                        gone->what,
                                        gone->address,
                                        gone->holder,
                                        gone->ask_at,
                                        seq,
                                        get_policy(m_core.settings, mode),
                                        {},
                                        {}}),
              std::move(who), now);
    }
    start_waiting(now);
    start_traversals();
}

} // namespace tau::dht
