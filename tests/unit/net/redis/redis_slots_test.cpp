#include "net/redis/redis_slots.hpp"

#include <gtest/gtest.h>

namespace tau::net {
namespace {

TEST(RedisSlot, IsTheOneThatRedisComputes) {
    // The first from the cluster specification, the others told by CLUSTER KEYSLOT.
    EXPECT_EQ(redis_slot("123456789"), 0x31c3);
    EXPECT_EQ(redis_slot("foo"), 12'182);
    EXPECT_EQ(redis_slot(""), 0);
    EXPECT_EQ(redis_slot("{foo}.bar"), 12'182);
    EXPECT_EQ(redis_slot("{user1000}.following"), redis_slot("user1000"));
    EXPECT_EQ(redis_slot("foo{bar}{zap}"), redis_slot("bar"));
    EXPECT_EQ(redis_slot("foo{{bar}}zap"), redis_slot("{bar"));
    EXPECT_NE(redis_slot("foo{}{bar}"), redis_slot("bar")) << "nothing between the first braces";
}

TEST(RedisSlots, KnowWhoServesWhat) {
    redis_slots slots;
    redis_address const one{"10.0.0.1", 7001}, two{"10.0.0.2", 7001};
    EXPECT_EQ(slots.find(0), nullptr);
    slots.set({{0, 99, one}, {200, 16'383, two}});
    EXPECT_EQ(*slots.find(99), one);
    EXPECT_EQ(slots.find(100), nullptr);
    EXPECT_EQ(*slots.find(16'383), two);
    EXPECT_EQ(slots.masters().size(), 2U);
    slots.move(99, two);
    EXPECT_EQ(*slots.find(99), two);
    slots.move(16'384, two);
    slots.set_all(one);
    EXPECT_EQ(*slots.find(16'383), one);
}

TEST(RedisRedirect, IsReadFromAnError) {
    auto const moved = read_redirect("MOVED 3999 127.0.0.1:6381");
    ASSERT_TRUE(moved);
    EXPECT_FALSE(moved->is_ask);
    EXPECT_EQ(moved->slot, 3999);
    EXPECT_EQ(moved->where, (redis_address{"127.0.0.1", 6381}));
    auto const ask = read_redirect("ASK 1 2001:db8::1:6381");
    ASSERT_TRUE(ask);
    EXPECT_TRUE(ask->is_ask);
    EXPECT_EQ(ask->where, (redis_address{"2001:db8::1", 6381}));
    EXPECT_EQ(read_redirect("MOVED 1 :6381")->where.host, "") << "the same host";
    for (auto const* other :
         {"", "MOVED", "MOVED ", "MOVED 1", "MOVED x 127.0.0.1:1", "MOVED 16384 127.0.0.1:1",
          "MOVED 1 127.0.0.1:0", "MOVED 1 127.0.0.1:99999", "ASK 1 host", "CLUSTERDOWN x",
          "moved 1 127.0.0.1:1"})
        EXPECT_FALSE(read_redirect(other)) << other;
}

TEST(RedisUrl, NamesServersDatabaseAndPrefix) {
    auto const one = parse_redis_url("redis://localhost");
    ASSERT_TRUE(one);
    EXPECT_EQ(one.value().seeds, (std::vector<redis_address>{{"localhost", 6379}}));
    EXPECT_EQ(one.value().prefix, "tau");
    auto const many = parse_redis_url("redis://10.0.0.1:7001,[2001:db8::1]:7002,c/3?prefix=my.one");
    ASSERT_TRUE(many);
    EXPECT_EQ(many.value().seeds,
              (std::vector<redis_address>{{"10.0.0.1", 7001}, {"2001:db8::1", 7002}, {"c", 6379}}));
    EXPECT_EQ(many.value().database, 3U);
    EXPECT_EQ(many.value().prefix, "my.one");
    auto const local = parse_redis_url("redis+unix:/run/redis.sock?prefix=x");
    ASSERT_TRUE(local);
    EXPECT_TRUE(local.value().seeds.at(0).is_unix());
    EXPECT_EQ(to_string(local.value().seeds.at(0)), "/run/redis.sock");
    EXPECT_EQ(to_string(many.value().seeds.at(1)), "[2001:db8::1]:7002");
}

TEST(RedisUrl, IsRefusedWhenItIsNone) {
    for (auto const* other : {"", "memory", "redis:", "redis://", "redis:///", "redis://,a",
                              "redis://a:0", "redis://a:99999", "redis://a:x", "redis://a/x",
                              "redis://user:secret@a", "redis://a?prefix=", "redis://a?prefix={x}",
                              "redis://a?other=1", "redis+unix:relative", "rediss://a"})
        EXPECT_FALSE(parse_redis_url(other)) << other;
}

} // namespace
} // namespace tau::net
