// Heads of HTTP requests that strangers send to the tracker.
#include "wire/tracker_http.hpp"
#include "core/bytes.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const text = tau::as_text({data, size});
    auto const head = tau::wire::read_http_head(text);
    if (!head)
        return 0;
    auto const& h = head.value();
    if (h.size > size || h.size > tau::wire::http_head::max_size + 4 || h.path.empty())
        std::abort();
    (void)tau::wire::split_tracker_path(h.path);
    return 0;
}
