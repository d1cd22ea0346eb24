// The plain value of the `cidr` channel.
#include "wire/endpoint_value.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const value = tau::wire::decode_endpoint_value({data, size});
    if (!value)
        return 0;
    auto const again = tau::wire::decode_endpoint_value(encode(value.value()));
    if (!again || !(again.value() == value.value()))
        std::abort();
    return 0;
}
