#include "support/redis_server.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

namespace tau::test {

redis_server::redis_server() {
    start();
}

redis_server::~redis_server() {
    kill();
}

void redis_server::kill() {
    if (m_pid == 0)
        return;
    ::kill(m_pid, SIGKILL);
    ::waitpid(m_pid, nullptr, 0);
    m_pid = 0;
}

void redis_server::start(std::vector<std::string> options) {
    std::vector<std::string> words{
        "redis-server", "--port", "0",     "--unixsocket",  m_folder / "socket", "--save", "",
        "--appendonly", "no",     "--dir", m_folder.path(), "--logfile",         ""};
    words.insert(words.end(), options.begin(), options.end());
    std::vector<char*> raw;
    for (auto& word : words)
        raw.push_back(word.data());
    raw.push_back(nullptr);
    std::array<int, 2> log{};
    if (::pipe2(log.data(), O_CLOEXEC) != 0)
        throw std::runtime_error("pipe");
    m_pid = ::fork();
    if (m_pid == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL); // not left behind if the test crashes
        ::dup2(log[1], STDOUT_FILENO);
        ::execvp(raw[0], raw.data());
        ::_exit(127);
    }
    ::close(log[1]);
    std::string text;
    std::array<char, 4096> part{};
    while (text.find("ready to accept connections") == std::string::npos
           && text.find("Ready to accept connections") == std::string::npos) {
        auto const got = ::read(log[0], part.data(), part.size());
        if (got <= 0)
            throw std::runtime_error("redis-server did not start; scripts/deps.sh test");
        text.append(part.data(), static_cast<std::size_t>(got));
    }
    // What it logs from now on has no reader, and needs none.
    ::close(log[0]);
}

} // namespace tau::test
