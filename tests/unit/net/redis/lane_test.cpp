#include "net/redis/change_queue.hpp"
#include "net/redis/lane_layout.hpp"

#include <gtest/gtest.h>

namespace tau::net {
namespace {

TEST(ChangeQueue, GivesBackWhatCameInOrderAndByTheSecond) {
    change_queue queue(1000);
    queue.push(bytes{1, 2}, 10);
    queue.push(bytes{3}, 10);
    queue.push(bytes{4}, 11);
    EXPECT_EQ(queue.octets(), 4U);
    auto const first = queue.pop();
    ASSERT_TRUE(first);
    EXPECT_EQ(first->changes, (bytes{1, 2, 3}));
    EXPECT_EQ(first->count, 2U);
    EXPECT_EQ(first->begun_s, 10U);
    EXPECT_EQ(queue.pop()->changes, bytes{4});
    EXPECT_FALSE(queue.pop());
    EXPECT_EQ(queue.octets(), 0U);
}

TEST(ChangeQueue, APieceFitsABatch) {
    change_queue queue(10 * change_queue::max_piece);
    bytes const change(1000, 7);
    for (int i = 0; i < 100; ++i)
        queue.push(change, 1);
    std::size_t sum = 0;
    while (auto const piece = queue.pop()) {
        EXPECT_LE(piece->changes.size(), change_queue::max_piece);
        sum += piece->count;
    }
    EXPECT_EQ(sum, 100U);
}

TEST(ChangeQueue, DropsTheOldestWhenItIsFull) {
    change_queue queue(100);
    for (std::uint32_t second = 0; second < 20; ++second)
        queue.push(bytes(10, 1), second);
    EXPECT_EQ(queue.dropped(), 10U);
    EXPECT_LE(queue.octets(), 100U);
    EXPECT_EQ(queue.pop()->begun_s, 10U);
}

struct LaneLayout : testing::Test {
    lane_layout const lane{"tau", 3, 600};
    wire::replica::batch changes;
    wire::replica::device_change device;

    LaneLayout() {
        device.wallet.octets.fill(0xab);
        device.is_online = true;
    }
    [[nodiscard]] std::vector<redis_command> stored() {
        changes.devices = {device};
        return lane.store(changes, 1000, 1200);
    }
};

TEST_F(LaneLayout, AllKeysOfALaneAreInOneSlot) {
    for (auto const& key : {lane.log(), lane.peers(1), lane.devices(2), lane.claims({})}) {
        EXPECT_EQ(redis_slot(key), lane.slot());
        EXPECT_TRUE(key.starts_with("{tau:3}:")) << key;
    }
    EXPECT_NE((lane_layout{"tau", 4, 600}.slot()), lane.slot());
    EXPECT_NE((lane_layout{"uat", 3, 600}.slot()), lane.slot());
}

TEST_F(LaneLayout, EpochsReachBackForALifetime) {
    EXPECT_EQ(lane.epochs(6000), (std::vector<std::uint32_t>{8, 9, 10}));
    EXPECT_EQ(lane.epochs(6599), (std::vector<std::uint32_t>{9, 10, 11}))
        << "another front-end may see the next epoch already";
    EXPECT_EQ(lane.epochs(0), (std::vector<std::uint32_t>{0}));
    EXPECT_EQ((lane_layout{"tau", 3, 1800}.epochs(6000).front()), 6U);
}

TEST_F(LaneLayout, PeersOfABatchAreOneCommand) {
    wire::replica::peer_change peer;
    changes.peers = {peer, peer};
    auto const commands = lane.store(changes, 1000, 1200);
    ASSERT_EQ(commands.size(), 1U);
    EXPECT_EQ(commands[0].size(), 6U);
    EXPECT_EQ(commands[0][0], "HSET");
    EXPECT_EQ(commands[0][1], "{tau:3}:peers:2");
}

TEST_F(LaneLayout, OfSeveralChangesOfALinkTheLastHolds) {
    wallet_address one, two;
    one.octets.fill(1);
    two.octets.fill(2);
    device.changes = {{one, true}, {two, true}, {one, false}};
    auto const key = lane.claims(device.wallet);
    auto const commands = stored();
    ASSERT_EQ(commands.size(), 4U);
    EXPECT_EQ(commands[0][1], "{tau:3}:devices:2");
    EXPECT_EQ(commands[1], (redis_command{"SADD", key, std::string(20, '\2')}));
    EXPECT_EQ(commands[2], (redis_command{"SREM", key, std::string(20, '\1')}));
    EXPECT_EQ(commands[3], (redis_command{"EXPIRE", key, "660"}));
}

TEST_F(LaneLayout, ClaimsEndWithTheWallet) {
    device.ends_wallet = true;
    EXPECT_EQ(stored().back(), (redis_command{"UNLINK", lane.claims(device.wallet)}));
}

} // namespace
} // namespace tau::net
