#pragma once

#include "config.hpp"

namespace tau::tracker_tool {

/// Raises the soft limit on open files to the hard one; returns what then holds.
[[nodiscard]] std::size_t raise_open_files();

/// Lowers `c.max_http_connections` until all threads together leave descriptors for the
/// listening sockets, the admin port and the snapshot. False if it had to.
[[nodiscard]] bool fit_open_files(config& c, std::size_t open_files);

} // namespace tau::tracker_tool
