#include "net/http_target.hpp"
#include "net/event_format.hpp"
#include "net/router.hpp"

#include <cstdlib>

// Request targets, through the router; and the same octets as an event stream, whole
// and octet by octet, which must give the same events.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using namespace tau::net;
    static router const routes = [] {
        router out;
        for (auto const* pattern : {"/v1/messages", "/v1/messages/{id}", "/v1/{a}/{b}/{c}"})
            out.add({"GET", pattern, [](http_request const&, http_reply const&) {}});
        return out;
    }();
    std::string_view const text(reinterpret_cast<char const*>(data), size);
    if (auto const target = parse_target(text)) {
        auto const found = routes.find("GET", target.value().segments);
        if (!found.route && found.refusal.status != 404)
            std::abort();
        for (auto const& segment : target.value().segments) {
            auto const again = parse_target("/" + percent_encode(segment));
            if (segment.size() < max_target_bytes / 3
                && (!again || (!segment.empty() && again.value().segments.at(0) != segment)))
                std::abort();
        }
    }
    event_parser whole;
    event_parser pieces;
    auto const at_once = whole.feed(text);
    std::size_t count = 0;
    for (char const c : text) {
        auto const some = pieces.feed({&c, 1});
        count += some ? some.value().size() : 0;
    }
    if (at_once && at_once.value().size() != count)
        std::abort();
    return 0;
}
