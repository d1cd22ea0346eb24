#pragma once

#include "core/endpoint.hpp"
#include "wire/tracker_request.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tau::wire::replica {

/// What several front-ends of one tracker tell each other through Redis.
///
/// Source:    docs/wire/tracker-redis.md.
/// Threading: pure functions. Errors: returned as tau::errc; any octets give a
///            value or an error.
inline constexpr std::uint8_t version = 1;
/// Octets of a whole batch; our limit.
inline constexpr std::size_t max_batch = 64 * 1024;
inline constexpr std::size_t batch_head_size = 21;

/// A peer announced, or left.
struct peer_change {
    info_hash hash;
    std::array<std::uint8_t, 18> address{}; ///< compact; 6 octets unless is_v6
    std::uint32_t downloaded = 0;           ///< of the swarm, as the front-end counts it
    bool is_v6 = false;
    bool is_seeder = false;
    bool is_stopped = false;
    bool is_completed = false;
    bool is_partial = false;

    friend bool operator==(peer_change const&, peer_change const&) = default;
};

/// What a binding record says of a wallet's ed25519 key.
struct bound_key {
    public_key key;
    std::int64_t issued_ms = 0; ///< of the record; the newest holds
    bool is_revoked = false;

    friend bool operator==(bound_key const&, bound_key const&) = default;
};

/// A device after a signed request that a front-end accepted, and the claims it changed.
struct device_change {
    wallet_address wallet;
    peer_id id;
    std::int64_t time_ms = 0; ///< the request's signed time, which orders changes of a device
    std::uint64_t home = 0;   ///< the topic its presence belongs to; 0: none yet
    endpoint where;
    std::uint16_t liveness = 0; ///< thousandths
    bool accepts = false;
    bool is_online = false;
    bool ends_wallet = false;     ///< no device of the wallet is online any more
    std::optional<bound_key> key; ///< of the wallet, if one is known
    std::vector<link_change> changes;

    friend bool operator==(device_change const&, device_change const&) = default;
};

/// Who sent a batch, and which of its batches of a lane it is.
struct batch_head {
    std::uint64_t front_end = 0; ///< chosen at random when the front-end starts
    std::uint64_t number = 0;    ///< from 1, rising by one
    std::uint32_t age_s = 0;     ///< how old the changes were when it was first sent

    friend bool operator==(batch_head const&, batch_head const&) = default;
};

struct batch {
    batch_head head;
    std::vector<peer_change> peers;
    std::vector<device_change> devices;
};

void append(peer_change const& change, bytes& out);
void append(device_change const& change, bytes& out);
/// A whole batch: the head, then `changes` as append() wrote them.
[[nodiscard]] bytes write_batch(batch_head const& head, byte_view changes);
/// The head alone. Errors as read_batch().
[[nodiscard]] result<batch_head> read_head(byte_view data);
/// errc::unsupported_version, errc::too_large, errc::invalid_length, errc::invalid_encoding
/// for an unknown change, errc::invalid_argument for a value outside its range.
[[nodiscard]] result<batch> read_batch(byte_view data);
/// Only the changes, as append() wrote them.
[[nodiscard]] result<batch> read_changes(byte_view data);

/// A field of the hash that holds a lane's peers: the change without what is counted.
[[nodiscard]] std::string peer_field(peer_change const& change);
/// Its value; `seen_s` is the time of Redis, unix seconds.
[[nodiscard]] std::string peer_value(peer_change const& change, std::uint32_t seen_s);
[[nodiscard]] std::string device_field(device_change const& change);
[[nodiscard]] std::string device_value(device_change const& change, std::uint32_t seen_s);

template <class Change>
struct seen {
    Change change;
    std::uint32_t seen_s = 0;
};
/// errc::invalid_length for any other size.
[[nodiscard]] result<seen<peer_change>> read_peer_state(byte_view field, byte_view value);
/// errc::invalid_length, errc::invalid_argument.
[[nodiscard]] result<seen<device_change>> read_device_state(byte_view field, byte_view value);

} // namespace tau::wire::replica
