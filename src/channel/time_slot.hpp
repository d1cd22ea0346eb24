#pragma once

#include "core/clock.hpp"

#include <chrono>
#include <cstdint>
#include <vector>

namespace tau::channel {

/// The validity window of a salt: UTC unix time divided by the slot's length.
using slot_number = std::uint64_t;

/// S1-24: message channels change every 10 minutes.
inline constexpr std::chrono::seconds message_slot_length{600};
/// How near the end of a slot a reader tries the next one too, for clocks that differ.
inline constexpr std::chrono::seconds slot_edge{5};

/// The slot of `time`; 0 for times before 1970 and for a length below 1 s.
[[nodiscard]] slot_number slot_of(unix_ms time, std::chrono::seconds length = message_slot_length);

/// The slots a reader tries, most likely first: this one, the one before, and within
/// slot_edge of the end the next. At most three, at most two away from an edge.
[[nodiscard]] std::vector<slot_number>
slots_to_read(unix_ms time, std::chrono::seconds length = message_slot_length);

/// When the slot after that of `time` begins.
[[nodiscard]] unix_ms next_slot(unix_ms time, std::chrono::seconds length = message_slot_length);

} // namespace tau::channel
