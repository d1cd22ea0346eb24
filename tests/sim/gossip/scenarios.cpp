#include "sim/gossip/scenarios.hpp"

#include <algorithm>

namespace tau::test {

using namespace std::chrono_literals;

namespace {

double minutes(trace_time t) {
    return std::chrono::duration<double, std::ratio<60>>(t).count();
}

double median(std::vector<double>& values) {
    if (values.empty())
        return 0;
    auto const middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

struct tally {
    delivery_figures out{};
    std::vector<double> delays{};
    void add(trace_message const& m, std::optional<trace_time> at, trace_time window) {
        ++out.due;
        if (!at || *at - m.at > window)
            return;
        ++out.delivered;
        delays.push_back(minutes(*at - m.at));
    }
    delivery_figures finish() {
        out.median_min = median(delays);
        return out;
    }
};

} // namespace

bool is_due(trace const& plan, city const& done, std::size_t message, trace_time window) {
    auto const& m = plan.messages[message];
    auto const best = omniscient_delivery(plan, m);
    return !done.is_hostile(m.from) && !done.is_hostile(m.to) && best && *best - m.at <= window
           && *best < plan.settings.length;
}

bool in_time(trace const& plan, city const& done, std::size_t message, trace_time window) {
    auto const& at = done.fates()[message].delivered;
    return at && *at - plan.messages[message].at <= window;
}

comparison compare(trace const& plan, city const& done, trace_time window) {
    tally omniscient, ours, plain;
    for (std::size_t i = 0; i < plan.messages.size(); ++i) {
        auto const& m = plan.messages[i];
        if (!is_due(plan, done, i, window))
            continue;
        omniscient.add(m, omniscient_delivery(plan, m), window);
        ours.add(m, done.fates()[i].delivered, window);
        plain.add(m, plain_mailbox_delivery(plan, m), window);
    }
    return {omniscient.finish(), ours.finish(), plain.finish(), done.shown_twice()};
}

trace never_together(std::size_t groups, std::uint64_t seed) {
    trace_settings settings;
    settings.devices = groups * 7;
    settings.messages_per_day = 10;
    auto out = make_trace(settings, seed);
    out.friends.assign(settings.devices, {});
    out.messages.clear();
    for (std::size_t g = 0; g < groups; ++g) {
        for (std::size_t a = 0; a < 7; ++a)
            for (std::size_t b = 0; b < 7; ++b)
                if (a != b && (a < 2 || b < 2))
                    out.friends[g * 7 + a].push_back(g * 7 + b);
        // Whatever of the second's sessions touches one of the first's is cut out.
        auto const& first = out.sessions[g * 7];
        std::vector<trace_session> apart;
        for (auto const& one : out.sessions[g * 7 + 1])
            if (std::none_of(first.begin(), first.end(), [&](trace_session const& other) {
                    return other.from < one.to && one.from < other.to;
                }))
                apart.push_back(one);
        out.sessions[g * 7 + 1] = std::move(apart);
    }
    seeded_random random(seed + 1);
    write_messages(out, random);
    std::erase_if(out.messages,
                  [](trace_message const& m) { return m.from % 7 > 1 || m.to % 7 > 1; });
    return out;
}

trace idle_trace() {
    trace out;
    out.settings.devices = 51;
    out.settings.length = 3h;
    out.sessions.resize(51);
    out.friends.resize(51);
    for (std::size_t i = 0; i <= 50; ++i) {
        if (i <= 5)
            out.sessions[i] = {{i * 100ms, 3h}};
        if (i > 0) {
            out.friends[0].push_back(i);
            out.friends[i].push_back(0);
        }
    }
    return out;
}

trace victim_trace(bool with_villain) {
    trace out;
    out.settings.devices = 16;
    out.settings.length = 4h;
    out.sessions.resize(16);
    out.friends.resize(16);
    out.sessions[0] = {{0ms, 4h}};
    if (with_villain)
        out.sessions[1] = {{15min, 4h}};
    for (std::size_t i = 1; i < 16; ++i) {
        out.friends[0].push_back(i);
        out.friends[i].push_back(0);
        for (std::size_t k = 0; i > 1 && k < 10; ++k)
            out.messages.push_back({0, i, trace_time(1min) * k + trace_time(2s) * i});
    }
    std::stable_sort(out.messages.begin(), out.messages.end(),
                     [](auto const& a, auto const& b) { return a.at < b.at; });
    return out;
}

trace return_trace() {
    trace out;
    out.settings.devices = 11;
    out.settings.length = 170h;
    out.sessions.resize(11);
    out.friends.resize(11);
    out.sessions[0] = {{0ms, 10min}, {168h, 170h}};
    for (std::size_t i = 1; i <= 10; ++i) {
        out.sessions[i] = {{0ms, 170h}};
        out.friends[0].push_back(i);
        out.friends[i].push_back(0);
        for (std::size_t k = 0; k < 50; ++k)
            out.messages.push_back({i, 0, 1h + trace_time(3h) * k + trace_time(7min) * i});
    }
    std::stable_sort(out.messages.begin(), out.messages.end(),
                     [](auto const& a, auto const& b) { return a.at < b.at; });
    return out;
}

idle_figures measure_idle(std::uint64_t seed) {
    auto const plan = idle_trace();
    city here(plan, {}, seed);
    here.run(5min);
    auto const start = here.used(0);
    here.run(65min);
    auto const first = here.used(0);
    here.run(125min);
    auto const second = here.used(0);
    auto const rate = [](traffic const& a, traffic const& b) {
        return static_cast<double>(b.packets_out - a.packets_out) / 3600;
    };
    return {rate(start, first), rate(first, second), first.gets - start.gets,
            first.puts - start.puts};
}

return_figures measure_return(std::uint64_t seed) {
    // A text of this scenario is sealed in 448 octets, and 4 go with each in an exchange.
    constexpr double sealed_text = 448 + 4;
    auto const plan = return_trace();
    city_settings world;
    world.open = 1;
    world.moves = 0;
    city here(plan, world, seed);
    here.run(168h - 1ms);
    auto const before = here.used(0);
    return_figures out;
    out.messages = plan.messages.size();
    for (auto t = trace_time(168h); t < 169h && out.arrived < out.messages; t += 100ms) {
        here.run(t);
        out.arrived = static_cast<std::size_t>(
            std::count_if(here.fates().begin(), here.fates().end(),
                          [](fate const& f) { return f.delivered.has_value(); }));
    }
    trace_time last{168h};
    for (auto const& one : here.fates())
        if (one.delivered)
            last = std::max(last, *one.delivered);
    out.seconds = std::chrono::duration<double>(last - 168h).count();
    out.sealed_bytes = static_cast<double>(out.messages) * sealed_text;
    out.used = here.used(0) - before;
    return out;
}

} // namespace tau::test
