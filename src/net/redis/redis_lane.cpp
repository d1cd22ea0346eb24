#include "net/redis/redis_lane.hpp"

#include <hiredis/hiredis.h>

#include <charconv>

namespace tau::net {
namespace {

std::int64_t number_of(std::string_view text) {
    std::int64_t out = 0;
    std::from_chars(text.data(), text.data() + text.size(), out);
    return out;
}

// The part of an entry's id that is a time, unix ms of the server.
std::int64_t time_of(std::string_view id) {
    return number_of(id.substr(0, id.find('-')));
}

redisReply const* element(redisReply const& reply, std::size_t i) {
    return reply.type == REDIS_REPLY_ARRAY && i < reply.elements ? reply.element[i] : nullptr;
}

} // namespace

redis_lane::redis_lane(parts const& with, std::size_t number)
    : m_layout(with.prefix, number, with.local.peer_lifetime_s()), m_redis(with.redis),
      m_local(with.local), m_clock(with.clock), m_front_end(with.front_end), m_log(with.log),
      m_queue(with.max_queue_octets), m_loader(m_redis, m_layout, m_local, m_clock) {}

void redis_lane::on_time(moment now) {
    if (m_outstanding > 0)
        return;
    auto const connection = m_redis.connection_of(m_layout.slot());
    if (connection == 0) {
        m_next = now.mono + busy_pause;
        return go_away(now);
    }
    if (now.mono < m_next)
        return;
    if (connection != m_connection)
        on_connection(connection);
    m_has_failed = false;
    m_in_exchange = 0;
    // Held up so that replies which come at once do not end the exchange early.
    ++m_outstanding;
    if (!m_knows_time || now.mono >= m_time_asked + std::chrono::seconds(1))
        ask_time();
    if (m_position.empty())
        join();
    else if (m_knows_time)
        take_pieces();
    if (!m_position.empty())
        read_log();
    if (--m_outstanding == 0)
        finish(now);
}

void redis_lane::go_away(moment now) {
    stop_following(now);
    m_connection = 0;
}

void redis_lane::stop_following(moment now) {
    if (std::exchange(m_is_following, false))
        m_away_since = now.mono;
}

void redis_lane::on_connection(std::uint64_t connection) {
    m_connection = connection;
    m_knows_time = false;
    m_begun_epoch = 0;
    // What was confirmed by another server goes first, in its order and with its numbers.
    for (; !m_kept.empty(); m_kept.pop_back()) {
        m_counted.sent_again += m_kept.back().count;
        m_to_send.push_front(std::move(m_kept.back()));
    }
    m_kept_octets = 0;
    rewind_log();
}

void redis_lane::rewind_log() {
    if (m_position.empty())
        return;
    auto const back = std::chrono::duration_cast<std::chrono::milliseconds>(rewind).count();
    // What was before the load is in the state, and must not be counted again.
    m_position = std::to_string(std::max(time_of(m_position) - back, m_joined_ms)) + "-0";
}

void redis_lane::send(redis_command command, std::function<void(redisReply const&)> on_reply) {
    ++m_outstanding;
    m_redis.send(m_layout.slot(), std::move(command),
                 [this, on_reply = std::move(on_reply)](redisReply const* reply) {
                     if (reply != nullptr && reply->type != REDIS_REPLY_ERROR)
                         on_reply(*reply);
                     on_replied(reply);
                 });
}

void redis_lane::on_replied(redisReply const* reply) {
    if (reply == nullptr || reply->type == REDIS_REPLY_ERROR) {
        m_has_failed = true;
        m_trouble = reply == nullptr ? std::string() : std::string(redis_error(*reply));
    }
    if (--m_outstanding == 0)
        finish(m_clock.now());
}

void redis_lane::finish(moment now) {
    if (m_has_failed) {
        ++m_counted.failed_exchanges;
        stop_following(now);
        m_next = now.mono + m_retry;
        m_retry = std::min(m_retry * 2, longest_retry);
        return;
    }
    m_retry = first_retry;
    m_trouble.clear();
    for (; m_in_exchange > 0; --m_in_exchange) {
        auto& piece = m_to_send.front();
        piece.confirmed = now.mono;
        m_counted.sent_changes += piece.count;
        m_kept_octets += piece.changes.size();
        m_kept.push_back(std::move(piece));
        m_to_send.pop_front();
        m_busy_until = now.mono + busy_for;
    }
    drop_kept(now.mono);
    load_if_due(now);
    bool const is_more = m_is_more_to_read || !m_to_send.empty();
    auto const pause = now.mono < m_busy_until ? busy_pause : idle_pause;
    m_next = is_more ? now.mono : now.mono + pause;
}

void redis_lane::drop_kept(time_point now) {
    while (!m_kept.empty()
           && (now - m_kept.front().confirmed > keep_sent || m_kept_octets > max_kept_octets)) {
        m_kept_octets -= m_kept.front().changes.size();
        m_kept.pop_front();
    }
}

void redis_lane::load_if_due(moment now) {
    if (m_loader.is_busy() || !m_knows_time || m_position.empty())
        return;
    if (m_loader.failed() || (!m_is_following && now.mono - m_away_since > reload_after))
        m_must_load = true;
    if (m_must_load && (!m_was_loaded || now.mono - m_loaded_at >= between_loads)) {
        m_must_load = false;
        m_loaded_at = m_away_since = now.mono;
        ++m_counted.loads;
        m_loader.start(m_redis_ahead_ms);
    }
    if (m_loader.is_busy() || m_loader.failed())
        return;
    m_was_loaded = true;
    m_is_following = true;
}

void redis_lane::ask_time() {
    m_time_asked = m_clock.now().mono;
    send({"TIME"}, [this](redisReply const& reply) {
        auto const* seconds = element(reply, 0);
        auto const* micros = element(reply, 1);
        if (seconds == nullptr || micros == nullptr)
            return;
        auto const redis_ms =
            number_of(redis_text(*seconds)) * 1000 + number_of(redis_text(*micros)) / 1000;
        m_redis_ahead_ms = redis_ms - redis_time_ms(m_clock.now(), 0);
        m_knows_time = true;
    });
}

// The end of the log is noted before the state is loaded, and followed from there.
void redis_lane::join() {
    send({"XREVRANGE", m_layout.log(), "+", "-", "COUNT", "1"}, [this](redisReply const& reply) {
        auto const* entry = element(reply, 0);
        auto const* id = entry == nullptr ? nullptr : element(*entry, 0);
        m_position = id == nullptr ? "0-0" : std::string(redis_text(*id));
        m_joined_ms = id == nullptr ? 0 : time_of(m_position) + 1;
    });
}

void redis_lane::take_pieces() {
    auto const now = m_clock.now();
    while (m_to_send.size() < pieces_at_once) {
        auto piece = m_queue.pop();
        if (!piece)
            break;
        m_to_send.push_back(
            {std::move(piece->changes), ++m_last_number, piece->count, piece->begun_s, {}});
    }
    for (; m_in_exchange < std::min(pieces_at_once, m_to_send.size()); ++m_in_exchange)
        write(m_to_send[m_in_exchange], seconds_of(now));
}

void redis_lane::write(sent_piece const& piece, std::uint32_t now_s) {
    auto const changes = wire::replica::read_changes(piece.changes);
    if (!changes)
        return;
    auto const age = now_s - std::min(piece.begun_s, now_s);
    auto const redis_s =
        static_cast<std::uint32_t>(redis_time_ms(m_clock.now(), m_redis_ahead_ms) / 1000);
    auto const ignore = [](redisReply const&) {};
    for (auto& command : m_layout.store(changes.value(), redis_s - age, redis_s))
        send(std::move(command), ignore);
    send(m_layout.append(
             wire::replica::write_batch({m_front_end, piece.number, age}, piece.changes)),
         ignore);
    if (auto const epoch = redis_s / lane_layout::epoch_s; epoch != m_begun_epoch) {
        m_begun_epoch = epoch;
        for (auto& command : m_layout.begin_epoch(redis_s))
            send(std::move(command), ignore);
    }
}

void redis_lane::read_log() {
    m_is_more_to_read = false;
    send({"XREAD", "COUNT", entries_at_once, "STREAMS", m_layout.log(), m_position},
         [this](redisReply const& reply) { on_log(reply); });
}

void redis_lane::on_log(redisReply const& reply) {
    auto const* stream = element(reply, 0);
    auto const* entries = stream == nullptr ? nullptr : element(*stream, 1);
    if (entries == nullptr || entries->type != REDIS_REPLY_ARRAY)
        return;
    for (std::size_t i = 0; i < entries->elements; ++i)
        take_entry(*entries->element[i]);
    m_is_more_to_read = entries->elements >= static_cast<std::size_t>(number_of(entries_at_once));
    m_busy_until = m_clock.now().mono + busy_for;
}

void redis_lane::take_entry(redisReply const& entry) {
    auto const* id = element(entry, 0);
    auto const* fields = element(entry, 1);
    if (id == nullptr || fields == nullptr)
        return;
    m_position = redis_text(*id);
    auto const* octets = element(*fields, 1);
    auto const raw = octets == nullptr ? byte_view{} : as_bytes(redis_text(*octets));
    auto const head = wire::replica::read_head(raw);
    if (!head) {
        ++m_counted.malformed;
        return;
    }
    using verdict = tracker::replica_log::verdict;
    auto const now = m_clock.now();
    auto const taken = m_seen.take(head.value().front_end, head.value().number, seconds_of(now));
    if (taken == verdict::known)
        return;
    auto const batch = wire::replica::read_batch(raw);
    if (!batch) {
        ++m_counted.malformed;
        return;
    }
    if (taken == verdict::gap) {
        ++m_counted.gaps;
        m_must_load = true;
    }
    auto const lag_ms =
        m_knows_time ? redis_time_ms(now, m_redis_ahead_ms) - time_of(m_position) : std::int64_t{0};
    auto const lag = static_cast<std::uint32_t>(std::clamp<std::int64_t>(lag_ms, 0, 1'000'000'000));
    m_counted.lag_ms = lag;
    apply(batch.value(), head.value().age_s + lag / 1000);
}

// Our own changes come back too, and are applied again: what two front-ends did at
// the same time then ends the same everywhere, in the order of the log.
void redis_lane::apply(wire::replica::batch const& batch, std::uint32_t age_s) {
    auto const now = m_clock.now();
    bool const is_ours = batch.head.front_end == m_front_end;
    m_counted.taken_changes += is_ours ? 0 : batch.peers.size() + batch.devices.size();
    if (age_s > m_local.peer_lifetime_s())
        return;
    for (auto const& change : batch.peers) {
        auto told = to_merge(change, age_s);
        told.is_completed = change.is_completed && !is_ours;
        m_local.with_shard(change.hash, [&](tracker::swarm_store& swarms) {
            swarms.merge(told, seconds_of(now));
        });
    }
    for (auto const& change : batch.devices)
        m_local.change_wallets(
            [&](tracker::wallet_registry& wallets) { (void)wallets.merge(change, age_s, now); });
}

} // namespace tau::net
