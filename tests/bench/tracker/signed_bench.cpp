// Signed announces with links, verified, of wallets that come again and of new ones, and plain
// announces, by one thread in process.
// Prints processor time, which a busy machine disturbs less than time.
#include "identity/wallet.hpp"
#include "made_network.hpp"
#include "net/tracker_shared_store.hpp"
#include "tracker/announce_service.hpp"

#include <cstdio>

namespace {

using namespace tau;
using namespace tau::bench;

constexpr std::size_t wallets = 200;
constexpr std::size_t rounds = 50;
constexpr char const* name = "127.0.0.1:6969";

std::vector<identity::wallet_key> make_keys() {
    std::vector<identity::wallet_key> out;
    for (std::size_t i = 0; i < wallets; ++i) {
        bytes secret(32, 1);
        secret[31] = static_cast<std::uint8_t>(i + 1);
        out.push_back(identity::wallet_key::from(secret).value());
    }
    return out;
}

std::vector<wire::announce_request> sign_all(std::vector<identity::wallet_key> const& keys,
                                             std::int64_t now_ms) {
    std::vector<wire::announce_request> out;
    for (std::size_t round = 0; round < rounds; ++round)
        for (std::size_t i = 0; i < keys.size(); ++i) {
            wire::announce_request r;
            r.id.octets.fill(static_cast<std::uint8_t>(i));
            r.port = 1000;
            r.hash.octets = keys[(i + round + 1) % wallets].address().octets;
            auto& w = r.wallet.emplace();
            w.wallet = keys[i].address();
            w.time_ms = now_ms + static_cast<std::int64_t>(round);
            w.action = wire::wallet_action::link;
            w.tracker = name;
            w.sign = keys[i].personal_sign(as_bytes(wire::tracker_statement(r, name)));
            out.push_back(std::move(r));
        }
    return out;
}

/// A tracker without sockets.
struct bare_tracker {
    system_clock_source clock;
    net::tracker_shared_store store{{}, {}, 7, clock};
    tracker::counters counted;
    std::unique_ptr<tracker::announce_service> service;

    bare_tracker() { forget_keys(); }
    void forget_keys() {
        service = std::make_unique<tracker::announce_service>(
            store, std::make_shared<tracker::policy const>(), counted, 1);
    }
};

tracker::asker asker_of(std::string_view address) {
    tracker::asker out;
    out.address = boost::asio::ip::make_address(std::string(address));
    out.asked = parse_endpoint(name).value();
    return out;
}

/// Announces of a second of processor time.
double rate_of(bare_tracker& tracker, std::vector<wire::announce_request> const& requests,
               tracker::asker const& who, moment now, bool all_are_new) {
    wire::announce_answer answer;
    std::size_t accepted = 0;
    double spent_us = 0;
    for (std::size_t i = 0; i < requests.size();) {
        if (all_are_new)
            tracker.forget_keys();
        auto const start = processor_us();
        for (std::size_t n = 0; n < wallets; ++n, ++i)
            accepted +=
                tracker.service->announce(requests[i], who, now, answer) == tracker::refusal::none;
        spent_us += processor_us() - start;
    }
    if (accepted != requests.size())
        std::fprintf(stderr, "signed_bench: %zu of %zu accepted\n", accepted, requests.size());
    return 1e6 * static_cast<double>(requests.size()) / spent_us;
}

} // namespace

int main() {
    bare_tracker first, again;
    auto const who = asker_of("10.0.0.1");
    auto const now = again.clock.now();
    auto requests = sign_all(make_keys(), now.wall.time_since_epoch().count());
    report("signed_announce", "new", "per_cpu_second", rate_of(first, requests, who, now, true));
    report("signed_announce", "tau", "per_cpu_second", rate_of(again, requests, who, now, false));

    auto& service = *again.service;
    wire::announce_answer answer;
    auto start = processor_us();
    for (auto& r : requests) {
        r.wallet->time_ms += 10'000;
        (void)service.announce(r, who, now, answer);
    }
    auto const forged_us = (processor_us() - start) / static_cast<double>(requests.size());
    report("wrong_signature", "tau", "cpu_us", forged_us);

    constexpr std::uint32_t plain = 2'000'000;
    wire::announce_request r;
    r.numwant = 30;
    start = processor_us();
    for (std::uint32_t i = 0; i < plain; ++i) {
        std::uint32_t const swarm = i * 2'654'435'761U % 10'000;
        std::memcpy(r.hash.data(), &swarm, sizeof swarm);
        r.port = static_cast<std::uint16_t>(1024 + i % 60'000);
        (void)service.announce(r, who, now, answer);
    }
    auto const plain_us = (processor_us() - start) / plain;
    report("plain_announce", "tau", "cpu_us", plain_us);
}
