// What an operator writes: the tracker's configuration. What is accepted can be printed,
// and is then read as the same.
#include "tau_tracker/config.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using namespace tau::tracker_tool;
    std::string_view const text(reinterpret_cast<char const*>(data), size);
    try {
        auto accepted = parse_config(text, "input");
        auto const printed = to_toml(accepted);
        if (to_toml(parse_config(printed, "printed")) != printed)
            std::abort();
        settle(accepted);
        auto const server = server_config(accepted);
        if (server.threads == 0 || server.udp.size() + server.http.size() == 0)
            std::abort();
    } catch (config_error const&) { // a mistake, with its place
    }
    return 0;
}
