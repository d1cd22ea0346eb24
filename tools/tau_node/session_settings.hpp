#pragma once

#include "tau_node/settings.hpp"

#include <libtorrent/session_params.hpp>

#include <filesystem>

namespace tau::node {

/// A session as the settings ask for it, with the DHT state of the last run from
/// `state_file` if there is one (a damaged one is ignored). Throws failure: a proxy together with
/// names that would have to be resolved around it, an unreadable password file.
[[nodiscard]] lt::session_params session_params_of(settings const& values,
                                                   std::filesystem::path const& state_file);

/// Keeps the DHT's node table for the next start; a file that cannot be written is
/// reported by the result.
[[nodiscard]] bool save_session_state(lt::session_params const& state,
                                      std::filesystem::path const& file);

} // namespace tau::node
