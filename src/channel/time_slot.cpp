#include "channel/time_slot.hpp"

namespace tau::channel {
namespace {

using std::chrono::milliseconds;

} // namespace

slot_number slot_of(unix_ms time, std::chrono::seconds length) {
    auto const since = time.time_since_epoch();
    if (since < milliseconds::zero() || length.count() < 1)
        return 0;
    return static_cast<slot_number>(since / milliseconds(length));
}

std::vector<slot_number> slots_to_read(unix_ms time, std::chrono::seconds length) {
    auto const current = slot_of(time, length);
    std::vector<slot_number> out{current};
    if (current > 0)
        out.push_back(current - 1);
    auto const soon = slot_of(time + slot_edge, length);
    if (soon != current)
        out.push_back(soon);
    return out;
}

unix_ms next_slot(unix_ms time, std::chrono::seconds length) {
    if (length.count() < 1)
        return time;
    auto const number = slot_of(time, length) + 1;
    return unix_ms{milliseconds(length) * static_cast<std::int64_t>(number)};
}

} // namespace tau::channel
