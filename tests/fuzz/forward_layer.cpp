// What a hop finds in its layer, and what comes back.
#include "one_form.hpp"

#include "forward/layers.hpp"
#include "support/test_keys.hpp"

// Whatever decodes has exactly one form; nothing opens that nobody sealed.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using namespace tau;
    static auto const keys = test::keys_of(1);
    byte_view const input(data, size);
    if (auto const layer = wire::decode_layer(input))
        expect_same(wire::encode(layer.value()), input);
    if (auto const answer = wire::decode_layered_answer(input))
        expect_same(wire::encode(answer.value()), input);
    if (forward::open_layer(*keys, input) || forward::open_answer(wire::answer_key{{9}}, input))
        std::abort();
    return 0;
}
