#pragma once

#include "core/error.hpp"

#include <stdexcept>
#include <string>

namespace tau::node {

/// What the process returns to its caller.
enum class exit_code {
    done = 0,
    failed = 1,
    usage = 2,
    not_found = 3,
    timed_out = 4,
    no_daemon = 5,
};

/// Ends a command: main prints it and returns its exit code. `code` is the machine-readable
/// name of an errc, `message` one line for a person, with what to do next.
class failure : public std::runtime_error {
public:
    failure(exit_code exit, std::string code, std::string const& message)
        : std::runtime_error(message), m_exit(exit), m_code(std::move(code)) {}

    [[nodiscard]] exit_code exit() const { return m_exit; }
    [[nodiscard]] std::string const& code() const { return m_code; }

private:
    exit_code m_exit;
    std::string m_code;
};

/// A mistake in arguments or configuration.
[[nodiscard]] failure usage_error(std::string const& message);

/// `what` was attempted and `ec` came of it: "what: text of ec".
[[nodiscard]] failure failed(std::string const& what, error_code ec);

/// The file at `path`, which holds secrets, cannot be used because of `ec`: says what is
/// wrong with it and what to do. Never a usage error: the arguments were right.
[[nodiscard]] failure unusable_file(std::string const& path, error_code ec);

/// "not_found" for errc::not_found and so on; "failed" for errors that are not ours.
[[nodiscard]] std::string name_of(error_code ec);

/// The exit code that an error leads to.
[[nodiscard]] exit_code exit_of(std::string_view error_name);

} // namespace tau::node
