#include "tau_node/output.hpp"

#include <nlohmann/json.hpp>

#include <cstdio>

#include <unistd.h>

namespace tau::node {
namespace {

void write_line(std::FILE* to, std::string_view line) {
    std::fwrite(line.data(), 1, line.size(), to);
    std::fputc('\n', to);
    std::fflush(to);
}

std::string dump(nlohmann::json const& value) {
    return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

} // namespace

void print_json(nlohmann::json const& value) {
    write_line(stdout, dump(value));
}

void print_line(std::string_view line) {
    write_line(stdout, line);
}

void print_failure(failure const& why, output_form form) {
    if (form == output_form::json)
        write_line(stderr, dump({{"error", {{"code", why.code()}, {"message", why.what()}}}}));
    else
        write_line(stderr, std::string("tau-node: ") + why.what());
}

progress_line::progress_line(output_form form)
    : m_enabled(form == output_form::text && ::isatty(STDERR_FILENO) == 1) {}

progress_line::~progress_line() {
    clear();
}

void progress_line::show(std::string_view text) {
    if (!m_enabled)
        return;
    std::fprintf(stderr, "\r\033[K%.*s", static_cast<int>(text.size()), text.data());
    std::fflush(stderr);
    m_shown = true;
}

void progress_line::clear() {
    if (m_shown)
        std::fputs("\r\033[K", stderr);
    m_shown = false;
}

} // namespace tau::node
