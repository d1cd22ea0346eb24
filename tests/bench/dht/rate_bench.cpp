// How many direct gets one node answers a second (a raw load generator asks and verifies
// nothing), and how many verified direct gets one node makes a second, beside stock
// libtorrent's recursive gets in the same network. Loopback, no delay.
// usage: rate_bench [--nodes N] [--items N] [--seconds S] [--gets N]
#include "arguments.hpp"
#include "load_generator.hpp"
#include "reader.hpp"

namespace tau::bench {
namespace {

constexpr std::size_t in_flight = 64;

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
    samples direct, stock_first, stock_last;
    auto const get = measured.tau_get(network.author(), dht::get_mode::direct, direct);
    auto const took = measured.run_gets(gets, in_flight, get);
    report("verified_gets", "tau", "per_second", static_cast<double>(gets) / took);
    direct.report_as("verified_gets", "tau");

    auto const stock_get = measured.stock_get(stock_first, stock_last);
    auto const stock_took = measured.run_gets(gets, in_flight, stock_get);
    report("verified_gets", "libtorrent", "per_second", static_cast<double>(gets) / stock_took);
    stock_last.report_as("verified_gets", "libtorrent");
    return 0;
}

} // namespace
} // namespace tau::bench

int main(int count, char** words) {
    return tau::bench::run({count, words});
}
