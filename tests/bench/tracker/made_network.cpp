#include "made_network.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <fstream>

namespace tau::bench {

wallet_address wallet_number(std::uint32_t n) {
    std::mt19937_64 mix(n);
    wallet_address out;
    for (auto& octet : out.octets)
        octet = static_cast<std::uint8_t>(mix());
    return out;
}

std::size_t resident_kib() {
    std::ifstream file("/proc/self/status");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with("VmRSS:"))
            return std::stoul(line.substr(6));
    return 0;
}

double processor_us() {
    timespec used{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return static_cast<double>(used.tv_sec) * 1e6 + static_cast<double>(used.tv_nsec) / 1e3;
}

void report(std::string const& scenario, std::string const& who, std::string const& metric,
            double value) {
    std::printf("result %s %s %s %.6g\n", scenario.c_str(), who.c_str(), metric.c_str(), value);
    std::fflush(stdout);
}

void report_quantiles(std::string const& scenario, std::string const& who,
                      std::vector<double>& us) {
    std::sort(us.begin(), us.end());
    auto const at = [&](double q) {
        return us[static_cast<std::size_t>(q * static_cast<double>(us.size() - 1))];
    };
    report(scenario, who, "p50_us", at(0.5));
    report(scenario, who, "p99_us", at(0.99));
    report(scenario, who, "max_us", us.back());
}

std::vector<made_link> heavy_tailed_links(std::uint32_t wallets, std::size_t links,
                                          std::mt19937_64& random) {
    std::vector<double> weight(wallets);
    double total = 0;
    for (std::uint32_t i = 0; i < wallets; ++i)
        total += weight[i] = std::pow(static_cast<double>(i + 1), -1.0 / 1.2);
    double const scale = 2.0 * static_cast<double>(links) / total;
    std::vector<std::uint32_t> ends;
    std::uniform_real_distribution<double> unit(0, 1);
    for (std::uint32_t i = 0; i < wallets; ++i) {
        auto const wanted = std::min(weight[i] * scale, 1000.0);
        auto count = static_cast<std::size_t>(wanted + unit(random));
        ends.insert(ends.end(), std::max<std::size_t>(count, 1), i);
    }
    // What the cut took away goes to everybody alike.
    while (ends.size() < links * 2)
        ends.push_back(static_cast<std::uint32_t>(random() % wallets));
    std::shuffle(ends.begin(), ends.end(), random);
    std::vector<made_link> out;
    for (std::size_t i = 0; i + 1 < ends.size() && out.size() < links; i += 2)
        if (ends[i] != ends[i + 1])
            out.emplace_back(ends[i], ends[i + 1]);
    return out;
}

} // namespace tau::bench
