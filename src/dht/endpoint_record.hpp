#pragma once

#include "core/bytes.hpp"
#include "core/clock.hpp"
#include "core/endpoint.hpp"

#include <chrono>

namespace tau::dht {

/// Where an endpoint of a key was learnt.
enum class endpoint_source : std::uint8_t {
    hint,    ///< the user, a contact URI
    channel, ///< the key's `cidr` channel
    answer,  ///< it answered a get or an exchange
    swarm,   ///< a peer connection
};

/// One endpoint of one key, as it is shown and kept over a restart. Only `proven` says
/// that the key itself signed for it; everything else is a place to ask.
struct known_endpoint {
    public_key key;
    endpoint where;
    endpoint_source source = endpoint_source::hint;
    bool proven = false;
    unix_ms last_success{};           ///< zero: never answered
    std::chrono::microseconds rtt{0}; ///< smoothed; zero: unknown
};

} // namespace tau::dht
