#include "tracker/swarm_store.hpp"

#include <gtest/gtest.h>

namespace tau::tracker {
namespace {

struct SwarmStore : testing::Test {
    swarm_store store;
    quick_random random{3};
    swarm_answer answer;
    std::uint32_t now = 100'000;

    static info_hash hash(std::uint8_t n) {
        info_hash out;
        out.octets[0] = n;
        return out;
    }
    swarm_announce request(char const* peer, std::uint8_t swarm = 1) {
        auto const ep = parse_endpoint(peer).value();
        swarm_announce out;
        out.hash = hash(swarm);
        out.peer = peer_address::of(ep.address(), ep.port());
        out.wanted = 50;
        return out;
    }
    wire::swarm_counts announce(swarm_announce r) {
        r.draw = static_cast<std::uint32_t>(random.next() >> 32);
        store.announce(r, now, answer);
        return answer.counts;
    }
    void expire() {
        while (!store.expire_some(now, 100)) {
        }
    }
};

TEST_F(SwarmStore, TellsPeersOfEachOtherButNotOfThemselves) {
    announce(request("1.2.3.4:5"));
    EXPECT_TRUE(answer.peers.empty());
    announce(request("1.2.3.5:6"));
    EXPECT_EQ(as_bytes(answer.peers).size(), 6U);
    EXPECT_EQ(from_compact(as_bytes(answer.peers)).value(), parse_endpoint("1.2.3.4:5").value());
    announce(request("1.2.3.5:6"));
    EXPECT_EQ(store.peer_count(), 2U);
}

TEST_F(SwarmStore, CountsSeedersLeechersAndDownloads) {
    announce(request("1.2.3.4:5"));
    auto seeder = request("1.2.3.5:6");
    seeder.is_seeder = true;
    EXPECT_EQ(announce(seeder), (wire::swarm_counts{1, 1, 0}));
    auto done = request("1.2.3.4:5");
    done.is_seeder = true;
    done.event = wire::announce_event::completed;
    EXPECT_EQ(announce(done), (wire::swarm_counts{2, 0, 1}));
    EXPECT_EQ(store.scrape(hash(1)), (wire::swarm_counts{2, 0, 1}));
    EXPECT_EQ(store.scrape(hash(9)), wire::swarm_counts{});
}

TEST_F(SwarmStore, PartialSeedsAreIncompleteButNoDownloaders) {
    announce(request("1.2.3.4:5"));
    auto partial = request("1.2.3.5:6");
    partial.is_partial = true;
    EXPECT_EQ(announce(partial), (wire::swarm_counts{0, 2, 0, 1}));
    partial.is_partial = false;
    EXPECT_EQ(announce(partial), (wire::swarm_counts{0, 2, 0, 0}));
    partial.is_partial = true;
    announce(partial);
    now += 700;
    announce(request("1.2.3.4:5"));
    expire();
    EXPECT_EQ(store.scrape(hash(1)), (wire::swarm_counts{0, 1, 0, 0}));
}

TEST_F(SwarmStore, StoppedEndsAPeerAtOnceAndIsToldNoPeers) {
    announce(request("1.2.3.4:5"));
    announce(request("1.2.3.5:6"));
    auto stopped = request("1.2.3.5:6");
    stopped.event = wire::announce_event::stopped;
    EXPECT_EQ(announce(stopped), (wire::swarm_counts{0, 1, 0}));
    EXPECT_TRUE(answer.peers.empty());
    EXPECT_EQ(announce(stopped), (wire::swarm_counts{0, 1, 0}));
    stopped = request("1.2.3.4:5");
    stopped.event = wire::announce_event::stopped;
    announce(stopped);
    EXPECT_EQ(store.swarm_count(), 0U);
    announce(stopped);
    EXPECT_EQ(store.swarm_count(), 0U);
}

TEST_F(SwarmStore, SilentPeersAreGoneAfterTheirTime) {
    announce(request("1.2.3.4:5"));
    now += 300;
    announce(request("[2001:db8::1]:5"));
    now += 301 + seconds_per_tick;
    expire();
    EXPECT_EQ(store.peer_count(), 1U);
    EXPECT_EQ(store.scrape(hash(1)), (wire::swarm_counts{0, 1, 0}));
    now += 600;
    expire();
    EXPECT_EQ(store.swarm_count(), 0U);
}

TEST_F(SwarmStore, HttpIsToldBothFamiliesADatagramItsOwn) {
    announce(request("1.2.3.4:5"));
    announce(request("[2001:db8::1]:5"));
    EXPECT_TRUE(answer.peers.empty());
    auto both = request("[2001:db8::2]:5");
    both.wants_other_family = true;
    announce(both);
    EXPECT_EQ(answer.peers.size(), 6U);
    EXPECT_EQ(answer.peers6.size(), 18U);
}

TEST_F(SwarmStore, MappedAddressesAreIpv4) {
    auto const mapped = boost::asio::ip::make_address("::ffff:1.2.3.4");
    EXPECT_FALSE(peer_address::of(mapped, 5).is_v6);
}

TEST_F(SwarmStore, ForgetsNothingOfOthersWhenFull) {
    store = swarm_store({.max_peers = 2, .max_swarms = 1});
    announce(request("1.2.3.4:5"));
    announce(request("1.2.3.4:6"));
    announce(request("1.2.3.4:7"));
    EXPECT_EQ(store.peer_count(), 2U);
    EXPECT_EQ(answer.peers.size(), 12U) << "answered all the same";
    announce(request("1.2.3.4:5", 2));
    EXPECT_EQ(store.swarm_count(), 1U);
}

TEST_F(SwarmStore, AnUnlistedAskerIsAnsweredAndNotRemembered) {
    announce(request("1.2.3.4:5"));
    auto r = request("1.2.3.4:0");
    r.is_listed = false;
    announce(r);
    EXPECT_EQ(answer.peers.size(), 6U);
    EXPECT_EQ(store.peer_count(), 1U);
    auto elsewhere = request("1.2.3.4:0", 7);
    elsewhere.is_listed = false;
    announce(elsewhere);
    EXPECT_EQ(store.swarm_count(), 1U) << "an asker makes no swarm";
}

TEST_F(SwarmStore, ADeniedSwarmIsForgotten) {
    announce(request("1.2.3.4:5"));
    store.erase(hash(1));
    store.erase(hash(1));
    EXPECT_EQ(store.peer_count(), 0U);
    EXPECT_EQ(store.swarm_count(), 0U);
}

} // namespace
} // namespace tau::tracker
