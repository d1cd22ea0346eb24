#pragma once

#include "gossip/config.hpp"

#include <chrono>
#include <cstddef>
#include <string>

namespace tau::messenger {

/// Whether friends are told that their messages were read.
enum class read_receipts { off, on };

/// What the user or the embedder may set. Zero durations and sizes are refused by the
/// configuration of the tools, not understood here as "off".
struct engine_settings {
    std::string own_name{}; ///< used until set_own_name() stored another one

    std::size_t max_text_bytes = 64 * 1024;
    std::size_t max_attachment_bytes = 256 * 1024;
    /// Files of friends that are fetched without being asked for, and how many octets of one
    /// friend's may be under way so. Strangers' never are.
    std::uint64_t auto_fetch_bytes = std::uint64_t{256} << 20;
    /// How long a file of ours stays after its receiver signed that it has it.
    std::chrono::hours file_age{7 * 24};
    std::size_t max_name_bytes = 64;
    std::size_t max_friends = 10'000;
    /// Strangers whose requests are kept, and the messages of each; more are dropped.
    std::size_t max_requests = 64;
    std::size_t max_request_messages = 16;

    std::chrono::milliseconds restore_read_timeout{10'000};
    std::chrono::milliseconds attachment_timeout{60'000};

    /// Watching friends' channels: the pause between two reads of one friend grows from
    /// the first value to the last while nothing changes.
    std::chrono::milliseconds watch_pause_min{5'000};
    std::chrono::milliseconds watch_pause_max{3'600'000};
    /// Recursive reads of idle friends, all together: one in this time. Keeps 100 friends
    /// who are offline below 1 kB/s.
    std::chrono::milliseconds idle_read_pause{20'000};

    /// Trying to deliver again: the pause grows from the first value to the last.
    std::chrono::milliseconds retry_pause_min{2'000};
    std::chrono::milliseconds retry_pause_max{1'800'000};

    tau::gossip::config gossip{};
};

} // namespace tau::messenger
