#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace tau {

/// Who must act: nobody (trace, debug), nobody but it is worth knowing (info),
/// the operator soon (warning), the operator now (error). Remote input is never
/// an error. No message contents and no secrets are logged at any level.
enum class log_level { trace, debug, info, warning, error };

[[nodiscard]] char const* to_string(log_level level);

/// Receives finished lines. Called on whichever thread logs.
using log_sink = std::function<void(log_level, std::string_view component, std::string_view line)>;

/// A named source of log lines; a default-constructed one is silent. Cheap to copy.
class logger {
public:
    logger() = default;
    logger(log_sink sink, std::string component);

    void write(log_level level, std::string_view line) const;
    /// The same sink under another component name.
    [[nodiscard]] logger named(std::string component) const;

private:
    log_sink m_sink;
    std::string m_component;
};

} // namespace tau
