#pragma once

#include "config.hpp"
#include "net/http_server.hpp"
#include "net/redis/tracker_redis_store.hpp"
#include "net/tracker_server.hpp"

#include <functional>

namespace tau::tracker_tool {

/// What the admin port may do to the running tracker.
struct admin_actions {
    /// Denies or serves an info-hash from now on; until the lists are read again.
    std::function<void(info_hash const&, bool denied)> deny;
    /// Refuses an address or a wallet, or serves it again; until the lists are read again.
    std::function<void(ban_target const&, bool banned)> ban;
    /// The lists that hold now.
    std::function<std::shared_ptr<tracker::policy const>()> rules;
    /// Reads lists again, as SIGHUP does; errc::invalid_argument if that failed.
    std::function<error_code()> reload;
    /// Writes the snapshot now.
    std::function<error_code()> snapshot;
    /// How the state is shared with other front-ends; empty: it is not.
    std::function<net::tracker_redis_store::status()> shared;
};

/// The routes of the admin port: /metrics and /healthz for everybody who reaches
/// it, the rest under /api for who has the token (docs/tracker-operating.md).
[[nodiscard]] net::router admin_routes(net::tracker_server const& server,
                                       net::tracker_shared_store& store, clock_source const& clock,
                                       admin_actions actions);

} // namespace tau::tracker_tool
