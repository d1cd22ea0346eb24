#pragma once

#include "net/tracker_server.hpp"
#include "net/tracker_shared_store.hpp"

#include <string>

namespace tau::tracker_tool {

/// Everything that is counted, in Prometheus' text format.
[[nodiscard]] std::string metrics_text(net::tracker_server const& server,
                                       net::tracker_shared_store& store);

/// The same numbers as JSON, for the admin API.
[[nodiscard]] std::string stats_json(net::tracker_server const& server,
                                     net::tracker_shared_store& store);

} // namespace tau::tracker_tool
