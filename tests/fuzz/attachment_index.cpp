#include "wire/attachment_index.hpp"
#include "messenger/attachment_fetch.hpp"

#include "wire/mutable_item.hpp"

#include <cstdlib>

// The octets as an index; and the same octets sealed by a hostile sender as the only
// index of a tree, where a fetch meets them.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using namespace tau;
    byte_view const plain(data, size);
    if (auto const index = wire::decode_attachment_index(plain))
        if (!wire::encode(index.value()))
            std::abort();
    auto const value = messenger::seal_node({}, {1, 0}, plain);
    if (!value)
        return 0;
    auto const root = wire::target_of_immutable(value.value());
    wire::content_ref const ref{{}, 6 * messenger::leaf_bytes, {}, {root}};
    auto fetch = messenger::attachment_fetch::of(ref);
    if (!fetch)
        std::abort();
    (void)fetch.value().next(time_point{});
    auto const outcome = fetch.value().on_value(root, value.value(), time_point{});
    if (outcome != fetch.value().failed())
        std::abort();
    return 0;
}
