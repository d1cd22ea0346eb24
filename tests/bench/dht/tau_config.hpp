#pragma once

#include "plugins/tau/plugin_set.hpp"

namespace tau::bench {

/// Options of nodes that accept any rate from each other, as the peer programs do: the
/// benchmarks measure speed, not the politeness towards strangers.
[[nodiscard]] inline plugin_set_options open_options() {
    constexpr double open = 1e9;
    plugin_set_options options;
    options.dht.stock_queries_per_second = open;
    options.dht.stock_burst = open;
    options.dht.stock_friend_queries_per_second = open;
    options.dht.stock_friend_burst = open;
    options.dht.upload_bytes_per_second = open;
    options.dht.max_queries_per_second = open;
    options.dht.served_bytes_per_second = open;
    options.dht.served_burst_bytes = open;
    return options;
}

} // namespace tau::bench
