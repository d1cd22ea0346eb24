#pragma once

#include "core/bytes.hpp"
#include "core/clock.hpp"
#include "core/endpoint.hpp"
#include "wire/mutable_item.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tau::store {

/// The rows of the tables, as plain values. What the small integers mean is the
/// messenger's business; their numbers are part of the database format.

struct friend_row {
    public_key key;
    std::string own_name{};   ///< given by our user; empty: none
    std::string their_name{}; ///< as they call themselves
    std::optional<wallet_address> wallet{};
    std::int64_t state = 0;
    std::optional<hash256> contact_key{}; ///< theirs
    /// The number of our contact key that they acknowledged; 0: none.
    std::int64_t has_our_key = 0;
    unix_ms added{};
    std::optional<unix_ms> last_seen{};
};

enum class direction : std::int64_t { out = 0, in = 1 };

struct message_row {
    hash256 id;  ///< Keccak-256 of the sealed bytes
    target root; ///< where the sealed bytes are found in the DHT
    public_key peer;
    store::direction direction = store::direction::out;
    std::int64_t kind = 0;
    std::int64_t state = 0;
    std::int64_t way = 0;
    unix_ms time{};           ///< as signed
    unix_ms received{};       ///< when it was stored here
    bytes content{};          ///< opened and encoded; once erased, its links alone
    bytes sealed{};           ///< bencoded value of the immutable item; empty once erased
    std::int64_t fetched = 0; ///< octets of the attachment that are here
    bool hidden = false;      ///< control messages: never listed
    bool erased = false;      ///< kept so that a copy that comes again stays away
};

/// One immutable item of an attachment.
struct item_row {
    tau::target target;
    hash256 message;
    bytes value;
};

/// A channel item of ours: what we published last under a salt.
struct authored_row {
    wire::salt salt;
    std::int64_t seq = 0;
    bytes value;
    unix_ms updated{};
};

/// A message that is known by its hash only.
struct missing_row {
    public_key peer;
    target root;
    unix_ms found{};
};

struct endpoint_row {
    public_key key;
    endpoint where;
    unix_ms seen{};
};

/// An item that is held for friends (docs/gossip.md).
struct held_row {
    tau::target target;
    public_key sender;
    public_key receiver;
    tau::target parent;
    std::int64_t type = 0;
    bool is_manifest = false;
    std::int64_t minute = 0;
    unix_ms received{};
    std::optional<unix_ms> put{};
    std::int64_t size = 0;
    bytes stranger{};  ///< the sender's id, if it is no friend; empty if it is
    bytes addressee{}; ///< the receiver's id, if it is no friend; empty if it is
    bytes value{};     ///< empty in lists
};

/// A file that is a sealed torrent, by the message that names it.
struct file_row {
    hash256 message;
    public_key peer;
    info_hash torrent;
    store::direction direction = store::direction::out;
    std::int64_t state = 0;
    unix_ms changed{}; ///< when the state was set
    bytes content{};   ///< of the message; only in what is read
};

/// Which messages to list; hidden and erased ones never are.
struct message_query {
    std::optional<public_key> peer{};
    /// With no peer: only peers in one of these states.
    std::vector<std::int64_t> peer_states{};
    std::optional<unix_ms> since{}; ///< received at or after
    std::size_t limit = 100;        ///< the newest that many, the oldest first
};

} // namespace tau::store
