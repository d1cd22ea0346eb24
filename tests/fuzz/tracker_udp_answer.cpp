// Datagrams that a client receives from whoever claims to be its tracker.
#include "wire/tracker_udp.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    (void)tau::wire::udp::read_answer({data, size}, false);
    (void)tau::wire::udp::read_answer({data, size}, true);
    return 0;
}
