// Datagrams that strangers send to the tracker.
#include "wire/tracker_udp.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    namespace udp = tau::wire::udp;
    tau::byte_view const datagram(data, size);
    (void)udp::read_head(datagram);
    auto const announce = udp::read_announce(datagram);
    if (announce && announce.value().url_data.size() > udp::max_url_data)
        std::abort();
    if (announce) {
        auto request = announce.value().request;
        (void)tau::wire::parse_wallet_query(announce.value().url_data, request);
    }
    (void)udp::read_scrape(datagram);
    auto const wallet = udp::read_wallet_request(datagram);
    if (!wallet)
        return 0;
    // What was read can be written, and reads the same again.
    auto const again = udp::write_wallet_request(1, 2, wallet.value());
    if (!again)
        std::abort();
    auto const twice = udp::read_wallet_request(again.value());
    if (!twice
        || tau::wire::tracker_statement(twice.value(), "")
               != tau::wire::tracker_statement(wallet.value(), ""))
        std::abort();
    return 0;
}
