#pragma once

#include "wire/gossip_vector.hpp"

#include <chrono>
#include <cstddef>

namespace tau::gossip {

/// How much power the device has for gossip.
enum class power_state { plugged, battery, saving };

/// Every limit and pace of gossip. The defaults suit a phone on the internet.
struct config {
    wire::pk_id_form ids = wire::pk_id_form::last;

    /// S1-48: seconds between publications while something changes: 1, 5, 10, 30 or 60.
    /// 0: by activity and power, 10 while the user acts and 60 otherwise.
    std::uint8_t frequency = 0;
    /// Our own gossip is put again before the DHT drops it, with what it names.
    std::chrono::minutes renewal{100};
    /// The same while it names mail: the sooner it is put before we leave, the longer it stays.
    std::chrono::minutes renewal_with_mail{60};
    /// From the start to the first publication, in which visits bring what to say.
    std::chrono::milliseconds first_publication{4'000};
    /// Between two publications while visits bring much (eager_time).
    std::chrono::milliseconds eager_publish_gap{10'000};
    /// Between two times that pages are made, while visits bring much and later.
    std::chrono::milliseconds eager_page_pause{30'000};
    std::chrono::milliseconds page_pause{300'000};
    /// A message to a friend who is online never enters gossip if it is acknowledged in this time.
    std::chrono::milliseconds own_root_delay{3'000};

    /// Visits. The first round goes fast; then at most one unreferred visit in idle_visit_pause.
    std::chrono::minutes eager_time{4};
    std::chrono::milliseconds eager_visit_pause{250};
    std::chrono::milliseconds idle_visit_pause{90'000};
    std::chrono::milliseconds referred_visit_pause{2'000};
    /// Between two visits to one friend; doubles while they bring nothing.
    std::chrono::milliseconds visit_pause_min{60'000};
    std::chrono::milliseconds visit_pause_max{3'600'000};

    /// Somebody who was heard in this time, and failed to answer nothing since, is told of
    /// news at once.
    std::chrono::milliseconds online_time{1'800'000};
    /// News that come in this time travel together.
    std::chrono::milliseconds tell_pause{1'000};
    std::size_t max_told_at_once = 16;

    /// What a friend, or those for whom it relays demands, may make us send in a minute.
    std::size_t served_bytes_per_minute = 64 * 1024;
    /// An item is put into the DHT at most once in this time.
    std::chrono::minutes item_put_pause{60};
    /// From mail that we hold for a stranger to reading the vector of its sender that names it.
    std::chrono::milliseconds carry_delay{90'000};
    /// Demands of ours that are under way; older ones make room.
    std::size_t max_demands = 32;
    std::chrono::hours demand_lifetime{24};

    /// Items named by one friend that nobody had: after so many its word is not followed until
    /// an hour has passed for each. A lie costs us a traversal of the DHT.
    double failures_per_friend = 48;
    /// Demands of one friend that are looked up: at once, and then in a second.
    double lookups_burst = 64;
    double lookups_per_second = 1;

    /// Pages of one friend's vectors that are read: at once, and then in a second. Each may cost
    /// us a traversal of the DHT.
    double pages_burst = 32;
    double pages_per_second = 1.0 / 30;

    /// Mailbox: octets held for one receiver, of one sender, and in all; how long.
    std::size_t held_bytes_per_receiver = 2 * 1024 * 1024;
    std::size_t held_bytes_per_sender = 2 * 1024 * 1024;
    std::size_t held_bytes_total = 16 * 1024 * 1024;
    std::chrono::hours held_lifetime{72};
    /// Items to hold that are being fetched, and that wait for it.
    std::size_t max_fetches = 8;
    std::size_t max_fetches_waiting = 2'048;

    /// Relayed entries that are kept, of one friend and in all; how long.
    std::size_t relayed_per_friend = 256;
    std::size_t relayed_total = 4'096;
    std::chrono::hours relayed_lifetime{24};
    /// Roots told by one friend that are waiting to be found.
    std::size_t hints_per_friend = 256;
    /// A vector further ahead of our clock than this is not believed about time.
    std::chrono::hours max_ahead{2};
};

} // namespace tau::gossip
