#include "forward/engine.hpp"
#include "support/test_keys.hpp"
#include "wire/octets.hpp"

#include <cstdlib>

namespace {

using namespace tau;

struct quiet_port final : forward::engine_port {
    void send(wallet_address const&, wire::link_kind, byte_view) override {}
    void ask_route(wallet_address const&) override {}
    void deliver(forward::arrival const&) override {}
    void on_acknowledged(forward::acknowledged const&) override { std::abort(); }
    void on_expired(hash256 const&) override {}
    void want_flush() override {}
};

} // namespace

// A neighbour that says anything: nothing of ours is ever acknowledged by it, and when its
// link is gone and time has passed nothing is held for it.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    static auto const keys = test::keys_of(1);
    static auto const friend_keys = test::keys_of(2);
    seeded_random random(1);
    quiet_port port;
    forward::engine engine(*keys, random, port);
    moment now{time_point{std::chrono::hours(1)}, unix_ms{std::chrono::seconds(1'700'000'000)}};
    wallet_address const near{{1}};
    wallet_address const other{{2}};
    engine.on_link_up(near, now);
    engine.on_link_up(other, now);
    (void)engine.send({hash256{{7}}, friend_keys->wallet(), friend_keys->key(), bytes(50)}, now);
    wire::octet_reader in({data, size});
    while (in.left() > 2) {
        auto const kind = static_cast<std::uint8_t>(0x10 + in.number<std::uint8_t>() % 4);
        auto const length = std::min<std::size_t>(in.number<std::uint8_t>(), in.left());
        engine.on_message(near, {kind, in.octets(length)}, now);
        engine.flush(now);
        now = now.after(std::chrono::milliseconds(length));
        engine.on_time(now);
    }
    engine.on_link_down(near, now);
    engine.on_link_down(other, now);
    for (int i = 0; i < 300; ++i) {
        now = now.after(std::chrono::seconds(1));
        engine.on_time(now);
    }
    if (engine.counts().held != 0 || engine.counts().waiting != 0)
        std::abort();
    return 0;
}
