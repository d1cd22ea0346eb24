#pragma once

#include "core/bytes.hpp"
#include "core/clock.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace tau::messenger {

using message_id = hash256; ///< Keccak-256 of the sealed bytes

/// How far an outgoing message has provably come; an incoming one is delivered or read.
enum class message_state {
    stored,    ///< on our disk
    published, ///< at least one DHT node took it
    delivered, ///< the receiver's signed acknowledgement came
    read,      ///< the receiver's chain links it as read
};

/// The way a message took, as far as it is known.
enum class delivery_way { none, connection, direct, path, dht, friends };

/// What a user sees of an attachment. `name` was chosen by the sender: never a path.
struct attachment_view {
    std::string name;
    std::uint64_t size_bytes = 0;
    hash256 sha256;
    std::uint64_t fetched_bytes = 0; ///< equals size_bytes when complete
};

/// A message as a user sees it: text, or a file.
struct message_view {
    message_id id;
    public_key from;
    public_key to;
    std::string text; ///< UTF-8; empty for a file
    std::optional<attachment_view> file;
    unix_ms time;     ///< as the sender signed it
    unix_ms received; ///< when it was stored here
    message_state state = message_state::stored;
    delivery_way way = delivery_way::none;
    /// True while it waits for the first contact with a key that never answered.
    bool waiting_first_contact = false;
};

enum class friend_state {
    pending,   ///< we added them; they never answered
    requested, ///< a stranger who wrote to us; accept, block or remove
    accepted,  ///< both sides have each other's key
    blocked,
};

/// A contact as a user sees it.
struct friend_view {
    public_key key;
    std::string name;                     ///< ours if we gave one, else theirs
    std::optional<wallet_address> wallet; ///< only from a verified binding
    friend_state state = friend_state::pending;
    std::optional<unix_ms> last_seen;
    std::uint64_t unread = 0;
};

} // namespace tau::messenger
