#pragma once

#include "wire/tracker_answer.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tau::wire {

/// What a client reads of an HTTP tracker's answer to an announce.
struct announce_reading {
    /// Octets of an answer; ours to choose.
    static constexpr std::size_t max_size = 64 * 1024;
    /// Peers and paths that are read; the rest is left.
    static constexpr std::size_t max_peers = 200;
    static constexpr std::size_t max_path_hops = 255;

    std::uint32_t interval_s = 0;  ///< 0: not stated
    std::vector<endpoint> peers{}; ///< of `peers` in either form, and of `peers6`
    std::string failure{};         ///< the tracker's own words; empty: it agreed
    std::optional<unix_ms> time{}; ///< of the server; a tracker without our extensions says none
    std::vector<hop_path> paths{}; ///< of a signed question
    std::uint16_t liveness = 0;    ///< of the target, thousandths
};

/// Reads a bencoded answer of any tracker. Keys that are not known are skipped, and peers
/// that name no address. errc::invalid_encoding, errc::too_large.
/// Source: BEP 3, 7, 23; docs/wire/tracker.md, section 4.
[[nodiscard]] result<announce_reading> read_announce_answer(byte_view body);

} // namespace tau::wire
