#pragma once

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tau::node {

/// A line that a person types, with editing and history (libedit), while other things
/// happen on an io_context: what is printed meanwhile appears above the line, which
/// is then shown again as it was.
///
/// Without a terminal lines are read plainly and printing is only printing.
/// Threading: the thread that calls read(). Errors: failure, from the constructor.
class line_editor {
public:
    line_editor(boost::asio::io_context& io, std::string prompt);
    ~line_editor();
    line_editor(line_editor const&) = delete;
    line_editor& operator=(line_editor const&) = delete;

    /// The next line without its end; nullopt at the end of input, after Ctrl-C, or when
    /// stop() was called. Runs the io_context while it waits.
    [[nodiscard]] std::optional<std::string> read();
    /// Makes the running or next read() return nullopt.
    void stop();

    /// Prints lines above the one being typed.
    void print_above(std::string_view lines);
    void set_prompt(std::string prompt);

private:
    struct parts;
    std::unique_ptr<parts> m_parts;
};

} // namespace tau::node
