// The query of HTTP announces and scrapes, and of BEP 41 URL data.
#include "wire/tracker_request.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const query = tau::as_text({data, size});
    auto const request = tau::wire::parse_announce_query(query);
    if (request && request.value().wallet) {
        auto const& r = request.value();
        if (r.wallet->changes.size() >= tau::wire::wallet_part::max_changes)
            std::abort();
        if (!tau::wire::tracker_statement(r, "t:1").starts_with("tau-tracker-v1|t:1|"))
            std::abort();
    }
    auto const scrape = tau::wire::parse_scrape_query(query);
    if (scrape && scrape.value().hashes.size() > tau::wire::scrape_request::max_hashes)
        std::abort();
    return 0;
}
