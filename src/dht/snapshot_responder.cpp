#include "dht/snapshot_responder.hpp"

#include <sodium.h>

#include <utility>

namespace tau::dht {
namespace {

// Addresses whose budgets are remembered. A forgotten one starts full again, so the sum
// over all is bounded by the session's own upload limit, not here.
constexpr std::size_t max_addresses = 8'192;
// What a get answer holds besides the value: keys, signature, token, nodes, envelope.
constexpr std::size_t get_answer_overhead = 450;

} // namespace

nonce challenge_maker::at(public_key const& asker, endpoint const& where, std::int64_t slot) const {
    auto input = to_bytes(asker);
    auto const compact = to_compact(where);
    input.insert(input.end(), compact.begin(), compact.end());
    for (int shift = 0; shift < 64; shift += 8)
        input.push_back(static_cast<std::uint8_t>(slot >> shift));
    nonce out;
    crypto_generichash(out.data(), out.size(), input.data(), input.size(), m_secret.data(),
                       m_secret.size());
    return out;
}

nonce challenge_maker::make(public_key const& asker, endpoint const& where, time_point now) const {
    return at(asker, where, now.time_since_epoch() / period);
}

bool challenge_maker::check(nonce const& challenge, public_key const& asker, endpoint const& where,
                            time_point now) const {
    auto const slot = now.time_since_epoch() / period;
    return challenge == at(asker, where, slot) || challenge == at(asker, where, slot - 1);
}

snapshot_responder::snapshot_responder(config const& settings, node_identity self,
                                       hash256 const& secret)
    : m_settings(settings), m_self(std::move(self)), m_challenges(secret),
      m_current(std::make_shared<served_snapshot const>()),
      m_bytes(settings.served_bytes_per_second, settings.served_burst_bytes, max_addresses),
      m_exchanges(settings.exchanges_per_second, settings.exchange_burst, max_addresses) {}

void snapshot_responder::publish(std::shared_ptr<served_snapshot const> next) {
    std::atomic_store(&m_next, std::move(next));
    m_version.fetch_add(1, std::memory_order_release);
}

void snapshot_responder::refresh() {
    auto const version = m_version.load(std::memory_order_acquire);
    if (version == m_current_version)
        return;
    m_current = std::atomic_load(&m_next);
    m_current_version = version;
}

reply snapshot_responder::on_query(std::string_view query, endpoint const& source,
                                   lt::bdecode_node const& message, lt::entry& response,
                                   moment now) {
    refresh();
    if (query == "get")
        return answer_get(source, message, response, now);
    if (query == wire::exchange_method)
        return answer_exchange(source, message, response, now);
    return reply::not_ours;
}

reply snapshot_responder::answer_get(endpoint const& source, lt::bdecode_node const& message,
                                     lt::entry& response, moment now) {
    auto const query = wire::decode_get_query(message);
    if (!query)
        return reply::not_ours;
    auto const* item = m_current->find(query.value().what);
    if (!item)
        return reply::not_ours;
    bool const wants_value =
        !item->is_mutable() || !query.value().seq || *query.value().seq < item->seq;
    auto const cost =
        static_cast<double>(get_answer_overhead + (wants_value ? item->value.size() : 0));
    // An address on this host is nobody's to flood.
    if (!source.address().is_loopback() && !m_bytes.allow(source.address(), now.mono, cost)) {
        m_rate_limited.fetch_add(1, std::memory_order_relaxed);
        return reply::not_ours;
    }
    auto& r = response["r"];
    if (item->is_mutable())
        r["seq"] = item->seq;
    if (wants_value) {
        if (item->is_mutable()) {
            r["k"] = item->key;
            r["sig"] = item->sig;
        }
        r["v"] = lt::entry::preformatted_type(item->value);
    }
    m_gets_served.fetch_add(1, std::memory_order_relaxed);
    if (item->is_mutable() && query.value().rider
        && takes_rider(*query.value().rider, source, now)) {
        auto const gossip =
            gossip_for(query.value().rider->from, wants_value ? item->value.size() : 0);
        r["tg"] = lt::entry::preformatted_type(gossip.begin(), gossip.end());
        return reply::answered_and_report;
    }
    // The session's own storage may hold an older copy of our item, put there by anybody, and
    // would write it over ours.
    return item->is_mutable() ? reply::answered : reply::completed;
}

bool snapshot_responder::takes_rider(wire::get_rider const& rider, endpoint const& source,
                                     moment now) {
    if (!m_current->is_proven(rider.from, source, now.mono))
        return false;
    auto const cost = static_cast<double>(rider.gossip.size());
    return source.address().is_loopback()
           || (m_exchanges.allow(source.address(), now.mono)
               && m_bytes.allow(source.address(), now.mono, cost));
}

bytes snapshot_responder::gossip_for(public_key const& asker, std::size_t value_bytes) const {
    auto const* pages = m_current->offer_for(asker);
    auto const room = wire::exchange_target_bytes - get_answer_overhead;
    if (pages && value_bytes < room)
        for (auto const& page : *pages)
            if (!page.gossip.empty()
                && page.gossip.size() <= std::min(wire::max_get_gossip, room - value_bytes))
                return page.gossip;
    return wire::no_gossip();
}

wire::exchange_reply snapshot_responder::draft(wire::exchange_query const& query,
                                               endpoint const& source, moment now) const {
    wire::exchange_reply out;
    out.from = m_self.key;
    out.challenge = m_challenges.make(query.from, source, now.mono);
    out.seen = source;
    out.accepted_rate = m_settings.accepted_queries_per_second;
    if (!query.cursor)
        return out;
    // A stranger is told to come back with a proof whether or not there is anything for the
    // key that it claims: who our friends are is nobody's business.
    if (!m_current->is_proven(query.from, source, now.mono)) {
        out.next = query.cursor;
        return out;
    }
    auto const* pages = m_current->offer_for(query.from);
    if (!pages || *query.cursor >= pages->size())
        return out;
    out.load = (*pages)[*query.cursor];
    if (*query.cursor + 1U < pages->size())
        out.next = static_cast<std::uint16_t>(*query.cursor + 1);
    return out;
}

reply snapshot_responder::answer_exchange(endpoint const& source, lt::bdecode_node const& message,
                                          lt::entry& response, moment now) {
    if (!source.address().is_loopback() && !m_exchanges.allow(source.address(), now.mono)) {
        m_rate_limited.fetch_add(1, std::memory_order_relaxed);
        return reply::not_ours;
    }
    auto const query = wire::decode_exchange_query(message);
    if (!query) {
        m_malformed.fetch_add(1, std::memory_order_relaxed);
        return reply::not_ours;
    }
    auto answer = draft(query.value(), source, now);
    auto const octets =
        wire::proof_octets(wire::exchange_role::answerer, {query.value().fresh, answer.challenge,
                                                           query.value().from, m_self.key, source});
    // Without load this stays below twice the smallest query that decodes.
    answer.proof = m_self.sign(octets);
    auto& r = response["r"];
    auto const added = wire::encode(answer);
    for (auto const& [key, value] : added.dict())
        r[key] = value;
    return reply::answered_and_report;
}

} // namespace tau::dht
