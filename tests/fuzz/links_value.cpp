// The plain value of the `links` channel.
#include "wire/links_value.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const value = tau::wire::decode_links_value({data, size});
    if (!value)
        return 0;
    auto const again = tau::wire::decode_links_value(encode(value.value()));
    if (!again || !(again.value() == value.value()))
        std::abort();
    return 0;
}
