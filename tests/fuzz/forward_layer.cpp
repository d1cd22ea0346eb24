// What a hop finds in its layer, and what comes back.
#include "forward/layers.hpp"
#include "support/test_keys.hpp"

#include <cstdlib>

// Whatever decodes has exactly one form; nothing opens that nobody sealed.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using namespace tau;
    static auto const keys = test::keys_of(1);
    byte_view const input(data, size);
    if (auto const layer = wire::decode_layer(input)) {
        auto const again = wire::encode(layer.value());
        if (!again || again.value() != to_bytes(input))
            std::abort();
    }
    if (auto const answer = wire::decode_layered_answer(input))
        if (wire::encode(answer.value()) != to_bytes(input))
            std::abort();
    if (forward::open_layer(*keys, input) || forward::open_answer(wire::answer_key{{9}}, input))
        std::abort();
    return 0;
}
