#include "identity/device_watch.hpp"

#include "keys.hpp"
#include "support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <limits>

namespace tau::identity {
namespace {

using test::some_time;

device_id id_of(std::uint8_t octet) {
    device_id out;
    out.octets.fill(octet);
    return out;
}

struct DeviceWatch : testing::Test {
    keyring const keys = test::keys_of(1);
    device_watch watch{id_of(1)};

    wire::mutable_item item(std::string_view salt, std::int64_t seq, std::string_view value) const {
        wire::mutable_item out{
            {keys.key(), wire::salt::from(salt).value()}, seq, to_bytes(value), {}};
        out.sig = keys.sign(wire::signed_octets(out.address.salt, seq, out.value));
        return out;
    }
};

TEST_F(DeviceWatch, KnowsWhatItPublished) {
    watch.on_published(item("gossip", 10, "1:a"));
    watch.on_published(item("gossip", 11, "1:b"));
    EXPECT_EQ(watch.on_seen(item("gossip", 10, "1:a")), device_verdict::ours);
    EXPECT_EQ(watch.on_seen(item("gossip", 11, "1:b")), device_verdict::ours);
}

TEST_F(DeviceWatch, TakesWhatWasThereBeforeForAPredecessor) {
    EXPECT_EQ(watch.on_seen(item("gossip", 10, "1:a")), device_verdict::predecessor);
    watch.on_published(item("gossip", 20, "1:b"));
    EXPECT_EQ(watch.on_seen(item("gossip", 10, "1:a")), device_verdict::predecessor);
    EXPECT_EQ(watch.on_seen(item("cidr", 30, "1:a")), device_verdict::predecessor);
}

TEST_F(DeviceWatch, ReportsWhatAnotherDevicePublishes) {
    watch.on_published(item("gossip", 20, "1:b"));
    EXPECT_EQ(watch.on_seen(item("gossip", 21, "1:b")), device_verdict::conflict); // newer
    EXPECT_EQ(watch.on_seen(item("gossip", 20, "1:x")), device_verdict::conflict); // same seq
    watch.on_published(item("gossip", 30, "1:c"));
    EXPECT_EQ(watch.on_seen(item("gossip", 25, "1:x")), device_verdict::conflict); // between ours
}

TEST_F(DeviceWatch, RemembersABoundedPast) {
    for (std::int64_t seq = 0; seq < 100; ++seq)
        watch.on_published(item("gossip", seq, "1:a"));
    EXPECT_EQ(watch.on_seen(item("gossip", 0, "1:a")), device_verdict::predecessor);
    EXPECT_EQ(watch.on_seen(item("gossip", 99, "1:a")), device_verdict::ours);

    for (std::size_t i = 0; i <= device_watch::max_channels; ++i)
        watch.on_published(item("msg" + std::to_string(i), 5, "1:a"));
    EXPECT_EQ(watch.on_seen(item("gossip", 200, "1:x")), device_verdict::predecessor); // forgotten
    EXPECT_EQ(watch.on_seen(item("msg9", 6, "1:x")), device_verdict::conflict);
}

TEST_F(DeviceWatch, AnnouncesItselfOnceToEachOtherDevice) {
    EXPECT_FALSE(watch.announce_again({id_of(1), some_time}));
    EXPECT_TRUE(watch.announce_again({id_of(2), some_time}));
    EXPECT_FALSE(watch.announce_again({id_of(2), some_time}));
    EXPECT_TRUE(watch.announce_again({id_of(3), some_time}));
}

// Both devices read, publish and answer as the wire page says, over one DHT slot.
TEST_F(DeviceWatch, TwoDevicesFindEachOtherAndFallSilent) {
    device_watch old{id_of(1)};
    device_watch fresh{id_of(2)};
    seeded_random random(1);
    wire::mutable_item slot;
    int published = 0;
    auto const publish = [&](device_watch& by) {
        auto const value = encode({by.own(), some_time}, keys, random);
        slot = item(device_channel, next_seq(slot.seq, some_time), as_text(value));
        by.on_published(slot);
        ++published;
    };
    auto const look = [&](device_watch& by) {
        auto const verdict = by.on_seen(slot);
        auto const record = decode_device_record(slot.value, keys).value();
        if (verdict == device_verdict::conflict && by.announce_again(record))
            publish(by);
        return verdict;
    };
    publish(old);
    EXPECT_EQ(look(fresh), device_verdict::predecessor);
    publish(fresh);
    EXPECT_EQ(look(old), device_verdict::conflict);
    EXPECT_EQ(look(fresh), device_verdict::conflict);
    for (int i = 0; i < 10; ++i) {
        (void)look(old);
        (void)look(fresh);
    }
    EXPECT_EQ(published, 4);
}

TEST(NextSeq, IsTheGreaterOfLastPlusOneAndTheTime) {
    unix_ms const now{std::chrono::milliseconds{1000}};
    EXPECT_EQ(next_seq(-1, now), 1000);
    EXPECT_EQ(next_seq(999, now), 1000);
    EXPECT_EQ(next_seq(1000, now), 1001);
    EXPECT_EQ(next_seq(5000, now), 5001);
    auto const most = std::numeric_limits<std::int64_t>::max();
    EXPECT_EQ(next_seq(most - 1, now), most);
    EXPECT_EQ(next_seq(most, now), most);
}

TEST(DeviceId, StaysWithItsFolder) {
    test::temp_folder a;
    test::temp_folder b;
    seeded_random random(1);
    auto const id = load_or_make_device_id(a.path(), random).value();
    EXPECT_EQ(load_or_make_device_id(a.path(), random).value(), id);
    EXPECT_NE(load_or_make_device_id(b.path(), random).value(), id);
    std::ofstream(a / "device") << "nonsense";
    EXPECT_EQ(load_or_make_device_id(a.path(), random).error(), errc::invalid_length);
    std::ofstream(a / "device") << "0123456789abcdeg\n";
    EXPECT_EQ(load_or_make_device_id(a.path(), random).error(), errc::invalid_encoding);
}

TEST(DeviceRecord, IsReadByItsOwnIdentityOnly) {
    auto const keys = test::keys_of(1);
    seeded_random random(1);
    device_record const record{id_of(9), some_time};
    auto const value = encode(record, keys, random);
    EXPECT_EQ(value.size(), 60u);
    EXPECT_EQ(decode_device_record(value, keys).value(), record);
    EXPECT_EQ(decode_device_record(value, test::keys_of(2)).error(), errc::invalid_signature);
    EXPECT_NE(encode(record, keys, random), value);
    for (std::size_t size = 0; size < value.size(); ++size)
        EXPECT_EQ(decode_device_record(byte_view(value).first(size), keys).error(),
                  errc::invalid_encoding);
    EXPECT_EQ(decode_device_record(as_bytes("3:abc"), keys).error(), errc::invalid_length);
    for (std::size_t i = 0; i < value.size(); ++i) {
        auto changed = value;
        changed[i] ^= 1;
        EXPECT_EQ(decode_device_record(changed, keys).error(), i < 3    ? errc::invalid_encoding
                                                               : i == 3 ? errc::unsupported_version
                                                                        : errc::invalid_signature)
            << i;
    }
}

} // namespace
} // namespace tau::identity
