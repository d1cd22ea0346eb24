#include "dht/exchanger.hpp"

#include <algorithm>
#include <utility>

namespace tau::dht {
namespace {

// Datagrams sent for one page before it is given up; each waits twice as long.
constexpr int max_sends = 4;
// Times that we come back with a proof to a node that does not know us yet.
constexpr int max_repeats = 4;
// Pause before coming back again, in which the other side verifies our proof.
constexpr std::chrono::milliseconds repeat_pause{20};
// Challenges of others that we keep, and nonces of accepted proofs. A nonce that was
// forgotten is harmless: its proof names an endpoint that its key has really proved.
constexpr std::size_t max_challenges = 16'384;
constexpr std::size_t max_seen = 65'536;

wire::exchange_load load_of(parcel what) {
    return {std::move(what.items), std::move(what.immutables), std::move(what.gossip)};
}

} // namespace

void exchanger::exchange(public_key const& to, parcel what, std::optional<endpoint> const& ask_at,
                         exchange_observer observer, moment now) {
    ++m_core.counts.exchanges_out;
    auto fresh = std::make_unique<job>(job{m_core.next_id(), to, m_core.candidates(to, ask_at, now),
                                           std::move(observer),
                                           now.mono + m_core.settings.exchange_timeout});
    auto& j = *m_jobs.emplace(fresh->id, std::move(fresh)).first->second;
    if (j.places.empty()) {
        finish(j, errc::unreachable);
        return;
    }
    for (auto& page : cut_pages(load_of(std::move(what)), m_core.self.key))
        j.datagrams.push_back({std::move(page), std::nullopt, m_core.random.make<nonce>()});
    if (j.datagrams.empty())
        j.datagrams.push_back({{}, std::nullopt, m_core.random.make<nonce>()});
    j.datagrams.front().cursor = 0;
    for (std::size_t i = 0; i < j.datagrams.size(); ++i)
        send(j, i, now);
    set_deadline(j);
}

void exchanger::offer(public_key const& to, parcel what) {
    m_core.served.offer(to, cut_pages(load_of(std::move(what)), m_core.self.key));
}

// The first datagram goes to the best place only; a silent one is not waited for alone.
void exchanger::send(job& j, std::size_t index, moment now) {
    auto& d = j.datagrams[index];
    auto const count = d.sends == 0 ? std::size_t{1} : j.places.size();
    ++d.sends;
    d.resend_at.reset();
    if (d.sends > 1)
        ++m_core.counts.queries_resent;
    for (std::size_t i = 0; i < std::min(count, j.places.size()); ++i)
        send_to(j, index, j.places[i].where, now);
}

void exchanger::send_to(job& j, std::size_t index, endpoint const& where, moment now) {
    auto const& d = j.datagrams[index];
    wire::exchange_query query{m_core.self.key, d.fresh};
    query.accepted_rate = m_core.settings.accepted_queries_per_second;
    query.cursor = d.cursor;
    query.load = d.load;
    query.proof = prove(j.to, where, d.fresh, now);
    j.requests.push_back(m_core.send(query_owner::exchange, j.id, where, encode(query),
                                     pace_class::urgent, now.mono,
                                     static_cast<std::uint32_t>(index)));
}

std::optional<wire::exchange_proof> exchanger::prove(public_key const& to, endpoint const& where,
                                                     nonce const& fresh, moment now) const {
    auto const found = m_challenges.find(where);
    if (found == m_challenges.end() || found->second.from != to
        || now.mono - found->second.at >= challenge_maker::period)
        return std::nullopt;
    auto const& given = found->second;
    auto const octets = wire::proof_octets(wire::exchange_role::asker,
                                           {fresh, given.value, m_core.self.key, to, given.seen});
    return wire::exchange_proof{given.value, m_core.self.sign(octets)};
}

void exchanger::on_sent(std::uint64_t id, request_id query, moment now) {
    auto const found = m_jobs.find(id);
    auto const open = m_core.queries.find(query);
    if (found == m_jobs.end() || open == m_core.queries.end())
        return;
    auto& j = *found->second;
    auto& d = j.datagrams[open->second.tag];
    if (d.acked)
        return;
    auto const known = m_core.describe(j.to, open->second.to, now);
    d.resend_at = now.mono + known.resend_after(m_core.settings) * (1 << (d.sends - 1));
    set_deadline(j);
}

void exchanger::on_reply(open_query const& query, lt::bdecode_node const& message, moment now) {
    auto const found = m_jobs.find(query.job);
    if (found == m_jobs.end())
        return;
    auto& j = *found->second;
    auto const reply = wire::decode_exchange_reply(message);
    if (!reply) {
        ++m_core.counts.dropped_malformed;
        on_no_reply(query, now);
        return;
    }
    auto& d = j.datagrams[query.tag];
    if (!believe(j, d, reply.value(), query.to, now)) {
        on_no_reply(query, now);
        return;
    }
    m_core.book.succeeded(j.to, query.to, query.age(now.mono), now);
    if (std::exchange(d.acked, true))
        return;
    d.resend_at.reset();
    d.load = {};
    j.answered = true;
    j.places = {m_core.describe(j.to, query.to, now)};
    auto valid = keep_valid(reply.value().load);
    std::move(valid.items.begin(), valid.items.end(), std::back_inserter(j.received.items));
    std::move(valid.immutables.begin(), valid.immutables.end(),
              std::back_inserter(j.received.immutables));
    if (!valid.gossip.empty())
        j.received.gossip = std::move(valid.gossip);
    go_on(j, d.cursor, reply.value(), query.to, now);
    if (std::all_of(j.datagrams.begin(), j.datagrams.end(),
                    [](datagram const& other) { return other.acked; }))
        finish(j, {});
    else
        set_deadline(j);
}

// The answer must be signed by the key that we asked for, over our nonce and the place
// where it sees us. If that cannot be us, somebody relays between the two keys.
bool exchanger::believe(job& j, datagram const& d, wire::exchange_reply const& reply,
                        endpoint const& from, moment now) {
    auto const octets =
        wire::proof_octets(wire::exchange_role::answerer,
                           {d.fresh, reply.challenge, m_core.self.key, j.to, reply.seen});
    if (reply.from != j.to || !reply.proof || !wire::is_signed_by(j.to, octets, *reply.proof)) {
        ++m_core.counts.dropped_bad_proof;
        return false;
    }
    bool const plausible = m_core.voter.may_be_us(from.address(), reply.seen);
    m_core.voter.vote(from.address(), reply.seen);
    if (!plausible) {
        ++m_core.counts.dropped_bad_proof;
        return true;
    }
    m_core.book.prove(j.to, from, now);
    m_core.served.prove(j.to, from, now.mono + m_core.settings.proof_lifetime, now.mono);
    ++m_core.counts.proofs_accepted;
    m_core.paced.set_rate(from, reply.accepted_rate);
    if (m_challenges.size() >= max_challenges)
        m_challenges.erase(m_challenges.begin());
    m_challenges.insert_or_assign(from, challenge{j.to, reply.challenge, reply.seen, now.mono});
    return true;
}

// Fetches what is left of the offer. The same position again means that the other side
// wants a proof first, or has not verified the one that it got.
void exchanger::go_on(job& j, std::optional<std::uint16_t> asked, wire::exchange_reply const& reply,
                      endpoint const& from, moment now) {
    if (!asked || !reply.next || *reply.next < *asked)
        return;
    bool const again = *reply.next == *asked;
    if (again && (++j.repeats > max_repeats || !m_challenges.contains(from)))
        return;
    j.datagrams.push_back({{}, reply.next, m_core.random.make<nonce>()});
    if (again && j.repeats > 1)
        j.datagrams.back().resend_at = now.mono + repeat_pause * j.repeats;
    else
        send(j, j.datagrams.size() - 1, now);
}

void exchanger::on_no_reply(open_query const& query, moment now) {
    auto const found = m_jobs.find(query.job);
    if (found == m_jobs.end())
        return;
    auto& j = *found->second;
    m_core.book.failed(j.to, query.to, now);
    if (j.answered)
        return;
    std::erase_if(j.places, [&](candidate const& c) { return c.where == query.to; });
    if (j.places.empty()) {
        finish(j, errc::refused);
        return;
    }
    for (std::size_t i = 0; i < j.datagrams.size(); ++i)
        if (!j.datagrams[i].acked)
            j.datagrams[i].resend_at = now.mono;
    set_deadline(j);
}

bool exchanger::on_time(std::uint64_t id, moment now) {
    auto const found = m_jobs.find(id);
    if (found == m_jobs.end())
        return false;
    auto& j = *found->second;
    if (now.mono >= j.deadline) {
        for (auto const& place : j.places)
            m_core.book.failed(j.to, place.where, now);
        finish(j, errc::timed_out);
        return true;
    }
    for (std::size_t i = 0; i < j.datagrams.size(); ++i) {
        auto& d = j.datagrams[i];
        if (d.acked || !d.resend_at || now.mono < *d.resend_at)
            continue;
        if (d.sends < max_sends)
            send(j, i, now);
        else
            d.resend_at.reset();
    }
    set_deadline(j);
    return true;
}

void exchanger::set_deadline(job& j) {
    std::optional<time_point> next = j.deadline;
    for (auto const& d : j.datagrams)
        next = earlier(next, d.resend_at);
    m_core.deadlines.set(j.id, next);
}

void exchanger::finish(job& j, error_code why) {
    auto const gone = std::move(m_jobs.at(j.id));
    m_jobs.erase(gone->id);
    m_core.deadlines.set(gone->id, std::nullopt);
    m_core.forget(gone->requests);
    ++(why ? m_core.counts.exchanges_failed : m_core.counts.exchanges_answered);
    if (!gone->observer)
        return;
    m_core.call([tell = std::move(gone->observer), why, got = std::move(gone->received)] {
        tell(why ? result<parcel>(why) : result<parcel>(got));
    });
}

parcel exchanger::keep_valid(wire::exchange_load load) {
    std::erase_if(load.items, [&](wire::mutable_item const& item) {
        bool const bad = static_cast<bool>(verify(item));
        m_core.counts.dropped_bad_signature += bad ? 1 : 0;
        return bad;
    });
    return {std::move(load.items), std::move(load.immutables), std::move(load.gossip)};
}

void exchanger::on_request(endpoint const& source, byte_view message, moment now) {
    auto const node = wire::parse_bencode(message);
    if (node && node.value().dict_find_string_value("q") == "get")
        return on_rider(source, node.value(), now);
    auto const query = node ? wire::decode_exchange_query(node.value()) : node.error();
    if (!query || query.value().from == m_core.self.key) {
        ++m_core.counts.dropped_malformed;
        return;
    }
    ++m_core.counts.exchanges_in;
    bool const proven = check_asker(query.value(), source, now);
    auto valid = keep_valid(query.value().load);
    if (!valid.empty())
        hand_up({query.value().from, proven, source, std::move(valid)});
}

void exchanger::on_rider(endpoint const& source, lt::bdecode_node const& message, moment now) {
    auto const query = wire::decode_get_query(message);
    if (!query || !query.value().rider || query.value().rider->from == m_core.self.key)
        return;
    // Whoever forges the source of a friend's datagrams could repeat one: nobody is there for it.
    auto const& rider = *query.value().rider;
    if (m_core.book.is_proven(rider.from, source, now))
        hand_up({rider.from, false, source, parcel{{}, {}, rider.gossip}});
}

void exchanger::hand_up(incoming_parcel incoming) {
    m_core.call([this, incoming = std::move(incoming)] {
        if (m_handler)
            m_handler(incoming);
    });
}

// True if the asker owns its key and receives at `source`, by this query or an earlier one.
bool exchanger::check_asker(wire::exchange_query const& query, endpoint const& source, moment now) {
    bool const known = m_core.book.is_proven(query.from, source, now);
    if (!query.proof)
        return known;
    auto const octets =
        wire::proof_octets(wire::exchange_role::asker, {query.fresh, query.proof->challenge,
                                                        query.from, m_core.self.key, source});
    if (!m_core.answers->challenges().check(query.proof->challenge, query.from, source, now.mono)
        || !wire::is_signed_by(query.from, octets, query.proof->sig)) {
        ++m_core.counts.dropped_bad_proof;
        return known;
    }
    if (!remember(query.fresh)) {
        ++m_core.counts.dropped_replayed;
        return known;
    }
    m_core.book.prove(query.from, source, now);
    m_core.served.prove(query.from, source, now.mono + m_core.settings.proof_lifetime, now.mono);
    // Only here: a query without a proof may come from anybody who forges its source.
    m_core.paced.set_rate(source, query.accepted_rate);
    ++m_core.counts.proofs_accepted;
    return true;
}

bool exchanger::remember(nonce const& fresh) {
    if (!m_seen.insert(fresh).second)
        return false;
    m_seen_order.push_back(fresh);
    if (m_seen_order.size() > max_seen) {
        m_seen.erase(m_seen_order.front());
        m_seen_order.pop_front();
    }
    return true;
}

} // namespace tau::dht
