#pragma once

#include "net/redis/tracker_redis_store.hpp"

#include <string>

namespace tau::tracker_tool {

/// How this front-end shares its state, in Prometheus' text format and as JSON.
/// Threading: any thread. Errors: none.
[[nodiscard]] std::string shared_metrics_text(net::tracker_redis_store::status const& status);
[[nodiscard]] std::string shared_json(net::tracker_redis_store::status const& status);

} // namespace tau::tracker_tool
