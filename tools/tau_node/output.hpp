#pragma once

#include "tau_node/failure.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string_view>

namespace tau::node {

/// Whether a command speaks to a person or to a program.
enum class output_form { text, json };

/// One JSON value as one line on standard output. Octets that are not UTF-8 become
/// replacement characters.
void print_json(nlohmann::json const& value);

/// One line of text on standard output; what came from elsewhere must be escaped before.
void print_line(std::string_view line);

/// Tells why a command ended, on standard error: "tau-node: message", or as JSON
/// {"error":{"code","message"}}.
void print_failure(failure const& why, output_form form);

/// A line on standard error that says what is waited for, replaced in place; only on a
/// terminal. Gone when destroyed.
class progress_line {
public:
    explicit progress_line(output_form form);
    ~progress_line();
    progress_line(progress_line const&) = delete;
    progress_line& operator=(progress_line const&) = delete;

    void show(std::string_view text);
    void clear();

private:
    bool m_enabled;
    bool m_shown = false;
};

} // namespace tau::node
