#include "tau_node/passphrase.hpp"

#include "identity/container.hpp"
#include "tau_node/failure.hpp"

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

namespace tau::node {
namespace {

using identity::secret_bytes;

// Switches the terminal's echo off while it lives.
class silent_terminal {
public:
    explicit silent_terminal(int fd) : m_fd(fd) {
        m_changed = ::tcgetattr(fd, &m_before) == 0;
        auto quiet = m_before;
        quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        if (m_changed)
            ::tcsetattr(fd, TCSAFLUSH, &quiet);
    }
    ~silent_terminal() {
        if (m_changed)
            ::tcsetattr(m_fd, TCSAFLUSH, &m_before);
    }
    silent_terminal(silent_terminal const&) = delete;
    silent_terminal& operator=(silent_terminal const&) = delete;

private:
    int m_fd;
    termios m_before{};
    bool m_changed = false;
};

class open_file {
public:
    open_file(char const* path, int flags) : m_fd(::open(path, flags | O_CLOEXEC)) {}
    ~open_file() {
        if (m_fd >= 0)
            ::close(m_fd);
    }
    open_file(open_file const&) = delete;
    open_file& operator=(open_file const&) = delete;
    [[nodiscard]] int fd() const { return m_fd; }

private:
    int m_fd;
};

void say(int fd, std::string_view text) {
    // The terminal is the user's; there is nothing to do if it went away.
    [[maybe_unused]] auto const ignored = ::write(fd, text.data(), text.size());
}

secret_bytes ask(int terminal, std::string_view prompt) {
    say(terminal, prompt);
    silent_terminal const silence(terminal);
    auto out = read_secret_line(terminal, identity::max_passphrase_bytes);
    say(terminal, "\n");
    return out;
}

secret_bytes ask_at_terminal(passphrase_use use) {
    open_file const terminal("/dev/tty", O_RDWR);
    if (terminal.fd() < 0)
        throw failure(exit_code::usage, "passphrase_required",
                      "a passphrase is needed and there is no terminal to ask at; "
                      "use --passphrase-file FILE, or - for standard input");
    if (use == passphrase_use::open)
        return ask(terminal.fd(), "Passphrase: ");
    auto first = ask(terminal.fd(), "New passphrase (empty for none): ");
    if (!first.empty() && !(first == ask(terminal.fd(), "The same again: ")))
        throw usage_error("the two passphrases differ; nothing was written");
    return first;
}

} // namespace

secret_bytes read_secret_line(int fd, std::size_t max_bytes) {
    secret_bytes buffer(max_bytes + 1);
    std::size_t size = 0;
    while (true) {
        // Octet by octet, so that what follows the line stays for the command itself.
        auto const count = ::read(fd, buffer.data() + size, 1);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            throw failure(exit_code::failed, "storage_failed", "cannot read the passphrase");
        if (count == 0 || buffer.data()[size] == '\n')
            break;
        if (++size > max_bytes)
            throw usage_error("the line is longer than " + std::to_string(max_bytes) + " octets");
    }
    if (size > 0 && buffer.data()[size - 1] == '\r')
        --size;
    return secret_bytes::from(buffer.view().first(size));
}

secret_bytes read_passphrase(std::string const& source, passphrase_use use) {
    if (source.empty())
        return ask_at_terminal(use);
    if (source == "-")
        return read_secret_line(STDIN_FILENO, identity::max_passphrase_bytes);
    open_file const file(source.c_str(), O_RDONLY);
    if (file.fd() < 0)
        throw failure(exit_code::not_found, "not_found",
                      "cannot open the passphrase file " + source);
    return read_secret_line(file.fd(), identity::max_passphrase_bytes);
}

} // namespace tau::node
