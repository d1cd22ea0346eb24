// What a user writes: the settings file, a proxy, times.
#include "tau_node/settings.hpp"
#include "tau_node/time_text.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using namespace tau;
    std::string_view const text(reinterpret_cast<char const*>(data), size);
    try {
        node::check(node::parse_settings(text));
    } catch (node::settings_error const&) { // a mistake, with its place
    }
    try {
        (void)node::parse_proxy(text);
    } catch (node::settings_error const&) {
    }
    if (auto const time = node::parse_rfc3339(text)) {
        auto const again = node::parse_rfc3339(node::to_rfc3339(time.value()));
        if (!again || again.value() != time.value())
            std::abort();
    }
    (void)node::parse_since(text, unix_ms{});
    return 0;
}
