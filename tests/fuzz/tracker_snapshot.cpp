// A snapshot that was damaged, or made by somebody else: the octets as they are, and as
// the body of a file whose checksum holds.
#include "tau_tracker/snapshot.hpp"

#include <sodium.h>

#include <array>
#include <cstdlib>

namespace {

using namespace tau;

struct standing_clock final : clock_source {
    [[nodiscard]] moment now() const override {
        return {time_point{std::chrono::hours(1)}, unix_ms{std::chrono::hours(1)}};
    }
};

void restore(byte_view file) {
    static standing_clock const clock;
    tracker::swarm_limits swarms;
    tracker::wallet_limits wallets;
    swarms.max_peers = 64 * 8;
    wallets.edges.max_wallets = 32;
    net::tracker_shared_store store(swarms, wallets, 7, clock);
    if (auto const counts = tracker_tool::restore_snapshot(file, store, clock.now())) {
        auto const held = store.count();
        if (held.peers > counts.value().peers || held.claims > counts.value().claims)
            std::abort();
    }
    store.expire_part(clock.now(), 1);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    byte_view const input(data, size);
    restore(input);
    constexpr std::string_view magic = "TAUTRK02";
    bytes file(magic.begin(), magic.end());
    file.insert(file.end(), input.begin(), input.end());
    std::array<std::uint8_t, 32> checksum{};
    crypto_generichash(checksum.data(), checksum.size(), file.data(), file.size(), nullptr, 0);
    file.insert(file.end(), checksum.begin(), checksum.end());
    restore(file);
    return 0;
}
