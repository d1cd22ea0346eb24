#include "dht/served_items.hpp"

#include <algorithm>
#include <utility>

namespace tau::dht {
namespace {

// Keys whose proofs are remembered for the answering thread, and places of each.
constexpr std::size_t max_proven_keys = 16'384;
constexpr std::size_t max_proofs_per_key = 4;

std::size_t shard_of(target const& what) {
    return what.octets[0] % served_snapshot::shard_count;
}

bool fits(std::size_t size, wire::exchange_load const& page) {
    return size <= wire::exchange_target_bytes && page.items.size() < wire::max_exchange_items
           && page.immutables.size() < wire::max_exchange_items;
}

} // namespace

served_item const* served_snapshot::find(target const& what) const {
    auto const& part = shards[shard_of(what)];
    if (!part)
        return nullptr;
    auto const found = part->find(what);
    return found == part->end() ? nullptr : found->second.get();
}

bool served_snapshot::is_proven(public_key const& key, endpoint const& where,
                                time_point now) const {
    if (!proofs)
        return false;
    auto const found = proofs->find(key);
    return found != proofs->end()
           && std::any_of(found->second.begin(), found->second.end(),
                          [&](accepted_proof const& proof) {
                              return proof.where == where && now < proof.until;
                          });
}

offer_pages const* served_snapshot::offer_for(public_key const& key) const {
    if (!offers)
        return nullptr;
    auto const found = offers->find(key);
    return found == offers->end() ? nullptr : found->second.get();
}

offer_pages cut_pages(wire::exchange_load const& load, public_key const& sender) {
    auto const empty = wire::exchange_overhead(true);
    offer_pages out;
    std::size_t size = empty;
    // A single item may exceed the target size, as long as it is alone.
    auto const page_for = [&](std::size_t cost) -> wire::exchange_load& {
        if (out.empty() || !fits(size + cost, out.back())) {
            out.emplace_back();
            size = empty;
        }
        size += cost;
        return out.back();
    };
    if (!load.gossip.empty())
        page_for(wire::exchange_gossip_cost(load.gossip)).gossip = load.gossip;
    for (auto const& item : load.items)
        page_for(wire::exchange_cost(item, sender)).items.push_back(item);
    for (auto const& value : load.immutables)
        page_for(wire::exchange_cost(value)).immutables.push_back(value);
    if (out.size() > wire::max_exchange_cursor)
        out.resize(wire::max_exchange_cursor);
    return out;
}

void served_items::serve(target const& what, served_item item) {
    auto const at = shard_of(what);
    auto& place = m_shards[at][what];
    m_size += place ? 0 : 1;
    place = std::make_shared<served_item const>(std::move(item));
    m_dirty[at] = m_changed = true;
}

void served_items::forget(target const& what) {
    auto const at = shard_of(what);
    if (m_shards[at].erase(what) == 0)
        return;
    --m_size;
    m_dirty[at] = m_changed = true;
}

void served_items::offer(public_key const& to, offer_pages pages) {
    if (pages.empty())
        m_offers.erase(to);
    else
        m_offers.insert_or_assign(to, std::make_shared<offer_pages const>(std::move(pages)));
    m_offers_dirty = m_changed = true;
}

void served_items::prove(public_key const& key, endpoint const& where, time_point until,
                         time_point now) {
    if (m_proofs.size() >= max_proven_keys && !m_proofs.contains(key)) {
        std::erase_if(m_proofs, [&](auto const& entry) {
            return std::all_of(entry.second.begin(), entry.second.end(),
                               [&](accepted_proof const& p) { return p.until <= now; });
        });
        if (m_proofs.size() >= max_proven_keys)
            m_proofs.erase(m_proofs.begin());
    }
    auto& places = m_proofs[key];
    std::erase_if(places,
                  [&](accepted_proof const& p) { return p.where == where || p.until <= now; });
    if (places.size() >= max_proofs_per_key)
        places.erase(places.begin());
    places.push_back({where, until});
    m_proofs_dirty = m_changed = true;
}

served_item const* served_items::find(target const& what) const {
    auto const& part = m_shards[shard_of(what)];
    auto const found = part.find(what);
    return found == part.end() ? nullptr : found->second.get();
}

std::shared_ptr<served_snapshot const> served_items::publish() {
    for (std::size_t i = 0; i < m_shards.size(); ++i) {
        if (std::exchange(m_dirty[i], false))
            m_last.shards[i] = std::make_shared<shard const>(m_shards[i]);
    }
    if (std::exchange(m_offers_dirty, false))
        m_last.offers = std::make_shared<decltype(m_offers) const>(m_offers);
    if (std::exchange(m_proofs_dirty, false))
        m_last.proofs = std::make_shared<decltype(m_proofs) const>(m_proofs);
    m_changed = false;
    return std::make_shared<served_snapshot const>(m_last);
}

} // namespace tau::dht
