#pragma once

#include <cstddef>
#include <cstdint>

namespace tau::dht {

/// What the DHT did since the start, for `status` and metrics. All are counts that only
/// grow, except those under "now".
struct stats {
    // Gets that ended, by the way of their first value.
    std::uint64_t gets_local = 0;
    std::uint64_t gets_direct = 0;
    std::uint64_t gets_recursive = 0;
    std::uint64_t gets_not_found = 0;
    std::uint64_t gets_failed = 0;  ///< timed out, unreachable or cancelled
    std::uint64_t gets_joined = 0;  ///< asked for while the same get was under way
    std::uint64_t late_updates = 0; ///< a higher seq after the first value

    std::uint64_t puts_started = 0;
    std::uint64_t puts_done = 0;
    std::uint64_t puts_retried = 0;
    std::uint64_t puts_failed = 0; ///< no node took it after the last attempt

    std::uint64_t exchanges_out = 0;
    std::uint64_t exchanges_answered = 0;
    std::uint64_t exchanges_failed = 0;
    std::uint64_t exchanges_in = 0;
    std::uint64_t proofs_accepted = 0;

    std::uint64_t queries_sent = 0;
    std::uint64_t queries_resent = 0;
    std::uint64_t gets_served = 0;

    // What was dropped, by reason.
    std::uint64_t dropped_malformed = 0;
    std::uint64_t dropped_bad_signature = 0;
    std::uint64_t dropped_stale = 0;
    std::uint64_t dropped_wrong_source = 0; ///< another address or port than was asked
    std::uint64_t dropped_unasked = 0;      ///< no such request, or answered before
    std::uint64_t dropped_replayed = 0;
    std::uint64_t dropped_bad_proof = 0;
    std::uint64_t dropped_rate_limited = 0;

    // Now.
    std::size_t gets_in_flight = 0;
    std::size_t gets_queued = 0;
    std::size_t puts_in_flight = 0;
    std::size_t puts_queued = 0;
    std::size_t queries_paced = 0; ///< waiting for an address's bucket
    std::size_t known_keys = 0;
    std::size_t served_items = 0;
};

/// What the `ip` fields of others say about the network between us and them.
enum class nat_kind {
    unknown,
    none,      ///< the address and port are those of an interface of ours
    cone,      ///< everybody sees the same port
    symmetric, ///< the port differs by destination
};

} // namespace tau::dht
