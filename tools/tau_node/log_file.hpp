#pragma once

#include "core/log.hpp"
#include "tau_node/settings.hpp"

#include <filesystem>

namespace tau::node {

/// A logger that writes to a rotating file of mode 0600, and warnings and worse also to
/// standard error. Control and bidirectional characters are escaped. Throws failure.
/// Threading: the logger is safe on any thread.
[[nodiscard]] logger open_log(std::filesystem::path const& file, settings const& values);

} // namespace tau::node
