#pragma once

#include "core/clock.hpp"
#include "core/endpoint.hpp"
#include "wire/tracker_request.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tau::wire {

/// A wallet on a path and where it was last seen.
struct path_hop {
    wallet_address wallet;
    endpoint where;
    std::uint16_t liveness = 0;      ///< thousandths
    bool accepts = false;            ///< takes new connections
    std::optional<public_key> key{}; ///< of the owner, proved by a binding record

    friend bool operator==(path_hop const&, path_hop const&) = default;
};

/// Hops from the asker's neighbour to the target, both included.
using hop_path = std::vector<path_hop>;

/// What a tracker says of one swarm.
struct swarm_counts {
    std::uint32_t complete = 0;
    std::uint32_t incomplete = 0;
    std::uint32_t downloaded = 0;
    std::uint32_t partial = 0; ///< of those incomplete: who wants no more (BEP 21)

    friend bool operator==(swarm_counts const&, swarm_counts const&) = default;
};

/// The part that only a signed request is told.
struct route_answer {
    std::vector<hop_path> paths;
    std::uint16_t liveness = 0; ///< of the target, thousandths; 0 if it is offline
    unix_ms time;               ///< of the server, so that clients can mend their clock
};

/// An answer to an announce before it is encoded.
struct announce_answer {
    std::uint32_t interval_s = 0;
    std::uint32_t min_interval_s = 0; ///< 0: not stated
    swarm_counts counts;
    std::string peers;   ///< BEP 23, six octets each
    std::string peers6;  ///< BEP 7, eighteen octets each
    ip_address external; ///< the asker's address as seen here (BEP 24)
    std::optional<route_answer> route;
};

/// Appends the bencoded answer. Without `compact`, peers are a list of
/// dictionaries (BEP 3) that leave out the peer id, as no_peer_id allows.
void write_bencoded(announce_answer const& answer, bool compact, std::string& out);
/// Appends the JSON answer.
void write_json(announce_answer const& answer, std::string& out);

struct scrape_row {
    info_hash hash;
    swarm_counts counts;
};
/// BEP 48; rows may come in any order, dictionaries are sorted as bencoding wants.
void write_bencoded(std::vector<scrape_row> rows, std::string& out);
void write_json(std::vector<scrape_row> const& rows, std::string& out);

/// A failure; `time`, if given, tells the server's clock to a client that is off.
void write_bencoded_failure(std::string_view reason, std::optional<unix_ms> time, std::string& out);
void write_json_failure(std::string_view reason, std::optional<unix_ms> time, std::string& out);

} // namespace tau::wire
