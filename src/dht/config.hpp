#pragma once

#include "core/bytes.hpp"
#include "core/clock.hpp"
#include "core/endpoint.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace tau::dht {

/// Who we are towards the DHT. `sign` makes an ed25519 signature of ours; it is called
/// on the tau thread and on the thread that answers queries, so it must be pure.
struct node_identity {
    public_key key;
    std::function<signature(byte_view)> sign;
};

/// When the recursive get takes over from the direct one.
enum class direct_wait {
    fixed,    ///< exactly direct_timeout after the datagram was sent
    adaptive, ///< adaptive_factor x the smoothed RTT of the node, at most direct_timeout
};

/// Every limit and time of DHT access. The defaults suit a node on the internet.
struct config {
    /// Silence allowed after the first direct datagram, then the recursive get begins.
    std::chrono::milliseconds direct_timeout{1000};
    direct_wait wait = direct_wait::fixed;
    double adaptive_factor = 4;
    /// A datagram is sent again after this multiple of the smoothed RTT...
    double resend_factor = 2;
    /// ...but not before this, nor more often than max_resends times.
    std::chrono::milliseconds min_resend{60};
    /// ...and after this where no RTT is known yet.
    std::chrono::milliseconds first_resend{250};
    int max_resends = 2;
    /// Endpoints of one key that are asked at the same time.
    std::size_t max_direct_endpoints = 3;
    /// A second traversal begins when the first has brought nothing for this long.
    std::chrono::milliseconds recursive_retry{500};
    int max_traversals = 2;
    /// A get ends at the latest this long after its recursion began...
    std::chrono::milliseconds recursive_timeout{16'000};
    /// ...or this long after its first value, in which a higher seq may still come.
    std::chrono::milliseconds settle_timeout{2000};
    /// Signatures of items that a get's node answers are checked by whoever performs
    /// check_item, which may have threads for it; else by the engine, at once.
    bool check_by_action = false;

    std::size_t max_gets_in_flight = 128;
    std::size_t max_traversals_in_flight = 32;
    std::size_t max_gets_queued = 65'536;
    std::size_t max_puts_in_flight = 16;
    std::size_t max_puts_queued = 65'536;
    /// What the session's DHT may send (libtorrent's dht_upload_rate_limit; stock: 8,000).
    /// Above it libtorrent answers no queries, so puts of immutable items, of which a
    /// picture has hundreds, begin no faster than half of it allows.
    double upload_bytes_per_second = 1'000'000;
    /// Nodes that store an item: BEP 44's 8 closest.
    std::size_t put_nodes = 8;
    /// A put that fewer nodes took is repeated, with doubling pauses.
    int wanted_put_nodes = 4;
    int max_put_attempts = 4;
    std::chrono::milliseconds put_retry{5'000};
    /// Time that the session has to name nodes before a put is left to it.
    std::chrono::milliseconds nodes_wait{1'000};
    /// A put without any report by then counts as taken by nobody.
    std::chrono::milliseconds put_timeout{35'000};

    /// Queries a second that we send to a node which stated nothing, and how many at once. A
    /// stock node blocks an address for 300 s that sends 50 datagrams within 10 s.
    double stock_queries_per_second = 2.5;
    double stock_burst = 16;
    /// Same for a node of a friend whose session has stock limits. It asks us as well, and
    /// our answers count like queries, so each side may use half of what there is.
    double stock_friend_queries_per_second = 1.25;
    double stock_friend_burst = 8;
    /// Same for all nodes of one public IP address together, so that nobody can make us
    /// flood a host by naming many of its ports. Loopback is exempt.
    double ip_queries_per_second = 200;
    double ip_burst = 400;
    /// What we state to others as our accepted rate.
    std::uint32_t accepted_queries_per_second = 1000;
    /// Never more than this to one node, whatever it states.
    double max_queries_per_second = 20'000;
    /// Time a get's first datagram may wait for its node's bucket before recursion begins.
    std::chrono::milliseconds max_pace_wait{30'000};

    /// Bytes a second of answers to one address, and how many at once.
    double served_bytes_per_second = 4'000'000;
    double served_burst_bytes = 8'000'000;
    /// Same for addresses that asked for an exchange, in exchanges.
    double exchanges_per_second = 50;
    double exchange_burst = 400;

    /// An exchange is given up this long after its first datagram.
    std::chrono::milliseconds exchange_timeout{3000};
    /// How long a proof of (key, endpoint) is believed.
    std::chrono::seconds proof_lifetime{600};

    std::size_t max_known_keys = 16'384;
    std::size_t max_endpoints_per_key = 4;
};

} // namespace tau::dht
