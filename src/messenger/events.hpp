#pragma once

#include "messenger/types.hpp"

#include <functional>
#include <variant>

namespace tau::messenger {

/// A message came from a friend and is on disk; it is not read yet.
struct message_arrived {
    message_view message;
};

/// Our own message reached a further state, or took another way.
struct message_state_changed {
    message_id id;
    public_key to;
    message_state state;
    delivery_way way;
};

/// A friend was added, renamed, accepted, blocked, removed, seen, or gave a new name.
struct friend_changed {
    friend_view who; ///< as it is now
    bool removed = false;
};

/// A stranger wrote; friends() lists it as requested. Told once for each stranger.
struct request_arrived {
    friend_view who;
};

/// A part of an attachment came, or reached its receiver; all of it when both counts are
/// equal. A sealed torrent has a state, and is complete only when that says so.
struct attachment_progress {
    message_id id;
    std::uint64_t fetched_bytes = 0; ///< ours: what the receiver has
    std::uint64_t size_bytes = 0;
    std::optional<file_state> state{};
    std::uint64_t bytes_per_s = 0;
    bool is_ours = false;
};

/// Another device publishes under our key: an item that we did not make has a seq above
/// ours. Two devices would overwrite each other; the user must stop one of them.
struct other_device_seen {
    std::int64_t seq = 0;
};

using event = std::variant<message_arrived, message_state_changed, friend_changed, request_arrived,
                           attachment_progress, other_device_seen>;
using event_handler = std::function<void(event const&)>;

} // namespace tau::messenger
