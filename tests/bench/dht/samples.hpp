#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace tau::bench {

using steady = std::chrono::steady_clock;

[[nodiscard]] inline double ms_since(steady::time_point begin) {
    return std::chrono::duration<double, std::milli>(steady::now() - begin).count();
}

/// Prints one measurement as "result <scenario> <who> <metric> <value>", the lines of
/// which tests/bench/table.py makes the table.
void report(std::string const& scenario, std::string const& who, std::string const& metric,
            double value);

/// Times of one scenario, and how many attempts gave none.
class samples {
public:
    void add(double ms) { m_values.push_back(ms); }
    void fail() { ++m_failed; }
    [[nodiscard]] std::size_t count() const { return m_values.size() + m_failed; }
    /// 0 <= p <= 1; 0 without values.
    [[nodiscard]] double quantile(double p) const;
    /// Reports n, failed, p50, p95, p99 and max.
    void report_as(std::string const& scenario, std::string const& who) const;

private:
    std::vector<double> m_values;
    std::size_t m_failed = 0;
};

} // namespace tau::bench
