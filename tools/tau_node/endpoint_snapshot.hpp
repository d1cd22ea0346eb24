#pragma once

#include "dht/endpoint_record.hpp"

#include <filesystem>
#include <vector>

namespace tau::node {

/// The most endpoints that a snapshot is read for; what is beyond is left out.
inline constexpr std::size_t max_snapshot_endpoints = 20'000;

/// Where keys were last seen, kept over a restart so that friends are asked directly at
/// once. JSON, mode 0600: it says whom we know. False if it cannot be written.
[[nodiscard]] bool save_endpoints(std::vector<dht::known_endpoint> const& known,
                                  std::filesystem::path const& file);

/// What was saved; nothing if there is no file, and whatever can be read of a damaged one.
/// A proof does not outlive the process that saw it: none comes back proven.
[[nodiscard]] std::vector<dht::known_endpoint> load_endpoints(std::filesystem::path const& file);

} // namespace tau::node
