#pragma once

#include "identity/secret.hpp"

#include <string>

namespace tau::node {

enum class passphrase_use { open, choose };

/// A passphrase from where the user says: the first line of a file, "-" for the first
/// line of standard input, or, if `source` is empty and there is a terminal, typed without echo
/// (twice to choose one; an empty line chooses none). Never from an argument.
/// Throws failure: no terminal to ask at, unreadable file, two different lines.
[[nodiscard]] identity::secret_bytes read_passphrase(std::string const& source, passphrase_use use);

/// The first line of standard input, for secrets that are piped in; without its line
/// break. Throws failure above `max_bytes`.
[[nodiscard]] identity::secret_bytes read_secret_line(int fd, std::size_t max_bytes);

} // namespace tau::node
