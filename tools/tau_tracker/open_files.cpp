#include "open_files.hpp"

#include <sys/resource.h>

#include <algorithm>

namespace tau::tracker_tool {
namespace {

// The admin port's connections, files, event queues and connections of a shared store.
constexpr std::size_t reserve = 192;
constexpr std::size_t per_thread = 4;

} // namespace

std::size_t raise_open_files() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return reserve;
    if (limit.rlim_cur != limit.rlim_max) {
        rlimit const raised{limit.rlim_max, limit.rlim_max};
        if (::setrlimit(RLIMIT_NOFILE, &raised) == 0)
            limit = raised;
    }
    return limit.rlim_cur;
}

bool fit_open_files(config& c, std::size_t open_files) {
    std::size_t const threads = thread_count(c);
    auto const listeners = threads * std::max<std::size_t>(c.http.size() + c.https.size(), 1);
    auto const others = reserve + threads * (c.udp.size() + per_thread) + listeners;
    auto const room = open_files > others ? (open_files - others) / listeners : 1;
    if (c.max_http_connections <= room)
        return true;
    c.max_http_connections = static_cast<std::uint32_t>(room);
    return false;
}

} // namespace tau::tracker_tool
