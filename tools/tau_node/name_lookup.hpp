#pragma once

#include "core/endpoint.hpp"
#include "core/worker_pool.hpp"
#include "identity/host_port.hpp"

#include <functional>
#include <vector>

namespace tau::node {

enum class lookup_names { no, yes };

/// The endpoints of a host, found on the worker pool; none if it has no address or it is
/// a name and names are not to be looked up. `found` is called on the tau thread.
void look_up(worker_pool& workers, identity::host_port const& where, lookup_names names,
             std::function<void(std::vector<endpoint>)> found);

} // namespace tau::node
