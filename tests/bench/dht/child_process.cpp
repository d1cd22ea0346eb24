#include "child_process.hpp"

#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tau::bench {

void write_line(int descriptor, std::string line) {
    line += '\n';
    if (::write(descriptor, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
        throw std::runtime_error("the benchmark's pipe broke");
}

child_process::child_process(std::function<void(int in, int out)> const& life) {
    int down[2], up[2];
    if (::pipe(down) != 0 || ::pipe(up) != 0)
        throw std::runtime_error("no pipe for the benchmark");
    m_process = ::fork();
    if (m_process == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::close(down[1]);
        ::close(up[0]);
        life(down[0], up[1]);
        std::_Exit(0);
    }
    ::close(down[0]);
    ::close(up[1]);
    m_to = down[1];
    m_from = up[0];
}

child_process::~child_process() {
    kill();
    ::close(m_to);
    ::close(m_from);
}

void child_process::kill() {
    if (m_process < 0)
        return;
    ::kill(m_process, SIGKILL);
    ::waitpid(m_process, nullptr, 0);
    m_process = -1;
}

std::string child_process::ask(std::string const& line) {
    write_line(m_to, line);
    return read_line();
}

std::string child_process::read_line() {
    std::string line;
    char next = 0;
    while (::read(m_from, &next, 1) == 1) {
        if (next == '\n')
            return line;
        line += next;
    }
    throw std::runtime_error("the other process of the benchmark ended");
}

} // namespace tau::bench
