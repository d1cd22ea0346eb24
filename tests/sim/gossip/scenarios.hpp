#pragma once

#include "sim/gossip/city.hpp"

#include <string>
#include <vector>

namespace tau::test {

/// Figures of one scheme on one trace.
struct delivery_figures {
    std::size_t due = 0;       ///< messages that the omniscient store delivers in the window
    std::size_t delivered = 0; ///< of those, in the window
    double median_min = 0;     ///< minutes from composing to arrival, of those delivered
    [[nodiscard]] double percent() const {
        return due == 0 ? 100 : 100.0 * static_cast<double>(delivered) / static_cast<double>(due);
    }
};

struct comparison {
    delivery_figures omniscient;
    delivery_figures ours;
    delivery_figures plain;
    std::uint64_t shown_twice = 0;
};

/// Whether the omniscient store delivers a message between honest devices in the window.
[[nodiscard]] bool is_due(trace const& plan, city const& done, std::size_t message,
                          trace_time window);
/// Whether we did.
[[nodiscard]] bool in_time(trace const& plan, city const& done, std::size_t message,
                           trace_time window);

/// `window`: from composing. Messages from or to hostile devices do not count.
[[nodiscard]] comparison compare(trace const& plan, city const& done, trace_time window);

/// Groups of seven: two who write to each other and are never there together, and five friends
/// of both.
[[nodiscard]] trace never_together(std::size_t groups, std::uint64_t seed);

/// One device with 50 friends, 5 of them online all the time.
[[nodiscard]] trace idle_trace();

/// One device with much that waits for fourteen friends who are away, and one that is there.
[[nodiscard]] trace victim_trace(bool with_villain);

/// One device away for seven days, ten friends with fifty messages each.
[[nodiscard]] trace return_trace();

/// What the device of idle_trace() sends.
struct idle_figures {
    double first_hour = 0; ///< packets a second in the hour after five minutes
    double second_hour = 0;
    std::uint64_t gets = 0; ///< traversals in the first
    std::uint64_t puts = 0;
};
[[nodiscard]] idle_figures measure_idle(std::uint64_t seed);

/// How the device of return_trace() comes into step. Nobody is behind a NAT and nobody moves:
/// the time of the transfer is asked for, not that of finding a way.
struct return_figures {
    std::size_t messages = 0;
    std::size_t arrived = 0;
    double seconds = 0; ///< from its coming to the last message
    double sealed_bytes = 0;
    traffic used{}; ///< since its coming
    [[nodiscard]] double share() const { return static_cast<double>(used.bytes_in) / sealed_bytes; }
};
[[nodiscard]] return_figures measure_return(std::uint64_t seed);

} // namespace tau::test
