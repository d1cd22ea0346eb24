#include "messenger/seal.hpp"
#include "support/test_keys.hpp"
#include "wire/bencode.hpp"

#include <cstdlib>

// The octets as an item and as the inside of one; and sealed, which must open to themselves.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using namespace tau;
    static auto const keys = test::keys_of(1);
    static seeded_random random(1);
    static messenger::pair_sealer sealer(*keys, random);
    byte_view const input(data, size);
    if (sealer.open(input) || sealer.open(wire::wrap_string(input)))
        std::abort();  // a forged signature
    if (size % 8 != 0) // signing is slow; an eighth of the runs will do
        return 0;
    auto const sealed = sealer.seal({keys->key(), unix_ms{}}, input);
    if (sealed.has_value() != (size <= sealer.max_content_bytes()))
        std::abort();
    if (!sealed)
        return 0;
    auto const opened = sealer.open(sealed.value().item);
    if (!opened || opened.value().content != to_bytes(input))
        std::abort();
    return 0;
}
