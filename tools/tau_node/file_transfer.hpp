#pragma once

#include "tau_node/daemon_client.hpp"
#include "tau_node/output.hpp"

#include <nlohmann/json.hpp>

#include <filesystem>

namespace tau::node {

/// Sends a file by its size: in one request, or in parts. Returns the message. Throws failure.
nlohmann::json send_file(daemon_client& client, std::string const& who,
                         std::filesystem::path const& path, progress_line& progress);

/// Writes the file of a message to a new file, or to standard output for "-". One that is not
/// here yet is fetched, which takes as long as it takes. Throws failure; then there is no
/// new file.
void save_file(daemon_client& client, nlohmann::json const& message,
               std::filesystem::path const& path, progress_line& progress);

} // namespace tau::node
