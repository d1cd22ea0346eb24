#include "net/redis/tracker_redis_store.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

namespace tau::net {
namespace {

constexpr std::chrono::milliseconds longest_wait{100};
constexpr std::chrono::seconds flush_at_end{1};

} // namespace

tracker_redis_store::tracker_redis_store(tracker_shared_store& local, redis_settings settings,
                                         clock_source const& clock, random_source& random,
                                         logger log, std::size_t max_queue_octets)
    : m_local(local), m_clock(clock), m_log(log), m_redis(settings, std::move(log)),
      m_wake(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    redis_lane::parts const with{m_redis,
                                 m_local,
                                 m_clock,
                                 random.next_u64(),
                                 settings.url.prefix,
                                 max_queue_octets / lane_layout::lane_count,
                                 m_log};
    for (std::size_t i = 0; i < lane_layout::lane_count; ++i)
        m_lanes.push_back(std::make_unique<redis_lane>(with, i));
    m_wrong_since = m_clock.now().mono;
    m_status.trouble = "not connected yet";
    m_thread = std::thread([this] { run(); });
}

tracker_redis_store::~tracker_redis_store() {
    m_stops = true;
    std::uint64_t const one = 1;
    [[maybe_unused]] auto const written = ::write(m_wake.get(), &one, sizeof one);
    m_thread.join();
}

void tracker_redis_store::run() {
    block_broken_pipe_signal();
    while (!m_stops)
        step();
    auto const end = m_clock.now().mono + flush_at_end;
    auto const is_flushed = [&] {
        for (auto const& lane : m_lanes)
            if (!lane->is_flushed())
                return false;
        return true;
    };
    while (m_clock.now().mono < end && m_is_right && !is_flushed())
        step();
}

void tracker_redis_store::step() {
    auto const now = m_clock.now();
    m_redis.on_time(now.mono);
    auto next = now.mono + longest_wait;
    for (auto const& lane : m_lanes) {
        lane->on_time(now);
        // A lane that waits for replies says a time that has passed.
        next = std::min(next, lane->wake_at() > now.mono ? lane->wake_at() : next);
    }
    note_state(now);
    auto const wait = std::chrono::ceil<std::chrono::milliseconds>(next - m_clock.now().mono);
    m_redis.wait(std::max(wait, std::chrono::milliseconds(0)), m_wake.get(), m_clock);
}

void tracker_redis_store::add(redis_lane const& lane, status& to) const {
    auto const& n = lane.counted();
    ++to.lanes;
    to.lanes_following += lane.is_following() ? 1U : 0U;
    to.sent_changes += n.sent_changes;
    to.sent_again += n.sent_again;
    to.taken_changes += n.taken_changes;
    to.dropped_changes += lane.queue().dropped();
    to.failed_exchanges += n.failed_exchanges;
    to.malformed += n.malformed;
    to.gaps += n.gaps;
    to.loads += n.loads;
    to.queued_octets += lane.queue().octets();
    to.lag_ms = std::max(to.lag_ms, n.lag_ms.load());
    if (!lane.is_following() && !lane.trouble().empty())
        to.trouble = lane.trouble();
}

// Says in the log when what the front-ends share begins and ceases to hold.
void tracker_redis_store::note_state(moment now) {
    status fresh;
    for (auto const& lane : m_lanes)
        add(*lane, fresh);
    fresh.connects = m_redis.counted().connects;
    fresh.losses = m_redis.counted().losses;
    fresh.redirects = m_redis.counted().redirects;
    bool const is_right = fresh.lanes_following == fresh.lanes;
    if (is_right)
        fresh.trouble.clear();
    else if (fresh.trouble.empty()) // no server refused anything: there is none, or not yet
        fresh.trouble =
            m_redis.last_trouble().empty() ? "the state is being loaded" : m_redis.last_trouble();

    std::lock_guard const lock(m_mutex);
    if (is_right != m_is_right) {
        m_is_right = is_right;
        m_wrong_since = now.mono;
        if (is_right)
            m_log.write(log_level::info, "the state is shared through Redis");
        else
            m_log.write(log_level::warning,
                        "Redis is away; serving what is known here: " + fresh.trouble);
    }
    if (!is_right)
        fresh.wrong_for =
            std::chrono::duration_cast<std::chrono::seconds>(now.mono - m_wrong_since);
    m_status = std::move(fresh);
    if (is_right && !m_was_loaded) {
        m_was_loaded = true;
        m_loaded.notify_all();
    }
}

bool tracker_redis_store::wait_until_loaded(std::chrono::milliseconds most) {
    std::unique_lock lock(m_mutex);
    return m_loaded.wait_for(lock, most, [this] { return m_was_loaded; });
}

tracker_redis_store::status tracker_redis_store::report() const {
    std::lock_guard const lock(m_mutex);
    return m_status;
}

void tracker_redis_store::announce(tracker::swarm_announce const& request, moment now,
                                   tracker::swarm_answer& out) {
    m_local.announce(request, now, out);
    if (!request.is_listed)
        return;
    wire::replica::peer_change change;
    change.hash = request.hash;
    change.address = request.peer.octets;
    change.is_v6 = request.peer.is_v6;
    change.is_seeder = request.is_seeder;
    change.is_partial = request.is_partial;
    change.is_stopped = request.event == wire::announce_event::stopped;
    change.is_completed = request.event == wire::announce_event::completed;
    change.downloaded = out.counts.downloaded;
    thread_local bytes encoded;
    encoded.clear();
    wire::replica::append(change, encoded);
    m_lanes[lane_layout::lane_of(request.hash)]->queue().push(encoded, seconds_of(now));
}

error_code tracker_redis_store::apply(wire::announce_request const& request, ip_address const& from,
                                      moment now) {
    std::optional<wire::replica::device_change> change;
    auto const ec = m_local.change_wallets([&](tracker::wallet_registry& wallets) {
        auto const out = wallets.apply(request, from, now);
        if (out != errc::stale && out != errc::replayed)
            change = wallets.replica_of(request);
        return out;
    });
    if (!change)
        return ec;
    bytes encoded;
    wire::replica::append(*change, encoded);
    m_lanes[lane_layout::lane_of(change->wallet)]->queue().push(encoded, seconds_of(now));
    return ec;
}

wire::swarm_counts tracker_redis_store::scrape(info_hash const& hash) {
    return m_local.scrape(hash);
}

std::vector<wire::scrape_row> tracker_redis_store::scrape_all() {
    return m_local.scrape_all();
}

tracker::store::first_look tracker_redis_store::look(wire::announce_request const& request,
                                                     ip_address const& from, moment now) {
    return m_local.look(request, from, now);
}

wire::route_answer tracker_redis_store::routes(wallet_address const& from, wallet_address const& to,
                                               std::size_t paths, moment now,
                                               graph::path_search& search) {
    return m_local.routes(from, to, paths, now, search);
}

bool tracker_redis_store::is_online(wallet_address const& wallet) {
    return m_local.is_online(wallet);
}

} // namespace tau::net
