#pragma once

#include "net/router.hpp"
#include "net/tracker_shared_store.hpp"

namespace tau::tracker_tool {

/// Adds what the admin page asks to draw the network: GET /api/topology and its pages, wallets
/// by the beginning of their address, and a route between any two of them. The store's
/// lock is held for a thousand wallets at a time only. `store` and `clock` must outlive the
/// routes.
/// Source: docs/tracker-operating.md, "Admin port".
void add_graph_routes(net::router& routes, net::tracker_shared_store& store,
                      clock_source const& clock);

} // namespace tau::tracker_tool
