#include "tau_node/cli.hpp"

#include <clocale>
#include <csignal>

#include <sys/stat.h>

int main(int argc, char** argv) {
    // Whatever a command writes belongs to its user alone.
    ::umask(0077);
    std::signal(SIGPIPE, SIG_IGN);
    std::setlocale(LC_ALL, "");
    return tau::node::run_cli(argc, argv);
}
