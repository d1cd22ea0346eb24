#include "net/tracker_shared_store.hpp"

#include <algorithm>
#include <bit>

namespace tau::net {
namespace {

std::uint32_t seconds(moment now) {
    auto const since_epoch = std::chrono::floor<std::chrono::seconds>(now.mono.time_since_epoch());
    return static_cast<std::uint32_t>(since_epoch.count());
}

} // namespace

tracker_shared_store::tracker_shared_store(tracker::swarm_limits swarms,
                                           tracker::wallet_limits wallets, std::uint64_t hash_key,
                                           clock_source const& clock)
    : m_hash_key(hash_key), m_peer_lifetime_s(swarms.peer_lifetime_s), m_clock(clock),
      m_wallets(wallets, hash_key) {
    swarms.max_peers = swarms.max_peers / shard_count + 1;
    swarms.max_swarms = swarms.max_swarms / shard_count + 1;
    // The low bits of the hash find the place within a shard, the high ones the shard.
    for (auto& s : m_shards)
        s.swarms = tracker::swarm_store(swarms, hash_key);
}

std::size_t tracker_shared_store::shard_number(std::uint64_t key) {
    static_assert(shard_count == 64); // prefetch() has a bit for each, too
    return key >> 58;
}

tracker_shared_store::shard& tracker_shared_store::shard_of(info_hash const& hash) {
    return m_shards[shard_number(graph::keyed_hash(hash.data(), m_hash_key))];
}

void tracker_shared_store::announce(tracker::swarm_announce const& request, moment now,
                                    tracker::swarm_answer& out) {
    auto& s = shard_of(request.hash);
    std::lock_guard const lock(s.mutex);
    s.swarms.announce(request, seconds(now), out);
}

// Memory answers many at a time, so each step is taken for all before the next. Their shards
// are locked once for all steps; one that somebody works on is not waited for.
void tracker_shared_store::prefetch(std::span<tracker::swarm_place> soon) {
    std::uint64_t tried = 0;
    std::uint64_t held = 0;
    for (auto& place : soon) {
        place.key = graph::keyed_hash(place.hash.data(), m_hash_key);
        auto const bit = std::uint64_t{1} << shard_number(place.key);
        if ((tried & bit) == 0 && m_shards[shard_number(place.key)].mutex.try_lock())
            held |= bit;
        tried |= bit;
    }
    for (int step = 0; step < tracker::swarm_store::prefetch_steps; ++step)
        for (auto& place : soon)
            if ((held >> shard_number(place.key) & 1) != 0)
                m_shards[shard_number(place.key)].swarms.prefetch(place, step);
    for (; held != 0; held &= held - 1)
        m_shards[static_cast<std::size_t>(std::countr_zero(held))].mutex.unlock();
}

wire::swarm_counts tracker_shared_store::scrape(info_hash const& hash) {
    auto& s = shard_of(hash);
    std::lock_guard const lock(s.mutex);
    return s.swarms.scrape(hash);
}

std::vector<wire::scrape_row> tracker_shared_store::scrape_all() {
    std::vector<wire::scrape_row> out;
    for_each_shard([&](tracker::swarm_store& swarms) {
        auto const rows = swarms.scrape_all();
        out.insert(out.end(), rows.begin(), rows.end());
    });
    return out;
}

tracker::store::first_look tracker_shared_store::look(wire::announce_request const& request,
                                                      ip_address const& from, moment now) {
    std::shared_lock const lock(m_wallet_mutex);
    return {m_wallets.check(request, now), m_wallets.is_familiar(request, from),
            request.wallet->key && m_wallets.knows_binding(request)};
}

error_code tracker_shared_store::apply(wire::announce_request const& request,
                                       ip_address const& from, moment now) {
    std::unique_lock const lock(m_wallet_mutex);
    return m_wallets.apply(request, from, now);
}

wire::route_answer tracker_shared_store::routes(wallet_address const& from,
                                                wallet_address const& to, std::size_t paths,
                                                moment now, graph::path_search& search) {
    auto const begun = m_clock.now().mono;
    wire::route_answer out;
    {
        std::shared_lock const lock(m_wallet_mutex);
        out = m_wallets.routes(from, to, paths, now, search);
    }
    auto const took =
        std::chrono::duration_cast<std::chrono::microseconds>(m_clock.now().mono - begun).count();
    auto const& bounds = latency::bounds_us;
    auto const place = std::lower_bound(bounds.begin(), bounds.end(), took) - bounds.begin();
    m_latency.counts[static_cast<std::size_t>(place)].fetch_add(1, std::memory_order_relaxed);
    m_latency.sum_us.fetch_add(static_cast<std::uint64_t>(took), std::memory_order_relaxed);
    return out;
}

bool tracker_shared_store::is_online(wallet_address const& wallet) {
    std::shared_lock const lock(m_wallet_mutex);
    return m_wallets.is_online(wallet);
}

void tracker_shared_store::expire_part(moment now, std::size_t rounds) {
    constexpr std::size_t devices_at_once = 1000;
    for_each_shard([&](tracker::swarm_store& swarms) {
        (void)swarms.expire_some(seconds(now), swarms.swarm_count() / rounds + 1);
    });
    std::size_t left =
        read_wallets([](auto const& wallets) { return wallets.device_count(); }) / rounds + 1;
    while (left > 0) {
        auto const part = std::min(left, devices_at_once);
        change_wallets([&](auto& wallets) { return wallets.expire_some(now, part); });
        left -= part;
    }
}

void tracker_shared_store::erase(info_hash const& hash) {
    with_shard(hash, [&](tracker::swarm_store& swarms) { swarms.erase(hash); });
}

tracker_shared_store::totals tracker_shared_store::count() {
    totals out;
    for_each_shard([&](tracker::swarm_store& swarms) {
        out.swarms += swarms.swarm_count();
        out.peers += swarms.peer_count();
    });
    read_wallets([&](tracker::wallet_registry const& wallets) {
        out.devices = wallets.device_count();
        out.wallets_online = wallets.edges().online_count();
        out.claims = wallets.edges().claim_count();
        out.links = wallets.edges().mutual_count();
    });
    return out;
}

} // namespace tau::net
