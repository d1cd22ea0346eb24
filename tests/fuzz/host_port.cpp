// Hosts and ports as people write them, endpoints, and the compact form of the latter.
#include "identity/host_port.hpp"
#include "core/endpoint.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using namespace tau;
    auto const text = as_text({data, size});
    if (auto const place = identity::parse_host_port(text)) {
        auto const again = identity::parse_host_port(identity::to_string(place.value()));
        if (!again || !(again.value() == place.value()))
            std::abort();
    }
    auto const compact = from_compact({data, size});
    if (compact && to_compact(compact.value()) != to_bytes(byte_view(data, size)))
        std::abort();
    for (auto const& where : {parse_endpoint(text), compact}) {
        if (!where)
            continue;
        auto const again = parse_endpoint(to_string(where.value()));
        if (!again || again.value() != where.value())
            std::abort();
    }
    return 0;
}
