#include "wire/gossip_vector.hpp"

#include <cstdlib>

// What decodes must encode again, and then decode to the same.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    tau::public_key sender;
    sender.octets.fill('A');
    if (auto const what = tau::wire::decode_gossip({data, size}, sender)) {
        auto const again = tau::wire::encode(what.value(), sender);
        if (!again)
            std::abort();
        auto const back = tau::wire::decode_gossip(again.value(), sender);
        if (!back || back.value() != what.value())
            std::abort();
    }
    if (auto const items = tau::wire::decode_manifest({data, size})) {
        auto const again = tau::wire::encode_manifest(items.value());
        if (!again || tau::wire::decode_manifest(again.value()).value() != items.value())
            std::abort();
    }
    return 0;
}
