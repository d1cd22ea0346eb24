#include "wire/message_body.hpp"

#include <cstdlib>

// What decodes must encode again, and then decode to the same.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const body = tau::wire::decode_body({data, size});
    if (!body)
        return 0;
    auto const again = tau::wire::encode(body.value());
    if (!again)
        std::abort();
    auto const back = tau::wire::decode_body(again.value());
    if (!back || back.value() != body.value())
        std::abort();
    return 0;
}
