#pragma once

#include "core/endpoint.hpp"

#include <vector>

namespace tau::plugins {

/// `listening` with every unspecified address (0.0.0.0, ::) replaced by the addresses
/// of this host's interfaces of that family, each once. Addresses that the system does
/// not tell are left out. Threading: any; a few system calls.
[[nodiscard]] std::vector<endpoint> reachable_as(std::vector<endpoint> const& listening);

} // namespace tau::plugins
