#include "recorder.hpp"

#include <nlohmann/json.hpp>

#include <unistd.h>

#include <charconv>
#include <fstream>
#include <initializer_list>

namespace tau::tracker_tool {
namespace {

using tracker::counter;

// In the order in which sample() takes them. Up to memory_bytes they stand for a moment;
// the others only rise.
constexpr std::string_view names[] = {
    "peers",        "swarms",       "wallets_online", "links",      "claims",
    "memory_bytes", "udp_connects", "udp_announces",  "udp_wallet", "http_announces",
    "scrapes",      "signed",       "refused",        "dropped",    "routes_asked",
    "routes_found", "routes_timed", "routes_us",
};
static_assert(std::size(names) <= tracker::history::max_values);

// Resident memory of this process; 0 where the system does not tell.
std::uint64_t resident_bytes() {
    std::ifstream file("/proc/self/statm");
    std::uint64_t size = 0;
    std::uint64_t resident = 0;
    file >> size >> resident;
    return file ? resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) : 0;
}

std::uint64_t sum(net::tracker_server const& server, std::initializer_list<counter> which) {
    std::uint64_t out = 0;
    for (auto const c : which)
        out += server.count(c);
    return out;
}

} // namespace

recorder::recorder(net::tracker_server const& server, net::tracker_shared_store& store)
    : m_server(server), m_store(store) {}

void recorder::sample(moment now) {
    if (!m_begun)
        m_begun = now.wall;
    auto const totals = m_store.count();
    auto const& latency = m_store.route_latency();
    std::uint64_t timed = 0;
    for (auto const& bucket : latency.counts)
        timed += bucket.load(std::memory_order_relaxed);
    auto const count = [this](counter which) { return m_server.count(which); };
    m_history.add(
        now, {totals.peers, totals.swarms, totals.wallets_online, totals.links, totals.claims,
              resident_bytes(), count(counter::udp_connects), count(counter::udp_announces),
              count(counter::udp_wallet_requests), count(counter::http_announces),
              sum(m_server, {counter::udp_scrapes, counter::http_scrapes}),
              count(counter::signed_accepted),
              sum(m_server,
                  {counter::refused_malformed, counter::refused_passkey, counter::refused_hash,
                   counter::refused_rate, counter::refused_signature, counter::refused_clock,
                   counter::refused_replay, counter::refused_limit, counter::refused_name,
                   counter::refused_busy, counter::refused_banned, counter::refused_full_scrape}),
              sum(m_server,
                  {counter::udp_malformed, counter::udp_stale_connection_ids,
                   counter::udp_send_failures, counter::http_malformed, counter::http_timeouts}),
              count(counter::routes_asked), count(counter::routes_found), timed,
              latency.sum_us.load(std::memory_order_relaxed)});
}

void recorder::answer(net::http_request const& request, net::http_reply const& reply) const {
    auto const range =
        tracker::history::range_named(request.parameter("range").value_or("minutes"));
    auto const after_text = request.parameter("after").value_or("0");
    std::int64_t after = 0;
    auto const* const end = after_text.data() + after_text.size();
    auto const read = std::from_chars(after_text.data(), end, after);
    if (!range || read.ec != std::errc{} || read.ptr != end) {
        reply.send(net::error_response(400, "invalid_argument",
                                       "range is minutes, hour or day; after is unix time in ms"));
        return;
    }
    auto const& how = tracker::history::resolutions[static_cast<std::size_t>(*range)];
    nlohmann::json out{{"range", how.name},
                       {"step_s", how.step.count()},
                       {"size", how.size},
                       {"columns", nlohmann::json::array({"time"})},
                       {"rows", nlohmann::json::array()}};
    if (m_begun)
        out["begun"] = m_begun->time_since_epoch().count();
    for (auto const name : names)
        out["columns"].push_back(name);
    for (auto const& one : m_history.since(*range, unix_ms{std::chrono::milliseconds{after}})) {
        auto row = nlohmann::json::array({one.when.time_since_epoch().count()});
        for (std::size_t i = 0; i < std::size(names); ++i)
            row.push_back(one.what[i]);
        out["rows"].push_back(std::move(row));
    }
    reply.send({.body = out.dump()});
}

void recorder::add_routes(net::router& routes) const {
    routes.add({"GET", "/api/history",
                [this](net::http_request const& request, net::http_reply const& reply) {
                    answer(request, reply);
                }});
}

} // namespace tau::tracker_tool
