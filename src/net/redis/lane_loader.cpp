#include "net/redis/lane_loader.hpp"

#include <hiredis/hiredis.h>

namespace tau::net {
namespace {

byte_view octets(redisReply const& reply) {
    return as_bytes(redis_text(reply));
}

} // namespace

tracker::swarm_merge to_merge(wire::replica::peer_change const& change, std::uint32_t age_s) {
    tracker::swarm_merge out;
    out.hash = change.hash;
    out.peer = {change.address, change.is_v6};
    out.is_seeder = change.is_seeder;
    out.is_partial = change.is_partial;
    out.is_stopped = change.is_stopped;
    out.age_s = age_s;
    return out;
}

std::uint32_t seconds_of(moment now) {
    auto const since_epoch = std::chrono::floor<std::chrono::seconds>(now.mono.time_since_epoch());
    return static_cast<std::uint32_t>(since_epoch.count());
}

std::int64_t redis_time_ms(moment now, std::int64_t redis_ahead_ms) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(now.mono.time_since_epoch())
               .count()
           + redis_ahead_ms;
}

std::uint32_t lane_loader::age_of(std::uint32_t seen_s) const {
    auto const here = redis_time_ms(m_clock.now(), m_redis_ahead_ms) / 1000;
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(here - seen_s, 0, 1'000'000));
}

void lane_loader::start(std::int64_t redis_ahead_ms) {
    m_redis_ahead_ms = redis_ahead_ms;
    m_is_busy = true;
    m_failed = false;
    m_keys.clear();
    m_wallets.clear();
    m_to_ask.clear();
    m_cursor = "0";
    auto const now_s = redis_time_ms(m_clock.now(), m_redis_ahead_ms) / 1000;
    // The oldest first: what was said later stands above it.
    for (auto const epoch : m_layout.epochs(static_cast<std::uint32_t>(now_s))) {
        m_keys.emplace_back(m_layout.peers(epoch), true);
        m_keys.emplace_back(m_layout.devices(epoch), false);
    }
    next_scan();
}

void lane_loader::fail() {
    m_is_busy = false;
    m_failed = true;
}

void lane_loader::next_scan() {
    if (m_keys.empty()) {
        for (auto const& [wallet, is_online] : m_wallets)
            if (is_online)
                m_to_ask.push_back(wallet);
        next_claims();
        return;
    }
    auto const& [key, is_peers] = m_keys.front();
    m_redis.send(
        m_layout.slot(), {"HSCAN", key, m_cursor, "COUNT", fields_at_once},
        [this, of_peers = is_peers](redisReply const* reply) { on_scan(reply, of_peers); });
}

void lane_loader::on_scan(redisReply const* reply, bool is_peers) {
    if (reply == nullptr || reply->type != REDIS_REPLY_ARRAY || reply->elements != 2
        || reply->element[1]->type != REDIS_REPLY_ARRAY)
        return fail();
    m_cursor = redis_text(*reply->element[0]);
    auto const& fields = *reply->element[1];
    for (std::size_t i = 0; i + 1 < fields.elements; i += 2) {
        auto const field = octets(*fields.element[i]);
        auto const value = octets(*fields.element[i + 1]);
        is_peers ? take_peer(field, value) : take_device(field, value);
    }
    if (m_cursor.empty())
        return fail();
    if (m_cursor == "0")
        m_keys.pop_front();
    next_scan();
}

void lane_loader::take_peer(byte_view field, byte_view value) {
    auto const read = wire::replica::read_peer_state(field, value);
    if (!read)
        return;
    auto const age = age_of(read.value().seen_s);
    if (age > m_local.peer_lifetime_s())
        return;
    auto told = to_merge(read.value().change, age);
    told.downloaded = read.value().change.downloaded;
    m_local.with_shard(told.hash, [&](tracker::swarm_store& swarms) {
        swarms.merge(told, seconds_of(m_clock.now()));
    });
    ++m_loaded;
}

void lane_loader::take_device(byte_view field, byte_view value) {
    auto read = wire::replica::read_device_state(field, value);
    if (!read)
        return;
    auto& change = read.value().change;
    auto const age = age_of(read.value().seen_s);
    change.is_online = change.is_online && age <= m_local.peer_lifetime_s();
    m_local.change_wallets([&](tracker::wallet_registry& wallets) {
        (void)wallets.merge(change, age, m_clock.now());
        m_wallets[change.wallet] = wallets.is_online(change.wallet);
    });
    ++m_loaded;
}

void lane_loader::next_claims() {
    if (m_to_ask.empty()) {
        m_is_busy = false;
        return;
    }
    m_outstanding = std::min(wallets_at_once, m_to_ask.size());
    for (auto left = m_outstanding; left > 0; --left) {
        auto const wallet = m_to_ask.back();
        m_to_ask.pop_back();
        m_redis.send(m_layout.slot(), {"SMEMBERS", m_layout.claims(wallet)},
                     [this, wallet](redisReply const* reply) { on_claims(wallet, reply); });
    }
}

void lane_loader::on_claims(wallet_address const& wallet, redisReply const* reply) {
    if (reply == nullptr || reply->type != REDIS_REPLY_ARRAY) {
        m_failed = true;
    } else {
        std::vector<wallet_address> to;
        for (std::size_t i = 0; i < reply->elements; ++i)
            if (auto const one = wallet_address::from(octets(*reply->element[i])))
                to.push_back(one.value());
        m_local.change_wallets([&](tracker::wallet_registry& wallets) {
            wallets.replace_claims(wallet, to, m_clock.now());
        });
    }
    if (--m_outstanding > 0)
        return;
    if (m_failed)
        return fail();
    next_claims();
}

} // namespace tau::net
