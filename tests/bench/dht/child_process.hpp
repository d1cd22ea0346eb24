#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

namespace tau::bench {

/// Writes `line` and its end to a pipe; throws std::runtime_error if that is broken.
void write_line(int descriptor, std::string line);

/// A part of a benchmark in a process of its own, spoken with by lines over two pipes, so
/// that what it computes does not count as ours.
///
/// Construct before anything else makes threads. It ends with ours, and with this object.
/// Errors: std::runtime_error without pipes, and when it ended.
class child_process {
public:
    /// `life` is all that it does; it reads from `in` and writes to `out`.
    explicit child_process(std::function<void(int in, int out)> const& life);
    ~child_process();
    child_process(child_process const&) = delete;
    child_process& operator=(child_process const&) = delete;

    /// Says a line and waits for the answer.
    [[nodiscard]] std::string ask(std::string const& line);
    [[nodiscard]] std::string read_line();
    /// SIGKILL; its end is waited for.
    void kill();
    [[nodiscard]] pid_t id() const { return m_process; }

private:
    pid_t m_process = -1;
    int m_to = -1;
    int m_from = -1;
};

} // namespace tau::bench
