#pragma once

#include "core/endpoint.hpp"
#include "tau_node/settings.hpp"

#include <libtorrent/session_params.hpp>

#include <filesystem>
#include <vector>

namespace tau::node {

/// A session as the settings ask for it, with the DHT state of the last run from
/// `state_file` if there is one (a damaged one is ignored). Throws failure: a proxy together with
/// names that would have to be resolved around it, an unreadable password file.
[[nodiscard]] lt::session_params session_params_of(settings const& values,
                                                   std::filesystem::path const& state_file);

/// The bootstrap nodes that the settings name by address, to be added to the session as
/// ordinary nodes; those given by name are routers and stand in session_params_of().
[[nodiscard]] std::vector<endpoint> bootstrap_nodes_of(settings const& values);

/// Keeps the DHT's node table for the next start; a file that cannot be written is
/// reported by the result.
[[nodiscard]] bool save_session_state(lt::session_params const& state,
                                      std::filesystem::path const& file);

} // namespace tau::node
