#pragma once

namespace tau::test {

/// What everything that this process sends goes through from now on. Linking
/// delay_path.cpp into a program (CMake: ENABLE_EXPORTS) puts it between the libraries
/// and the C library's send functions, so that libtorrent and others notice nothing.
struct path {
    double delay_ms = 0;     ///< one way; a round trip between two such processes is twice it
    double loss_percent = 0; ///< of datagrams, 0 to 100, from a generator with a fixed seed
    bool tcp = false;        ///< delay what TCP connections carry as well, and their end
};

/// Sets the path of this process; a child made by fork() afterwards must set its own.
/// What is under way keeps its delay. Connections are still opened at once: only what is
/// sent over them comes later. Threading: any.
void set_path(path const& wanted);

} // namespace tau::test
