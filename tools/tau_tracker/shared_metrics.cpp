#include "shared_metrics.hpp"

#include <nlohmann/json.hpp>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

namespace tau::tracker_tool {
namespace {

using status = net::tracker_redis_store::status;

// One number: its name, what it means, and whether it only grows.
struct row {
    char const* name;
    char const* help;
    bool is_counter;
    double (*read)(status const&);
};

template <auto Member>
double number(status const& s) {
    return static_cast<double>(s.*Member);
}

constexpr row table[] = {
    {"connected", "1 if the state of every lane is shared, else 0.", false,
     [](status const& s) { return s.trouble.empty() ? 1.0 : 0.0; }},
    {"lanes_following", "Lanes of 16 whose log is followed.", false,
     number<&status::lanes_following>},
    {"wrong_seconds", "How long the state has not been shared in full.", false,
     [](status const& s) { return static_cast<double>(s.wrong_for.count()); }},
    {"lag_seconds", "Age of the newest change of others when it was taken, slowest lane.", false,
     [](status const& s) { return s.lag_ms / 1000.0; }},
    {"queued_octets", "Changes that wait for Redis.", false, number<&status::queued_octets>},
    {"sent_changes_total", "Changes that Redis confirmed.", true, number<&status::sent_changes>},
    {"sent_again_total", "Changes sent again after the server changed.", true,
     number<&status::sent_again>},
    {"taken_changes_total", "Changes of other front-ends.", true, number<&status::taken_changes>},
    {"dropped_changes_total", "Changes dropped while Redis was away.", true,
     number<&status::dropped_changes>},
    {"failed_exchanges_total", "Exchanges that failed and were tried again.", true,
     number<&status::failed_exchanges>},
    {"malformed_total", "Entries of the log that were not understood.", true,
     number<&status::malformed>},
    {"gaps_total", "Batches of others that never came.", true, number<&status::gaps>},
    {"loads_total", "Loads of a lane's whole state.", true, number<&status::loads>},
    {"connects_total", "Connections to servers.", true, number<&status::connects>},
    {"losses_total", "Connections lost.", true, number<&status::losses>},
    {"redirects_total", "Commands that a server sent elsewhere.", true, number<&status::redirects>},
};

} // namespace

std::string shared_metrics_text(status const& s) {
    std::vector<prometheus::MetricFamily> families;
    for (auto const& r : table) {
        auto& family = families.emplace_back();
        family.name = std::string("tau_tracker_redis_") + r.name;
        family.help = r.help;
        family.type =
            r.is_counter ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
        auto& metric = family.metric.emplace_back();
        (r.is_counter ? metric.counter.value : metric.gauge.value) = r.read(s);
    }
    return prometheus::TextSerializer{}.Serialize(families);
}

std::string shared_json(status const& s) {
    nlohmann::json out{{"trouble", s.trouble}};
    for (auto const& r : table)
        out[r.name] = r.read(s);
    return out.dump();
}

} // namespace tau::tracker_tool
