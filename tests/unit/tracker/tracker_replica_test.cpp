#include "wire/tracker_replica.hpp"

#include "core/hex.hpp"
#include "tracker/replica_log.hpp"

#include <gtest/gtest.h>

namespace tau::wire::replica {
namespace {

peer_change a_peer(bool is_v6 = false) {
    peer_change out;
    out.hash.octets.fill(0x11);
    std::fill_n(out.address.begin(), is_v6 ? 18 : 6, std::uint8_t{0x22});
    out.downloaded = 0x01020304;
    out.is_v6 = is_v6;
    out.is_seeder = true;
    out.is_completed = true;
    out.is_partial = is_v6;
    return out;
}

device_change a_device(char const* where = "10.0.0.1:6881") {
    device_change out;
    out.wallet.octets.fill(0x33);
    out.id.octets.fill(0x44);
    out.time_ms = 1'700'000'000'123;
    out.home = 0x5555;
    out.where = parse_endpoint(where).value();
    out.liveness = 900;
    out.accepts = true;
    out.is_online = true;
    out.key = bound_key{{}, 1'600'000'000'000, true};
    out.key->key.octets.fill(0x77);
    wallet_address other;
    other.octets.fill(0x66);
    out.changes = {{other, true}, {out.wallet, false}};
    return out;
}

bytes a_batch() {
    bytes changes;
    append(a_peer(), changes);
    append(a_device("[2001:db8::1]:80"), changes);
    append(a_peer(true), changes);
    append(a_device(), changes);
    return write_batch({7, 8, 9}, changes);
}

TEST(TrackerReplica, ABatchComesBackAsItWas) {
    auto const read = read_batch(a_batch());
    ASSERT_TRUE(read);
    EXPECT_EQ(read.value().head, (batch_head{7, 8, 9}));
    EXPECT_EQ(read.value().peers, (std::vector{a_peer(), a_peer(true)}));
    EXPECT_EQ(read.value().devices, (std::vector{a_device("[2001:db8::1]:80"), a_device()}));
    EXPECT_EQ(read_head(a_batch()).value(), read.value().head);
}

TEST(TrackerReplica, APeerHasTheOctetsThatItsPageShows) {
    bytes changes;
    append(a_peer(), changes);
    EXPECT_EQ(to_hex(write_batch({1, 2, 3}, changes)), "01"
                                                       "0000000000000001"
                                                       "0000000000000002"
                                                       "00000003"
                                                       "01"
                                                       "0a"
                                                       "1111111111111111111111111111111111111111"
                                                       "01020304"
                                                       "222222222222");
}

TEST(TrackerReplica, ATruncatedBatchIsRefusedOrShorter) {
    auto const whole = a_batch();
    for (std::size_t size = 0; size < whole.size(); ++size) {
        auto const read = read_batch(byte_view(whole).first(size));
        if (read) {
            EXPECT_LT(read.value().peers.size() + read.value().devices.size(), 4U);
        }
    }
    EXPECT_EQ(read_batch(byte_view(whole).first(batch_head_size - 1)).error(),
              errc::invalid_length);
}

TEST(TrackerReplica, WhatIsNotABatchIsRefused) {
    auto other = a_batch();
    other[0] = 2;
    EXPECT_EQ(read_batch(other).error(), errc::unsupported_version);
    other = a_batch();
    other[batch_head_size] = 3;
    EXPECT_EQ(read_batch(other).error(), errc::invalid_encoding);
    EXPECT_EQ(read_batch(bytes(max_batch + 1)).error(), errc::too_large);
    auto device = a_device();
    device.liveness = 1001;
    bytes changes;
    append(device, changes);
    EXPECT_EQ(read_changes(changes).error(), errc::invalid_argument);
    changes.clear();
    append(a_device(), changes);
    changes[1 + 1 + 20 + 20 + 8 + 8 + 2 + 6 + 32 + 8] = 65; // changes of links
    EXPECT_EQ(read_changes(changes).error(), errc::invalid_argument);
}

TEST(TrackerReplica, StoredPeersAndDevicesComeBack) {
    for (bool const is_v6 : {false, true}) {
        auto const field = peer_field(a_peer(is_v6));
        auto const value = peer_value(a_peer(is_v6), 77);
        auto const read = read_peer_state(as_bytes(field), as_bytes(value));
        ASSERT_TRUE(read);
        EXPECT_EQ(read.value().change, a_peer(is_v6));
        EXPECT_EQ(read.value().seen_s, 77U);
    }
    auto device = a_device();
    auto const field = device_field(device);
    auto const value = device_value(device, 78);
    auto const read = read_device_state(as_bytes(field), as_bytes(value));
    ASSERT_TRUE(read);
    device.changes.clear(); // claims are stored apart
    EXPECT_EQ(read.value().change, device);
    EXPECT_EQ(read.value().seen_s, 78U);
}

TEST(TrackerReplica, StoredStateOfAnotherSizeIsRefused) {
    auto const field = peer_field(a_peer());
    auto const value = peer_value(a_peer(), 77);
    for (std::size_t size = 0; size < value.size(); ++size)
        EXPECT_FALSE(read_peer_state(as_bytes(field), as_bytes(value).first(size)));
    for (std::size_t size = 0; size < field.size(); ++size)
        EXPECT_FALSE(read_peer_state(as_bytes(field).first(size), as_bytes(value)));
    auto const name = device_field(a_device());
    auto const state = device_value(a_device(), 78);
    for (std::size_t size = 0; size < state.size(); ++size)
        EXPECT_FALSE(read_device_state(as_bytes(name), as_bytes(state).first(size)));
    EXPECT_FALSE(read_device_state(as_bytes(name), as_bytes(state + "x")));
    EXPECT_FALSE(read_device_state(as_bytes(field), as_bytes(state)));
}

} // namespace
} // namespace tau::wire::replica

namespace tau::tracker {
namespace {

using verdict = replica_log::verdict;

TEST(ReplicaLog, TakesEachBatchOnceAndNoticesGaps) {
    replica_log log;
    EXPECT_EQ(log.take(1, 5, 0), verdict::fresh) << "the first seen of a front-end";
    EXPECT_EQ(log.take(1, 5, 0), verdict::known);
    EXPECT_EQ(log.take(1, 4, 0), verdict::known) << "sent again after a server changed";
    EXPECT_EQ(log.take(1, 6, 0), verdict::fresh);
    EXPECT_EQ(log.take(1, 8, 0), verdict::gap);
    EXPECT_EQ(log.take(1, 9, 0), verdict::fresh);
    EXPECT_EQ(log.take(2, 1, 0), verdict::fresh);
}

TEST(ReplicaLog, ForgetsTheFrontEndThatIsSilentLongest) {
    replica_log log;
    for (std::uint64_t i = 0; i < replica_log::max_front_ends; ++i)
        (void)log.take(i, 1, static_cast<std::uint32_t>(i));
    (void)log.take(1'000'000, 1, 2000);
    EXPECT_EQ(log.size(), replica_log::max_front_ends);
    EXPECT_EQ(log.take(1, 1, 2000), verdict::known);
    EXPECT_EQ(log.take(0, 1, 2000), verdict::fresh);
    (void)log.take(2'000'000, 1, 10'000);
    EXPECT_EQ(log.size(), 1U) << "all others were silent for more than an hour";
}

} // namespace
} // namespace tau::tracker
