#include "core/log.hpp"

#include <utility>

namespace tau {

char const* to_string(log_level level) {
    switch (level) {
    case log_level::trace:
        return "trace";
    case log_level::debug:
        return "debug";
    case log_level::info:
        return "info";
    case log_level::warning:
        return "warning";
    case log_level::error:
        return "error";
    }
    return "unknown";
}

logger::logger(log_sink sink, std::string component)
    : m_sink(std::move(sink)), m_component(std::move(component)) {}

void logger::write(log_level level, std::string_view line) const {
    if (m_sink)
        m_sink(level, m_component, line);
}

logger logger::named(std::string component) const {
    return {m_sink, std::move(component)};
}

} // namespace tau
