#include "plugins/dht/local_ipv6.hpp"

#include <libtorrent/bdecode.hpp>
#include <libtorrent/entry.hpp>

#include <gtest/gtest.h>

namespace tau::plugins {
namespace {

struct LocalIpv6 : testing::Test {
    local_ipv6 opener;
    endpoint const loopback = parse_endpoint("[::1]:7000").value();
    endpoint const unique_local = parse_endpoint("[fd00::1]:7000").value();
    endpoint const global = parse_endpoint("[2001:db8::1]:7000").value();
    endpoint const ipv4 = parse_endpoint("127.0.0.1:7000").value();

    std::string seen_by(endpoint const& asker) {
        lt::entry response(lt::entry::dictionary_t);
        response["ip"] = "as libtorrent says";
        EXPECT_FALSE(opener.answer("ping", asker, {}, response));
        return response["ip"].string();
    }
};

TEST_F(LocalIpv6, AsksEachLocalSocketOnce) {
    EXPECT_EQ(opener.sockets_to_ask({ipv4, loopback}), std::vector{loopback});
    EXPECT_EQ(opener.sockets_to_ask({loopback, unique_local}), std::vector{unique_local});
    EXPECT_TRUE(opener.sockets_to_ask({loopback, unique_local}).empty());
}

TEST_F(LocalIpv6, LeavesASessionWithAGlobalAddressAlone) {
    EXPECT_TRUE(opener.sockets_to_ask({loopback, global, unique_local}).empty());
    EXPECT_TRUE(opener.sockets_to_ask({ipv4}).empty());
}

TEST_F(LocalIpv6, TellsOnlyTheSessionItself) {
    (void)opener.sockets_to_ask({loopback});
    auto const told = from_compact(as_bytes(seen_by(loopback)));
    ASSERT_TRUE(told);
    EXPECT_EQ(told.value(), endpoint(local_ipv6::stand_in(), 7000));
    EXPECT_EQ(seen_by(parse_endpoint("[::1]:7001").value()), "as libtorrent says");
    EXPECT_EQ(seen_by(unique_local), "as libtorrent says");
}

} // namespace
} // namespace tau::plugins
