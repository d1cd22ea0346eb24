#pragma once

#include "core/clock.hpp"
#include "forward/layers.hpp"
#include "wire/forward.hpp"

#include <algorithm>
#include <memory>
#include <optional>

namespace tau::forward {

/// A frame on its way through this node, and what is owed for it.
struct cargo {
    wire::frame what;
    wallet_address source;          ///< the neighbour it came from; our own wallet for our own
    std::uint64_t source_seq = 0;   ///< its number on that neighbour's link
    std::uint64_t source_epoch = 0; ///< of that link here
    bool is_owed = false;           ///< the neighbour still waits for our report
    time_point arrived{};
    time_point expires{};
    std::vector<wallet_address> tried{}; ///< hops that did not take it
    /// How a message of ours leaves if the path is sealed in layers, or, of a layered frame
    /// for others, what its answers are called on the link that it came by.
    std::optional<layered_message> layers{};

    [[nodiscard]] std::size_t size() const { return what.payload.size() + 256; }
    [[nodiscard]] bool is_control() const {
        return what.kind != wire::frame_kind::message && what.kind != wire::frame_kind::layered;
    }
    /// Sealed messages have about 1,000 octets at most, blocks of files 16,384.
    static constexpr std::size_t bulk_octets = 4096;
    [[nodiscard]] bool is_bulk() const { return what.payload.size() >= bulk_octets; }
};
using cargo_ptr = std::unique_ptr<cargo>;

[[nodiscard]] inline bool contains(std::vector<wallet_address> const& list,
                                   wallet_address const& who) {
    return std::find(list.begin(), list.end(), who) != list.end();
}

} // namespace tau::forward
