#include "sim/dht/virtual_dht.hpp"

#include <gtest/gtest.h>

namespace tau::dht {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t seed = 20'251'120;

struct tally {
    std::vector<std::chrono::microseconds> times;
    int failed = 0;

    std::chrono::microseconds quantile(double q) {
        std::sort(times.begin(), times.end());
        return times[static_cast<std::size_t>(q * static_cast<double>(times.size() - 1))];
    }
};

std::string item_value() {
    return "996:" + std::string(996, 'v');
}

// Every node publishes an item; then `count` gets by random readers, one after the other.
// With `direct` the reader knows where the author is.
tally read_around(test::virtual_dht& net, std::size_t nodes, int count, bool direct) {
    for (std::size_t n = 0; n < nodes; ++n) {
        EXPECT_FALSE(net.engine(n).put(wire::salt::from("chan").value(), 1, to_bytes(item_value()),
                                       {}, net.now()));
        net.pump(n);
    }
    net.run_for(120s);
    tally out;
    for (int i = 0; i < count; ++i) {
        auto const reader = net.random().below(nodes);
        auto const author = (reader + 1 + net.random().below(nodes - 1)) % nodes;
        get_request request{net.keys(author).address("chan")};
        if (direct)
            request.ask_at = net.where(author);
        auto const asked = net.now().mono;
        bool got = false, done = false;
        net.engine(reader).get(std::move(request),
                               {[&](got_item const& item) {
                                    EXPECT_FALSE(verify(item.item));
                                    if (!std::exchange(got, true))
                                        out.times.push_back(
                                            std::chrono::duration_cast<std::chrono::microseconds>(
                                                net.now().mono - asked));
                                },
                                [&](error_code) { done = true; }},
                               net.now());
        net.pump(reader);
        EXPECT_TRUE(net.run_until([&] { return done; }, 60s));
        out.failed += got ? 0 : 1;
        net.run_for(2s);
    }
    return out;
}

TEST(DhtSim, WithoutLossADirectGetTakesOneRoundTrip) {
    SCOPED_TRACE(seed);
    test::virtual_dht net(seed, 32, {});
    auto out = read_around(net, 32, 300, true);
    EXPECT_EQ(out.failed, 0);
    EXPECT_LE(out.quantile(1), 60ms);
}

TEST(DhtSim, WithTwoPercentLossNoGetIsLate) {
    SCOPED_TRACE(seed);
    test::virtual_dht net(seed, 32, {0.02, 20ms, 30ms});
    auto out = read_around(net, 32, 2000, true);
    EXPECT_EQ(out.failed, 0);
    EXPECT_LE(out.quantile(0.95), 75ms);
    EXPECT_LE(out.quantile(0.99), 1200ms);
    EXPECT_LE(out.quantile(1), 2500ms);
}

TEST(DhtSim, WithHeavyLossAndReorderingEveryGetSucceeds) {
    SCOPED_TRACE(seed);
    test::virtual_dht net(seed, 32, {0.30, 5ms, 120ms});
    auto out = read_around(net, 32, 300, true);
    EXPECT_EQ(out.failed, 0);
    EXPECT_LE(out.quantile(0.99), 2500ms);
}

TEST(DhtSim, RecursiveGetsDoNotWaitForStragglers) {
    SCOPED_TRACE(seed);
    test::virtual_dht net(seed, 32, {0.02, 20ms, 30ms});
    auto out = read_around(net, 32, 200, false);
    EXPECT_EQ(out.failed, 0);
    EXPECT_LE(out.quantile(0.99), 1200ms);
}

// Time until `wanted` nodes that are up hold the item.
std::chrono::microseconds time_to_store(test::virtual_dht& net, std::size_t wanted) {
    net.run_for(1s);
    auto const asked = net.now().mono;
    EXPECT_FALSE(net.engine(0).put({}, 1, to_bytes(item_value()), {}, net.now()));
    net.pump(0);
    auto const what = wire::target_of({net.keys(0).key(), {}});
    EXPECT_TRUE(net.run_until([&] { return net.holders(what) >= wanted; }, 60s));
    return std::chrono::duration_cast<std::chrono::microseconds>(net.now().mono - asked);
}

TEST(DhtSim, DeadNodesAndLossDoNotDelayAPut) {
    SCOPED_TRACE(seed);
    for (std::uint64_t run = 0; run < 20; ++run) {
        test::virtual_dht clean(seed + run, 32, {});
        auto const base = time_to_store(clean, 4);
        EXPECT_LE(base, 200ms);
        test::virtual_dht dead(seed + run, 32, {});
        for (std::size_t n = 26; n < 32; ++n)
            dead.kill(n);
        EXPECT_LE(time_to_store(dead, 4), 3 * base);
        test::virtual_dht lossy(seed + run, 32, {0.02, 20ms, 30ms});
        EXPECT_LE(time_to_store(lossy, 4), 3 * base);
    }
}

TEST(DhtSim, ExchangesReachTheOtherSideUnderLoss) {
    SCOPED_TRACE(seed);
    for (auto const loss : {0.0, 0.02, 0.30}) {
        test::virtual_dht net(seed, 16, {loss, 5ms, 60ms});
        int arrived = 0, answered = 0;
        for (std::size_t n = 0; n < 16; ++n)
            net.engine(n).on_parcel([&](incoming_parcel const&) { ++arrived; });
        for (int i = 0; i < 200; ++i) {
            auto const from = net.random().below(16);
            auto const to = (from + 1 + net.random().below(15)) % 16;
            parcel what{{net.keys(from).item("gossip", i, "2:hi")}, {}};
            net.engine(from).exchange(
                net.keys(to).key(), what, net.where(to),
                [&](result<parcel> r) { answered += r ? 1 : 0; }, net.now());
            net.pump(from);
            net.run_for(4s);
        }
        EXPECT_GE(arrived, loss > 0.1 ? 180 : 200);
        EXPECT_GE(answered, loss > 0.1 ? 130 : 200);
    }
}

TEST(DhtSim, TheSameSeedGivesTheSameRun) {
    auto const run = [] {
        test::virtual_dht net(seed, 16, {0.1, 5ms, 60ms});
        return read_around(net, 16, 50, true).times;
    };
    EXPECT_EQ(run(), run());
}

} // namespace
} // namespace tau::dht
