#pragma once

#include "store/sqlite.hpp"

#include <string>

namespace tau::store {

/// The number of steps below: what PRAGMA user_version says after all of them.
[[nodiscard]] std::int64_t schema_version();

/// Brings a database up to schema_version(), one transaction a step. An older one
/// that holds tables is first copied to `<path>.v<N>.bak` (an existing copy is kept).
/// errc::unsupported_version for a newer one, which stays untouched.
[[nodiscard]] error_code migrate(connection& db, std::string const& path);

} // namespace tau::store
