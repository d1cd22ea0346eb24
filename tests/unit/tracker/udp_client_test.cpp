#include "net/udp_tracker_client.hpp"

#include "net/tracker_server.hpp"
#include "net/tracker_shared_store.hpp"
#include "overlay/presence.hpp"
#include "support/test_keys.hpp"

#include <boost/asio/ip/udp.hpp>

#include <gtest/gtest.h>

namespace tau::net {
namespace {

using namespace std::chrono_literals;

/// A node's presence at a real tracker.
struct wallet_node {
    wallet_node(boost::asio::io_context& io, endpoint const& tracker, std::uint64_t seed)
        : keys(test::keys_of(seed)), random(seed),
          client(io, random, {{tracker.address().to_string(), tracker.port()}}),
          logic(*keys, random, client) {
        logic.on_clock([this] { return clock.now(); });
        logic.observe({[this](auto const&, auto const& all) { peers = all; }});
        logic.set_port(static_cast<std::uint16_t>(7000 + seed), true, clock.now());
    }
    [[nodiscard]] wallet_address const& wallet() const { return keys->wallet(); }

    system_clock_source clock;
    std::shared_ptr<identity::keyring const> keys;
    seeded_random random;
    udp_tracker_client client;
    overlay::presence logic;
    std::vector<endpoint> peers;
};

struct UdpTrackerClient : testing::Test {
    system_clock_source clock;
    seeded_random random{1};
    tracker_shared_store store{{}, {}, 7, clock};
    boost::asio::io_context io;

    std::unique_ptr<tracker_server> start() {
        tracker_server_config config;
        config.udp = {parse_endpoint("127.0.0.1:0").value()};
        config.http = config.udp;
        config.threads = 1;
        auto out = std::make_unique<tracker_server>(
            config, store, std::make_shared<tracker::policy const>(), clock, random);
        out->start();
        return out;
    }
    bool run_until(std::vector<wallet_node*> const& nodes, std::function<bool()> const& done) {
        auto const end = clock.now().mono + 20s;
        while (!done() && clock.now().mono < end) {
            for (auto* one : nodes)
                one->logic.on_time(clock.now());
            io.restart();
            io.run_one_for(10ms);
        }
        return done();
    }
};

TEST_F(UdpTrackerClient, MembersOfATopicAreToldOfEachOther) {
    auto const server = start();
    wallet_node a{io, server->udp()[0], 1};
    wallet_node b{io, server->udp()[0], 2};
    wallet_node c{io, server->udp()[0], 3};
    std::vector<wallet_node*> const all{&a, &b, &c};
    auto const answers = [](wallet_node& n) { return n.logic.trackers()[0].answers; };
    ASSERT_TRUE(run_until(all, [&] { return answers(a) && answers(b) && answers(c); }));
    info_hash const topic{{9}};
    a.logic.join(topic, clock.now());
    ASSERT_TRUE(run_until(all, [&] { return answers(a); }));
    b.logic.join(topic, clock.now());
    ASSERT_TRUE(run_until(all, [&] { return !b.peers.empty(); }));
    EXPECT_EQ(b.peers[0].port(), 7001);
}

TEST_F(UdpTrackerClient, SilenceIsAnError) {
    boost::asio::ip::udp::socket mute(io, {boost::asio::ip::make_address("127.0.0.1"), 0});
    udp_tracker_client client(io, random, {{"127.0.0.1", mute.local_endpoint().port()}});
    std::optional<error_code> why;
    client.ask(0, {}, [&](auto const& reply) { why = reply.error(); });
    EXPECT_FALSE(why); // never before ask() returned
    auto const end = clock.now().mono + 20s;
    while (!why && clock.now().mono < end)
        io.run_one_for(100ms);
    EXPECT_EQ(why, error_code(errc::timed_out));
}

TEST_F(UdpTrackerClient, NamesItsTrackersInLowerCase) {
    udp_tracker_client client(io, random, {{"Tracker.Example", 80}, {"::1", 6969}});
    EXPECT_EQ(client.name_of(0), "tracker.example:80");
    EXPECT_EQ(client.name_of(1), "[::1]:6969");
    client.ask(0, {}, [](auto const&) { FAIL() << "nobody is asked any more"; });
}

} // namespace
} // namespace tau::net
