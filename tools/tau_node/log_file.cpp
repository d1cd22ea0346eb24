#include "tau_node/log_file.hpp"

#include "core/text.hpp"
#include "identity/private_file.hpp"
#include "tau_node/failure.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace tau::node {
namespace {

spdlog::level::level_enum to_spdlog(log_level level) {
    switch (level) {
    case log_level::trace:
        return spdlog::level::trace;
    case log_level::debug:
        return spdlog::level::debug;
    case log_level::info:
        return spdlog::level::info;
    case log_level::warning:
        return spdlog::level::warn;
    case log_level::error:
        break;
    }
    return spdlog::level::err;
}

} // namespace

logger open_log(std::filesystem::path const& file, settings const& values) {
    if (auto const ec = identity::make_private_folder(file.parent_path()))
        throw failed("cannot use the folder " + file.parent_path().string(), ec);
    try {
        auto const to_file = std::make_shared<spdlog::sinks::rotating_file_sink_mt>(
            file.string(), static_cast<std::size_t>(values.log_max_file_bytes),
            static_cast<std::size_t>(values.log_files));
        auto const to_screen = std::make_shared<spdlog::sinks::stderr_sink_mt>();
        to_screen->set_level(spdlog::level::warn);
        to_screen->set_pattern("tau-node: %v");
        auto const out = std::make_shared<spdlog::logger>(
            "tau-node", spdlog::sinks_init_list{to_file, to_screen});
        to_file->set_formatter(std::make_unique<spdlog::pattern_formatter>(
            "%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc));
        out->set_level(spdlog::level::from_str(values.log_level));
        out->flush_on(spdlog::level::info);
        auto const sink = [out](log_level level, std::string_view component,
                                std::string_view line) {
            out->log(to_spdlog(level), "{}: {}", component, escape_text(line));
        };
        return {sink, "node"};
    } catch (spdlog::spdlog_ex const& e) {
        throw failure(exit_code::failed, "storage_failed", std::string("cannot log: ") + e.what());
    }
}

} // namespace tau::node
