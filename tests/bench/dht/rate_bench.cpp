// How many direct gets one node answers a second (a raw load generator asks and verifies
// nothing), and how many verified direct gets one node makes a second, beside stock
// libtorrent's recursive gets in the same network. Loopback, no delay.
// usage: rate_bench [--nodes N] [--items N] [--seconds S] [--gets N] [--rounds N]
#include "arguments.hpp"
#include "load_generator.hpp"
#include "reader.hpp"

#include <sys/resource.h>

namespace tau::bench {
namespace {

constexpr std::size_t in_flight = 64;

double cpu_seconds_here() {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    auto const seconds = [](timeval const& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

/// Turn by turn, so that what else the machine does meets both.
void compare_gets(network_process& network, reader& measured, std::size_t gets,
                  std::size_t rounds) {
    samples direct, stock_first, stock_last, tau_rate, stock_rate, tau_cpu;
    auto const tau_get = measured.tau_get(network.author(), dht::get_mode::direct, direct);
    auto const stock_get = measured.stock_get(stock_first, stock_last);
    auto const count = static_cast<double>(gets);
    for (std::size_t i = 0; i < rounds; ++i) {
        auto const cpu_before = cpu_seconds_here();
        tau_rate.add(count / measured.run_gets(gets, in_flight, tau_get));
        tau_cpu.add((cpu_seconds_here() - cpu_before) / count * 1e6);
        stock_rate.add(count / measured.run_gets(gets, in_flight, stock_get));
    }
    report("verified_gets", "tau", "per_second", tau_rate.quantile(0.5));
    report("verified_gets", "tau", "cpu_us", tau_cpu.quantile(0.5));
    direct.report_as("verified_gets", "tau");
    report("verified_gets", "libtorrent", "per_second", stock_rate.quantile(0.5));
    stock_last.report_as("verified_gets", "libtorrent");
}

int run(arguments const& given) {
    auto const items = given.number("--items", 1000);
    auto const gets = std::min(given.number("--gets", 1000), items);
    network_process network({given.number("--nodes", 62), items});

    auto const cpu_before = network.cpu_seconds();
    auto const load = generate_load(network.author(), test::keys_of(author_seed)->key(), items,
                                    std::chrono::seconds(given.number("--seconds", 5)));
    report("answers", "tau", "per_second", load.answers_per_second);
    // On a shared machine the wall clock tells of the neighbours, CPU time of the node.
    report("answers", "tau", "per_cpu_second",
           static_cast<double>(load.answers) / (network.cpu_seconds() - cpu_before));
    report("answers", "tau", "lost", static_cast<double>(load.lost));

    reader measured(network);
    compare_gets(network, measured, gets, given.number("--rounds", 5));
    return 0;
}

} // namespace
} // namespace tau::bench

int main(int count, char** words) {
    return tau::bench::run({count, words});
}
