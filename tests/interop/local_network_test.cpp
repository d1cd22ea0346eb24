#include "support/private_dht.hpp"

#include <libtorrent/alert_types.hpp>
#include <libtorrent/entry.hpp>

#include <gtest/gtest.h>

namespace tau::plugins {
namespace {

using namespace std::chrono_literals;

struct stored_at {
    lt::sha1_hash target;
    int nodes;
};

std::optional<stored_at> put_report(lt::dht_put_alert const& alert) {
    return stored_at{alert.target, alert.num_success};
}

std::optional<std::string> text_of(lt::dht_immutable_item_alert const& alert) {
    return alert.item.type() == lt::entry::string_t ? alert.item.string() : std::string();
}

TEST(LocalNetwork, StoresAnItemThatAnotherNodeReads) {
    test::private_dht dht(16);
    std::optional<stored_at> stored;
    std::optional<std::string> read;
    auto& writer = dht.add_session();
    auto& reader = dht.add_session();
    writer.alerts().route<lt::dht_put_alert>(put_report, [&](stored_at s) { stored = s; });
    reader.alerts().route<lt::dht_immutable_item_alert>(text_of,
                                                        [&](std::string text) { read = text; });
    ASSERT_TRUE(dht.run_until([&] { return dht.network().size() == 16; }));
    writer.session().dht_put_item(lt::entry("hello"));
    ASSERT_TRUE(dht.run_until([&] { return stored.has_value(); }));
    EXPECT_GT(stored->nodes, 0);
    reader.session().dht_get_item(stored->target);
    ASSERT_TRUE(dht.run_until([&] { return read.has_value(); }));
    EXPECT_EQ(*read, "hello");
}

TEST(LocalNetwork, SurvivesTheDeathOfNodes) {
    test::private_dht dht(12);
    for (std::size_t i = 0; i < 4; ++i)
        dht.network().kill(i);
    auto& late = dht.add_session();
    EXPECT_GE(late.table_nodes(), dht.network().usable_table());
    EXPECT_TRUE(dht.network().node(0).is_closed());
    EXPECT_NE(dht.network().endpoint_of(0).port(), 0);
}

} // namespace
} // namespace tau::plugins
