#include "sim/gossip/scenarios.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <set>
#include <string>
#include <vector>

using namespace tau;
using namespace tau::test;
using namespace std::chrono_literals;

namespace {

struct options {
    std::size_t devices = 1'000;
    std::uint64_t seed = 1;
    std::chrono::hours length{48};
    std::size_t explain = 0; ///< so many of the missed messages
};

void explain(trace const& plan, city const& done, trace_time window, std::size_t count) {
    for (std::size_t i = 0; i < plan.messages.size() && count > 0; ++i)
        if (is_due(plan, done, i, window) && !in_time(plan, done, i, window)) {
            --count;
            std::printf("message %zu %s\n", i,
                        done.explain(i, plan.messages[i].at + window).c_str());
        }
}

unsigned long long big(std::uint64_t number) {
    return number;
}

double seconds_of(std::chrono::steady_clock::time_point since) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
}

void print_deliveries(char const* name, trace const& plan, city const& done, trace_time window,
                      double seconds) {
    auto const out = compare(plan, done, window);
    double bytes_out = 0, bytes_in = 0, packets = 0, honest = 0;
    std::size_t ways[6] = {};
    for (auto const& one : done.fates())
        if (one.delivered)
            ++ways[static_cast<std::size_t>(one.way)];
    for (std::size_t i = 0; i < plan.sessions.size(); ++i)
        if (!done.is_hostile(i)) {
            honest += 1;
            bytes_out += static_cast<double>(done.used(i).bytes_out);
            bytes_in += static_cast<double>(done.used(i).bytes_in);
            packets += static_cast<double>(done.used(i).packets_out);
        }
    auto const days =
        std::chrono::duration<double, std::ratio<86400>>(plan.settings.length).count();
    std::printf("%s\n", name);
    std::printf("  devices %zu, clustering %.2f, messages due %zu, window %.0f h\n",
                plan.sessions.size(), plan.clustering(), out.omniscient.due,
                std::chrono::duration<double, std::ratio<3600>>(window).count());
    std::printf("  %-28s %9s %12s\n", "", "delivered", "median min");
    std::printf("  %-28s %8.3f%% %12.1f\n", "omniscient store", out.omniscient.percent(),
                out.omniscient.median_min);
    std::printf("  %-28s %8.3f%% %12.1f\n", "tau", out.ours.percent(), out.ours.median_min);
    std::printf("  %-28s %8.3f%% %12.1f\n", "plain mailbox (no losses)", out.plain.percent(),
                out.plain.median_min);
    std::printf("  limit of the median (1.5 x + 10): %.1f min; shown twice: %llu\n",
                1.5 * out.omniscient.median_min + 10,
                static_cast<unsigned long long>(out.shown_twice));
    std::printf("  ways: direct %zu, DHT %zu, friends %zu\n", ways[2], ways[4], ways[5]);
    std::printf("  each device and day: %.2f MB out, %.2f MB in, %.0f packets out\n",
                bytes_out / honest / days / 1e6, bytes_in / honest / days / 1e6,
                packets / honest / days);
    std::printf("  %.0f s of real time, %llu events\n\n", seconds,
                static_cast<unsigned long long>(done.events()));
    std::fflush(stdout);
}

void run_random(char const* name, options const& o, double online, bool nights, double hostile,
                trace_time window) {
    auto const since = std::chrono::steady_clock::now();
    trace_settings settings;
    settings.devices = o.devices;
    settings.online = online;
    settings.day_and_night = nights;
    settings.length = o.length;
    settings.composing = std::chrono::duration_cast<std::chrono::hours>(o.length / 2);
    auto const plan = make_trace(settings, o.seed);
    city_settings world;
    world.hostile = hostile;
    world.journal = o.explain > 0;
    city here(plan, world, o.seed);
    here.run();
    print_deliveries(name, plan, here, window, seconds_of(since));
    explain(plan, here, window, o.explain);
}

void run_hostile(options const& o) {
    auto const since = std::chrono::steady_clock::now();
    trace_settings settings;
    settings.devices = o.devices;
    settings.length = o.length;
    settings.composing = std::chrono::duration_cast<std::chrono::hours>(o.length / 2);
    auto const plan = make_trace(settings, o.seed);
    city_settings peace, war;
    war.hostile = 0.1;
    city calm(plan, peace, o.seed);
    calm.run();
    city attacked(plan, war, o.seed);
    attacked.run();
    // The same messages in both: those between devices that are honest in the second.
    std::size_t due = 0, before = 0, after = 0;
    for (std::size_t i = 0; i < plan.messages.size(); ++i) {
        if (!is_due(plan, attacked, i, 24h))
            continue;
        ++due;
        before += in_time(plan, calm, i, 24h) ? 1 : 0;
        after += in_time(plan, attacked, i, 24h) ? 1 : 0;
    }
    double most = 0, sum_before = 0, sum_after = 0;
    for (std::size_t i = 0; i < plan.sessions.size(); ++i) {
        if (attacked.is_hostile(i) || calm.used(i).bytes_out == 0)
            continue;
        auto const b = static_cast<double>(calm.used(i).bytes_out);
        auto const a = static_cast<double>(attacked.used(i).bytes_out);
        sum_before += b;
        sum_after += a;
        most = std::max(most, a / b);
    }
    auto const share = [&](std::size_t n) {
        return due == 0 ? 100.0 : 100.0 * static_cast<double>(n) / static_cast<double>(due);
    };
    std::printf("10 %% hostile (garbage gossip, demands for everything, held items dropped, "
                "clocks wrong)\n");
    std::printf("  devices %zu, messages among honest ones %zu\n", plan.sessions.size(), due);
    std::printf("  delivered in 24 h: %.3f%% without, %.3f%% with: %.3f points less\n",
                share(before), share(after), share(before) - share(after));
    std::printf("  honest nodes send %.2f times their normal traffic together, at most %.2f times "
                "one of them\n",
                sum_after / sum_before, most);
    std::printf("  %.0f s of real time\n\n", seconds_of(since));
    std::fflush(stdout);
}

void run_never_together(options const& o) {
    auto const since = std::chrono::steady_clock::now();
    auto const plan = never_together(std::max<std::size_t>(1, o.devices / 10), o.seed);
    city here(plan, {}, o.seed);
    here.run();
    print_deliveries("never online together, 5 mutual friends at 20 %", plan, here, 24h,
                     seconds_of(since));
}

void run_idle(options const& o) {
    auto const out = measure_idle(o.seed);
    std::printf("idle, 50 friends, 5 online: beyond the stock session\n");
    std::printf("  %.3f packets a second sent in the hour after five minutes, %.3f in the next\n",
                out.first_hour, out.second_hour);
    std::printf("  %llu traversals and %llu puts in the first of these hours\n\n", big(out.gets),
                big(out.puts));
    std::fflush(stdout);
}

void run_amplify(options const& o) {
    double sent[2] = {}, puts[2] = {}, attacker = 0;
    std::uint64_t worst = 0;
    for (int with = 0; with < 2; ++with) {
        auto const plan = victim_trace(with == 1);
        city_settings world;
        world.open = 1;
        world.harm_pause = 200ms;
        if (with == 1)
            world.villain = 1;
        city here(plan, world, o.seed);
        here.run(20min);
        auto const before = here.used(0);
        auto const spent = here.used(1).bytes_out;
        auto last = before;
        for (auto t = trace_time(21min); t <= 140min; t += 1min) {
            here.run(t);
            worst = std::max(worst, here.used(0).puts - last.puts);
            last = here.used(0);
        }
        sent[with] = static_cast<double>(last.bytes_out - before.bytes_out);
        puts[with] = static_cast<double>(last.puts - before.puts);
        attacker = static_cast<double>(here.used(1).bytes_out - spent);
    }
    std::printf("demand amplification: a friend asks five times a second for two hours\n");
    std::printf("  the attacker sent %.0f octets; the victim %.0f, without it %.0f\n", attacker,
                sent[1], sent[0]);
    std::printf("  %.3f octets of the victim for each of the attacker\n",
                (sent[1] - sent[0]) / attacker);
    std::printf("  puts: %.0f, without it %.0f; at most %llu in a minute\n\n", puts[1], puts[0],
                static_cast<unsigned long long>(worst));
    std::fflush(stdout);
}

void run_return(options const& o) {
    auto const out = measure_return(o.seed);
    auto const& used = out.used;
    std::printf("back after 7 days: %zu messages of 10 friends\n", out.messages);
    std::printf("  %zu arrived, the last after %.1f s = %.0f round trips of 140 ms\n", out.arrived,
                out.seconds, out.seconds / 0.14);
    std::printf("  %llu octets received for %.0f of sealed messages: %.2f times\n",
                big(used.bytes_in), out.sealed_bytes, out.share());
    std::printf("  by traversals %llu, direct gets %llu, exchanges of others %llu, answers to its "
                "own %llu; %llu sealed items\n",
                big(used.in_traversals), big(used.in_direct_gets), big(used.in_brought),
                big(used.in_answers), big(used.sealed_in));
    std::printf("  %llu traversals, %llu puts, %llu exchanges\n\n", big(used.gets), big(used.puts),
                big(used.exchanges));
    std::fflush(stdout);
}

void run_online5(options o) {
    o.length = std::max<std::chrono::hours>(o.length, 72h);
    run_random("online 5 % of the time", o, 0.05, false, 0, 48h);
}

// In the order of the table.
struct scenario {
    char const* name;
    std::function<void(options const&)> run;
};
std::vector<scenario> const scenarios{
    {"online20",
     [](options const& o) { run_random("online 20 % of the time", o, 0.2, false, 0, 24h); }},
    {"night20",
     [](options const& o) {
         run_random("online 20 % of the time, few at night", o, 0.2, true, 0, 24h);
     }},
    {"online5", run_online5},
    {"apart", run_never_together},
    {"hostile", run_hostile},
    {"idle", run_idle},
    {"amplify", run_amplify},
    {"return", run_return},
};

} // namespace

int main(int argc, char** argv) {
    options o;
    long hours = o.length.count();
    std::set<std::string> wanted, known{"all"};
    for (auto const& one : scenarios)
        known.insert(one.name);
    CLI::App app{"Devices that are online for minutes, on a model of the DHT, beside a store that "
                 "knows everything"};
    app.add_option("--devices", o.devices)->check(CLI::Range(1, 100'000))->capture_default_str();
    app.add_option("--seed", o.seed)->capture_default_str();
    app.add_option("--hours", hours, "of virtual time")
        ->check(CLI::Range(1, 10'000))
        ->capture_default_str();
    app.add_option("--explain", o.explain, "so many of the messages that came too late")
        ->capture_default_str();
    app.add_option("scenario", wanted, "all of them unless told")->check(CLI::IsMember(known));
    try {
        app.parse(argc, argv);
    } catch (CLI::ParseError const& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    o.length = std::chrono::hours(hours);
    std::printf("seed %llu\n\n", static_cast<unsigned long long>(o.seed));
    bool const all = wanted.empty() || wanted.contains("all");
    for (auto const& one : scenarios)
        if (all || wanted.contains(one.name))
            one.run(o);
    return 0;
}
