// An item of an attachment's tree, from a stranger: as it came, and sealed by a hostile
// sender, as the whole of a small attachment whose only leaf it claims to be.
#include "messenger/attachment_fetch.hpp"
#include "messenger/attachment_tree.hpp"

#include "wire/mutable_item.hpp"

#include <algorithm>
#include <cstdlib>

namespace {

using namespace tau;

void fetch_leaf(byte_view value) {
    auto const root = wire::target_of_immutable(value);
    wire::content_ref const ref{{}, 100, {}, {root}};
    auto fetch = messenger::attachment_fetch::of(ref);
    if (!fetch)
        std::abort();
    (void)fetch.value().next(time_point{});
    (void)fetch.value().on_value(root, value, time_point{});
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    byte_view const input(data, size);
    wire::content_key const key{};
    for (messenger::tree_position const where : {messenger::tree_position{0, 0}, {1, 3}}) {
        (void)messenger::open_node(key, where, input);
        auto const sealed = messenger::seal_node(key, where, input);
        if (!sealed)
            continue;
        auto const plain = messenger::open_node(key, where, sealed.value());
        if (!plain || !std::equal(input.begin(), input.end(), plain.value().begin()))
            std::abort();
        fetch_leaf(sealed.value());
    }
    fetch_leaf(input);
    return 0;
}
