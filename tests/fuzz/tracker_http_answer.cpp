// What a client reads of whoever claims to be its HTTP tracker.
#include "wire/tracker_http_answer.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using tau::wire::announce_reading;
    auto const read = tau::wire::read_announce_answer({data, size});
    if (read
        && (read.value().peers.size() > announce_reading::max_peers
            || read.value().paths.size() > tau::wire::wallet_part::max_paths))
        std::abort();
    return 0;
}
