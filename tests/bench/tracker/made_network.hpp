#pragma once

#include "core/bytes.hpp"

#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace tau::bench {

/// The same address for the same number, always.
[[nodiscard]] wallet_address wallet_number(std::uint32_t n);

using made_link = std::pair<std::uint32_t, std::uint32_t>;

/// Links whose degrees follow a power law (exponent 2.2) cut at 1,024; ends are joined at
/// random.
[[nodiscard]] std::vector<made_link> heavy_tailed_links(std::uint32_t wallets, std::size_t links,
                                                        std::mt19937_64& random);

/// Memory of this process that lies in RAM.
[[nodiscard]] std::size_t resident_kib();

/// Processor time of this thread, which other work on the machine disturbs less than time.
[[nodiscard]] double processor_us();
[[nodiscard]] inline double since_us(double start) {
    return processor_us() - start;
}

/// Prints one measurement for tests/bench/table.py.
void report(std::string const& scenario, std::string const& who, std::string const& metric,
            double value);
/// p50_us, p99_us and max_us; sorts them.
void report_quantiles(std::string const& scenario, std::string const& who, std::vector<double>& us);

} // namespace tau::bench
