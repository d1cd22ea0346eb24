#pragma once

#include "core/clock.hpp"
#include "core/random.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace tau::test {

using trace_time = std::chrono::milliseconds; ///< since the beginning of the trace

struct trace_session {
    trace_time from;
    trace_time to;
};

struct trace_message {
    std::size_t from = 0;
    std::size_t to = 0;
    trace_time at{};
};

/// How devices come and go.
struct trace_settings {
    std::size_t devices = 100;
    std::size_t friends = 15;
    double rewired = 0.15; ///< of a ring of near neighbours, so that friends share friends
    double online = 0.2;   ///< share of the time
    std::chrono::minutes mean_session{30};
    bool day_and_night = false; ///< few sessions between midnight and six
    double messages_per_day = 10;
    std::chrono::hours length{48};
    /// Messages are composed in this part of it, so that each has a whole window after it.
    std::chrono::hours composing{24};
};

/// Who is online when, who are friends, who writes what: everything that does not depend on the
/// program under test. Sessions and pauses are log-normal, so most are short and some very long.
struct trace {
    trace_settings settings;
    std::vector<std::vector<trace_session>> sessions; ///< of each device, in order
    std::vector<std::vector<std::size_t>> friends;
    std::vector<trace_message> messages; ///< in order of time

    /// When the device is online first at or after `at`; nullopt: no more.
    [[nodiscard]] std::optional<trace_time> online_from(std::size_t device, trace_time at) const;
    [[nodiscard]] bool is_online(std::size_t device, trace_time at) const;
    [[nodiscard]] double clustering() const;
};

[[nodiscard]] trace make_trace(trace_settings const& settings, std::uint64_t seed);
/// Messages for sessions and friends that are there; fills `out.messages`.
void write_messages(trace& out, random_source& random);

/// When a store that is always there, and told of everything at once, would deliver.
[[nodiscard]] std::optional<trace_time> omniscient_delivery(trace const& t, trace_message const& m);
/// When a plain BEP 44 mailbox would: whenever the sender is online it puts again, without loss;
/// the receiver reads at every moment and finds what is at most two hours old.
[[nodiscard]] std::optional<trace_time> plain_mailbox_delivery(trace const& t,
                                                               trace_message const& m);

} // namespace tau::test
