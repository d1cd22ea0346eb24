#include "wire/message_channel.hpp"

#include <cstdlib>

// What decodes must encode again, and then decode to the same.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const value = tau::wire::decode_message_channel({data, size});
    auto const state = tau::wire::decode_sealed_state({data, size});
    if (state && (!value || state.value() != value.value()))
        std::abort();
    if (!value)
        return 0;
    auto const again = tau::wire::encode(value.value());
    if (!again)
        std::abort();
    auto const back = tau::wire::decode_message_channel(again.value());
    if (!back || back.value() != value.value())
        std::abort();
    return 0;
}
