#include "tau_node/line_editor.hpp"

#include "tau_node/failure.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cwchar>

#include <histedit.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace tau::node {
namespace {

namespace asio = boost::asio;

constexpr int history_lines = 500;
constexpr std::size_t max_line_octets = 128 * 1024;

// Columns that `text` takes on the screen.
std::size_t width_of(std::string_view text) {
    std::mbstate_t state{};
    std::size_t columns = 0;
    while (!text.empty()) {
        wchar_t c = 0;
        auto const octets = std::mbrtowc(&c, text.data(), text.size(), &state);
        if (octets == 0 || octets > text.size()) // malformed: one column an octet
            return columns + text.size();
        int const width = ::wcwidth(c);
        columns += width > 0 ? static_cast<std::size_t>(width) : 0;
        text.remove_prefix(octets);
    }
    return columns;
}

std::size_t screen_columns() {
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return 80;
    return size.ws_col;
}

} // namespace

struct line_editor::parts {
    parts(asio::io_context& context, std::string text)
        : io(context), prompt(std::move(text)), input(context, ::dup(STDIN_FILENO)),
          interrupt(context, SIGINT) {
        is_terminal = ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
        if (is_terminal)
            open_editor();
    }
    ~parts() {
        if (editor != nullptr)
            ::el_end(editor);
        if (past != nullptr)
            ::history_end(past);
    }
    parts(parts const&) = delete;
    parts& operator=(parts const&) = delete;

    void open_editor() {
        editor = ::el_init("tau-node", stdin, stdout, stderr);
        past = ::history_init();
        if (editor == nullptr || past == nullptr)
            throw failure(exit_code::failed, "failed", "the terminal cannot be used for a chat");
        HistEvent event;
        ::history(past, &event, H_SETSIZE, history_lines);
        ::el_set(editor, EL_CLIENTDATA, this);
        ::el_set(editor, EL_PROMPT, &parts::give_prompt);
        ::el_set(editor, EL_EDITOR, "emacs");
        ::el_set(editor, EL_SIGNAL, 0);
        ::el_set(editor, EL_HIST, ::history, past);
        ::el_set(editor, EL_GETCFN, &parts::give_char);
        ::el_source(editor, nullptr); // the user's own ~/.editrc
    }

    static parts& of(EditLine* editor) {
        void* data = nullptr;
        ::el_get(editor, EL_CLIENTDATA, &data);
        return *static_cast<parts*>(data);
    }

    static char* give_prompt(EditLine* editor) { return of(editor).prompt.data(); }

    // libedit asks for a character: everything else runs until there is one.
    static int give_char(EditLine* editor, wchar_t* out) {
        auto& self = of(editor);
        std::mbstate_t state{};
        while (true) {
            auto const octet = self.next_octet();
            if (!octet)
                return 0;
            char const c = *octet;
            auto const size = std::mbrtowc(out, &c, 1, &state);
            if (size == static_cast<std::size_t>(-2)) // more octets belong to it
                continue;
            if (size == static_cast<std::size_t>(-1))
                *out = L'?';
            return 1;
        }
    }

    // Runs the io_context until an octet was typed; nullopt at the end.
    std::optional<char> next_octet() {
        while (!stopped) {
            bool ready = false;
            bool failed = false;
            input.async_wait(asio::posix::stream_descriptor::wait_read,
                             [&ready, &failed](boost::system::error_code ec) {
                                 ready = true;
                                 failed = static_cast<bool>(ec);
                             });
            while (!ready) {
                io.restart();
                io.run_one();
                if (stopped) {
                    boost::system::error_code ignored;
                    input.cancel(ignored);
                }
            }
            if (stopped || failed)
                return std::nullopt;
            char c = 0;
            auto const count = ::read(STDIN_FILENO, &c, 1);
            if (count == 1)
                return c;
            if (count == 0 || (errno != EINTR && errno != EAGAIN))
                return std::nullopt;
        }
        return std::nullopt;
    }

    std::optional<std::string> read_plain() {
        std::string line;
        while (auto const octet = next_octet()) {
            if (*octet == '\n')
                return line;
            if (line.size() < max_line_octets)
                line += *octet;
        }
        if (line.empty())
            return std::nullopt;
        return line;
    }

    std::optional<std::string> read_edited() {
        reading = true;
        int count = 0;
        char const* const text = ::el_gets(editor, &count);
        reading = false;
        if (text == nullptr || count <= 0 || stopped)
            return std::nullopt;
        std::string line(text, static_cast<std::size_t>(count));
        while (!line.empty() && (line.back() == '\n' || line.back() == '\r'))
            line.pop_back();
        if (!line.empty()) {
            HistEvent event;
            ::history(past, &event, H_ENTER, line.c_str());
        }
        return line;
    }

    void print_above(std::string_view lines) {
        if (!reading) {
            std::fwrite(lines.data(), 1, lines.size(), stdout);
            std::fputc('\n', stdout);
            std::fflush(stdout);
            return;
        }
        // Back to the row where the prompt began, clear from there, and let libedit
        // draw prompt and line once more below.
        auto const* const typed = ::el_line(editor);
        std::string_view const before(typed->buffer,
                                      static_cast<std::size_t>(typed->cursor - typed->buffer));
        auto const row = (width_of(prompt) + width_of(before)) / screen_columns();
        if (row > 0)
            std::fprintf(stdout, "\033[%zuA", row);
        std::fputs("\r\033[J", stdout);
        std::fwrite(lines.data(), 1, lines.size(), stdout);
        std::fputc('\n', stdout);
        std::fflush(stdout);
        ::el_set(editor, EL_REFRESH);
    }

    asio::io_context& io;
    std::string prompt;
    asio::posix::stream_descriptor input;
    asio::signal_set interrupt;
    EditLine* editor = nullptr;
    History* past = nullptr;
    bool is_terminal = false;
    bool reading = false;
    bool stopped = false;
};

line_editor::line_editor(asio::io_context& io, std::string prompt)
    : m_parts(std::make_unique<parts>(io, std::move(prompt))) {
    m_parts->interrupt.async_wait([this](boost::system::error_code ec, int) {
        if (!ec)
            stop();
    });
}

line_editor::~line_editor() = default;

std::optional<std::string> line_editor::read() {
    if (m_parts->stopped)
        return std::nullopt;
    return m_parts->is_terminal ? m_parts->read_edited() : m_parts->read_plain();
}

void line_editor::stop() {
    m_parts->stopped = true;
}

void line_editor::print_above(std::string_view lines) {
    m_parts->print_above(lines);
}

void line_editor::set_prompt(std::string prompt) {
    m_parts->prompt = std::move(prompt);
}

} // namespace tau::node
