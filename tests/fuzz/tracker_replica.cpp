// What a front-end reads from the Redis it shares with others. The first octet says
// what the rest is taken for: a batch of the log, or a field of a hash and its value.
#include "wire/tracker_replica.hpp"

#include <algorithm>
#include <cstdlib>

using namespace tau;
namespace replica = wire::replica;

namespace {

void take_batch(byte_view data) {
    auto const read = replica::read_batch(data);
    if (!read)
        return;
    bytes changes;
    for (auto const& change : read.value().peers)
        replica::append(change, changes);
    for (auto const& change : read.value().devices)
        replica::append(change, changes);
    auto const again = replica::read_batch(replica::write_batch(read.value().head, changes));
    if (!again || again.value().peers != read.value().peers
        || again.value().devices != read.value().devices)
        std::abort();
}

void take_state(byte_view data, std::size_t field_size) {
    auto const field = data.first(std::min(field_size, data.size()));
    auto const value = data.subspan(field.size());
    if (auto const peer = replica::read_peer_state(field, value))
        if (as_bytes(replica::peer_field(peer.value().change)).size() != field.size())
            std::abort();
    if (auto const device = replica::read_device_state(field, value))
        if (as_bytes(replica::device_value(device.value().change, 0)).size() != value.size())
            std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size == 0)
        return 0;
    byte_view const rest(data + 1, size - 1);
    data[0] == 0 ? take_batch(rest) : take_state(rest, data[0]);
    return 0;
}
