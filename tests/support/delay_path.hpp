#pragma once

namespace tau::test {

/// What every datagram that this process sends goes through from now on. Linking
/// delay_path.cpp into a program (CMake: ENABLE_EXPORTS) puts it between the libraries
/// and the C library's send functions, so that libtorrent and others notice nothing.
struct path {
    double delay_ms = 0;     ///< one way; a round trip between two such processes is twice it
    double loss_percent = 0; ///< 0 to 100, drawn from a generator with a fixed seed
};

/// Sets the path of this process; a child made by fork() afterwards must set its own.
/// Only UDP sockets are affected, and what is under way keeps its delay.
/// Threading: any.
void set_path(path const& wanted);

} // namespace tau::test
