#include "wire/packet.hpp"

#include <algorithm>
#include <cstdlib>

// What decodes must encode to the same octets.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const what = tau::wire::decode_packet({data, size});
    if (!what)
        return 0;
    auto const again = tau::wire::encode_packet(what.value());
    if (!again || !std::equal(data, data + size, again.value().begin(), again.value().end()))
        std::abort();
    return 0;
}
