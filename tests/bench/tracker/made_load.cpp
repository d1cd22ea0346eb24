#include "made_load.hpp"

#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>

namespace tau::bench {

std::uint64_t mixed(std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
}

info_hash swarm_number(std::uint32_t n) {
    info_hash out;
    for (std::size_t i = 0; i < out.size(); ++i)
        out.octets[i] =
            static_cast<std::uint8_t>(mixed(n + 1) >> (i % 8 * 8)) ^ static_cast<std::uint8_t>(i);
    return out;
}

process_use use_of(int pid) {
    process_use out;
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string text;
    std::getline(file, text);
    auto const end = text.rfind(')');
    if (end == std::string::npos)
        return out;
    unsigned long user = 0;
    unsigned long system = 0;
    long pages = 0;
    std::sscanf(text.c_str() + end + 2,
                "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d %*d %*d %*u "
                "%*u %ld",
                &user, &system, &pages);
    out.cpu_s = static_cast<double>(user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
    out.resident_kib = pages * (sysconf(_SC_PAGESIZE) / 1024);
    return out;
}

} // namespace tau::bench
