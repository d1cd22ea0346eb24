#pragma once

namespace tau::node {

/// Reads the arguments, runs the command, prints why it failed if it did, and returns
/// the exit code of the process (failure.hpp). The one place that knows CLI11.
[[nodiscard]] int run_cli(int argument_count, char const* const* arguments);

} // namespace tau::node
