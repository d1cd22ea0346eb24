#include "samples.hpp"

#include <algorithm>
#include <iostream>

namespace tau::bench {

void report(std::string const& scenario, std::string const& who, std::string const& metric,
            double value) {
    std::cout << "result " << scenario << ' ' << who << ' ' << metric << ' ' << value << std::endl;
}

double samples::quantile(double p) const {
    if (m_values.empty())
        return 0;
    auto sorted = m_values;
    std::sort(sorted.begin(), sorted.end());
    auto const rank = static_cast<std::size_t>(p * static_cast<double>(sorted.size()));
    return sorted[std::min(rank, sorted.size() - 1)];
}

void samples::report_as(std::string const& scenario, std::string const& who) const {
    report(scenario, who, "n", static_cast<double>(m_values.size()));
    report(scenario, who, "failed", static_cast<double>(m_failed));
    report(scenario, who, "p50_ms", quantile(0.5));
    report(scenario, who, "p95_ms", quantile(0.95));
    report(scenario, who, "p99_ms", quantile(0.99));
    report(scenario, who, "max_ms", quantile(1));
}

} // namespace tau::bench
