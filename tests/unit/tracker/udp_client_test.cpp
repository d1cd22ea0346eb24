#include "net/udp_tracker_client.hpp"
#include "unit/tracker/wallet_node.hpp"

#include <boost/asio/ip/udp.hpp>

namespace tau::net {
namespace {

using namespace std::chrono_literals;

struct UdpTrackerClient : tracker_fixture {
    seeded_random client_random{2};

    [[nodiscard]] std::unique_ptr<wallet_node> node(tracker_server const& at, std::uint64_t seed) {
        auto const where = at.udp()[0];
        return std::make_unique<wallet_node>(
            std::make_unique<udp_tracker_client>(
                io, client_random,
                std::vector<identity::host_port>{{where.address().to_string(), where.port()}}),
            seed);
    }
};

TEST_F(UdpTrackerClient, MembersOfATopicAreToldOfEachOther) {
    auto const server = start();
    auto const nodes = std::array{node(*server, 1), node(*server, 2), node(*server, 3)};
    auto& a = *nodes[0];
    auto& b = *nodes[1];
    auto& c = *nodes[2];
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
