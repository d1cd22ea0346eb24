#pragma once

#include "core/bytes.hpp"

#include <cstdint>

namespace tau::bench {

// The population of peers that the load generators announce.
inline constexpr std::uint32_t swarms = 10'000;
inline constexpr std::uint32_t peers = 1'000'000;

/// Spreads a number's bits; the same for the same number.
[[nodiscard]] std::uint64_t mixed(std::uint64_t x);
[[nodiscard]] info_hash swarm_number(std::uint32_t n);

/// What a process has used of the machine so far.
struct process_use {
    double cpu_s = 0;
    long resident_kib = 0;
};
[[nodiscard]] process_use use_of(int pid);

} // namespace tau::bench
