#include "metrics.hpp"

#include <nlohmann/json.hpp>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <limits>

namespace tau::tracker_tool {
namespace {

using tracker::counter;

// A counter's metric, and the label that tells it from others of the metric.
struct counted {
    counter which;
    char const* metric;
    char const* label;
    char const* value;
};

constexpr char const* requests = "tau_tracker_requests_total";
constexpr char const* announces = "tau_tracker_announces_total";
constexpr char const* dropped = "tau_tracker_dropped_total";
constexpr char const* refused = "tau_tracker_refused_total";
constexpr char const* routes = "tau_tracker_routes_total";

constexpr counted table[] = {
    {counter::udp_connects, requests, "kind", "udp_connect"},
    {counter::udp_announces, requests, "kind", "udp_announce"},
    {counter::udp_scrapes, requests, "kind", "udp_scrape"},
    {counter::udp_wallet_requests, requests, "kind", "udp_wallet"},
    {counter::http_announces, requests, "kind", "http_announce"},
    {counter::http_scrapes, requests, "kind", "http_scrape"},
    {counter::http_other, requests, "kind", "http_other"},
    {counter::udp_malformed, dropped, "reason", "udp_malformed"},
    {counter::udp_stale_connection_ids, dropped, "reason", "stale_connection_id"},
    {counter::udp_send_failures, dropped, "reason", "udp_send_failed"},
    {counter::http_malformed, dropped, "reason", "http_malformed"},
    {counter::http_timeouts, dropped, "reason", "http_timeout"},
    {counter::tls_failures, dropped, "reason", "tls_handshake"},
    {counter::http_crowded_out, dropped, "reason", "http_crowded_out"},
    {counter::refused_malformed, refused, "reason", "malformed"},
    {counter::refused_banned, refused, "reason", "banned"},
    {counter::refused_passkey, refused, "reason", "passkey"},
    {counter::refused_hash, refused, "reason", "info_hash"},
    {counter::refused_rate, refused, "reason", "rate"},
    {counter::refused_signature, refused, "reason", "signature"},
    {counter::refused_key, refused, "reason", "key"},
    {counter::refused_clock, refused, "reason", "clock"},
    {counter::refused_replay, refused, "reason", "replay"},
    {counter::refused_limit, refused, "reason", "limit"},
    {counter::refused_name, refused, "reason", "tracker_name"},
    {counter::refused_busy, refused, "reason", "busy"},
    {counter::refused_full_scrape, refused, "reason", "full_scrape"},
    {counter::routes_asked, routes, "outcome", "asked"},
    {counter::routes_found, routes, "outcome", "found"},
    {counter::http_connections, "tau_tracker_http_connections_total", "side", "accepted"},
    {counter::signed_accepted, "tau_tracker_signed_total", "outcome", "accepted"},
};

char const* help_of(std::string_view metric) {
    if (metric == requests)
        return "Requests that were understood, by kind.";
    if (metric == dropped)
        return "What was not answered as a request, by reason.";
    if (metric == refused)
        return "Requests that were refused, by reason.";
    if (metric == routes)
        return "Route queries, and those for which a path was found.";
    if (metric == "tau_tracker_signed_total")
        return "Signed requests that were accepted.";
    return "Connections accepted.";
}

// Announces by protocol and outcome.
prometheus::MetricFamily announce_outcomes(net::tracker_server const& server) {
    prometheus::MetricFamily out;
    out.name = announces;
    out.help = "Announces that were understood, by protocol and outcome.";
    out.type = prometheus::MetricType::Counter;
    auto const add = [&out](char const* protocol, char const* outcome, std::uint64_t value) {
        auto& metric = out.metric.emplace_back();
        metric.label = {{"protocol", protocol}, {"outcome", outcome}};
        metric.counter.value = static_cast<double>(value);
    };
    auto const add_both = [&](char const* protocol, counter all, counter no) {
        // Refusals first: what is counted meanwhile must not make the difference negative.
        auto const refusals = server.count(no);
        add(protocol, "answered", server.count(all) - refusals);
        add(protocol, "refused", refusals);
    };
    add_both("udp", counter::udp_announces, counter::udp_announces_refused);
    add_both("http", counter::http_announces, counter::http_announces_refused);
    return out;
}

prometheus::MetricFamily gauge(char const* name, char const* help, std::size_t value) {
    prometheus::MetricFamily out;
    out.name = name;
    out.help = help;
    out.type = prometheus::MetricType::Gauge;
    out.metric.emplace_back();
    out.metric.back().gauge.value = static_cast<double>(value);
    return out;
}

prometheus::MetricFamily route_latency(net::tracker_shared_store::latency const& latency) {
    prometheus::MetricFamily out;
    out.name = "tau_tracker_route_seconds";
    out.help = "Time of route searches with the wait for the lock.";
    out.type = prometheus::MetricType::Histogram;
    auto& histogram = out.metric.emplace_back().histogram;
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < latency.counts.size(); ++i) {
        sum += latency.counts[i].load(std::memory_order_relaxed);
        bool const is_last = i == latency.bounds_us.size();
        histogram.bucket.push_back(
            {sum, is_last ? std::numeric_limits<double>::infinity() : latency.bounds_us[i] / 1e6});
    }
    histogram.sample_count = sum;
    histogram.sample_sum =
        static_cast<double>(latency.sum_us.load(std::memory_order_relaxed)) / 1e6;
    return out;
}

} // namespace

std::string metrics_text(net::tracker_server const& server, net::tracker_shared_store& store) {
    std::vector<prometheus::MetricFamily> families;
    for (auto const& row : table) {
        if (families.empty() || families.back().name != row.metric) {
            auto& fresh = families.emplace_back();
            fresh.name = row.metric;
            fresh.help = help_of(row.metric);
            fresh.type = prometheus::MetricType::Counter;
        }
        auto& metric = families.back().metric.emplace_back();
        metric.label = {{row.label, row.value}};
        metric.counter.value = static_cast<double>(server.count(row.which));
    }
    families.push_back(announce_outcomes(server));
    auto const totals = store.count();
    families.push_back(gauge("tau_tracker_swarms", "Swarms with a peer.", totals.swarms));
    families.push_back(gauge("tau_tracker_peers", "Peers in all swarms.", totals.peers));
    families.push_back(gauge("tau_tracker_devices", "Devices remembered.", totals.devices));
    families.push_back(gauge("tau_tracker_wallets", "Wallets online.", totals.wallets_online));
    families.push_back(gauge("tau_tracker_claims", "Link claims of one side.", totals.claims));
    families.push_back(gauge("tau_tracker_links", "Links both sides claim.", totals.links));
    families.push_back(route_latency(store.route_latency()));
    return prometheus::TextSerializer{}.Serialize(families);
}

std::string stats_json(net::tracker_server const& server, net::tracker_shared_store& store) {
    auto const totals = store.count();
    nlohmann::json out{{"swarms", totals.swarms},   {"peers", totals.peers},
                       {"devices", totals.devices}, {"wallets_online", totals.wallets_online},
                       {"claims", totals.claims},   {"links", totals.links}};
    for (auto const& row : table) {
        std::string group = row.metric;
        group = group.substr(std::string_view("tau_tracker_").size());
        group.resize(group.size() - std::string_view("_total").size());
        out[group][row.value] = server.count(row.which);
    }
    return out.dump();
}

} // namespace tau::tracker_tool
