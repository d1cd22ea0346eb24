#include "channel/value_box.hpp"

#include <cstdlib>

// The octets as a stored value; and boxed, which must open to themselves.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using namespace tau;
    static channel::box_key const key = channel::contact_box_key({});
    static wire::item_address const where{{}, channel::gossip_salt()};
    static seeded_random random(1);
    byte_view const input(data, size);
    (void)channel::open_value({&key, 1}, where, input);
    auto const boxed = channel::box_value(key, where, input, random);
    if (boxed.has_value() != (size <= channel::max_boxed_bytes))
        std::abort();
    if (!boxed)
        return 0;
    auto const opened = channel::open_value({&key, 1}, where, boxed.value());
    if (!opened || opened.value() != to_bytes(input))
        std::abort();
    return 0;
}
