#include "wire/tracker_answer.hpp"

#include <libtorrent/bdecode.hpp>

#include <gtest/gtest.h>

namespace tau::wire {
namespace {

announce_answer sample() {
    announce_answer a;
    a.interval_s = 240;
    a.counts = {1, 2, 3};
    a.peers = std::string("\x7f\0\0\1\x1a\xe1", 6);
    a.peers6 = as_text(to_compact(parse_endpoint("[2001:db8::1]:6881").value()));
    a.external = boost::asio::ip::make_address("10.0.0.9");
    return a;
}

route_answer sample_route() {
    path_hop hop{wallet_address{}, parse_endpoint("1.2.3.4:5").value(), 950, true};
    hop.wallet.octets.fill(0xab);
    return {{{hop}}, 77, unix_ms{std::chrono::milliseconds{1234}}};
}

lt::bdecode_node decode(std::string const& text) {
    lt::error_code ec;
    auto node = lt::bdecode(text, ec);
    EXPECT_FALSE(ec) << text;
    return node;
}

// Keys out of order are accepted by many decoders, but not by all.
void expect_sorted(lt::bdecode_node const& node) {
    if (node.type() == lt::bdecode_node::dict_t) {
        for (int i = 0; i < node.dict_size(); ++i) {
            if (i > 0) {
                EXPECT_LT(node.dict_at(i - 1).first, node.dict_at(i).first);
            }
            expect_sorted(node.dict_at(i).second);
        }
    } else if (node.type() == lt::bdecode_node::list_t) {
        for (int i = 0; i < node.list_size(); ++i)
            expect_sorted(node.list_at(i));
    }
}

TEST(TrackerAnswer, BencodesCompactPeersOfBothFamilies) {
    std::string out;
    write_bencoded(sample(), true, out);
    auto const d = decode(out);
    expect_sorted(d);
    EXPECT_EQ(d.dict_find_int_value("interval"), 240);
    EXPECT_EQ(d.dict_find_int_value("complete"), 1);
    EXPECT_EQ(d.dict_find_int_value("incomplete"), 2);
    EXPECT_EQ(d.dict_find_string_value("peers").size(), 6U);
    EXPECT_EQ(d.dict_find_string_value("peers6").size(), 18U);
    EXPECT_EQ(d.dict_find_string_value("external ip").size(), 4U);
    EXPECT_FALSE(d.dict_find("paths"));
}

TEST(TrackerAnswer, BencodesPeersAsDictionariesForOldClients) {
    std::string out;
    write_bencoded(sample(), false, out);
    auto const d = decode(out);
    expect_sorted(d);
    auto const peers = d.dict_find_list("peers");
    ASSERT_EQ(peers.list_size(), 2);
    EXPECT_EQ(peers.list_at(0).dict_find_string_value("ip"), "127.0.0.1");
    EXPECT_EQ(peers.list_at(1).dict_find_int_value("port"), 6881);
}

TEST(TrackerAnswer, BencodesPaths) {
    auto a = sample();
    a.min_interval_s = 60;
    a.route = sample_route();
    std::string out;
    write_bencoded(a, true, out);
    auto const d = decode(out);
    expect_sorted(d);
    auto const hop = d.dict_find_list("paths").list_at(0).list_at(0);
    EXPECT_EQ(hop.dict_find_string_value("wallet").size(), 20U);
    EXPECT_EQ(hop.dict_find_string_value("endpoint").size(), 6U);
    EXPECT_EQ(hop.dict_find_int_value("accepts"), 1);
    EXPECT_EQ(hop.dict_find_int_value("liveness"), 950);
    EXPECT_EQ(d.dict_find_int_value("liveness"), 77);
    EXPECT_EQ(d.dict_find_int_value("time"), 1234);
}

TEST(TrackerAnswer, WritesJson) {
    auto a = sample();
    a.route = sample_route();
    std::string out;
    write_json(a, out);
    EXPECT_EQ(out, "{\"interval\":240,\"complete\":1,\"incomplete\":2,\"downloaded\":3,"
                   "\"external_ip\":\"10.0.0.9\",\"peers\":[{\"ip\":\"127.0.0.1\",\"port\":6881},"
                   "{\"ip\":\"2001:db8::1\",\"port\":6881}],\"paths\":[[{\"wallet\":"
                   "\"0xabababababababababababababababababababab\",\"ip\":\"1.2.3.4\",\"port\":5,"
                   "\"liveness\":0.950,\"accepts\":true}]],\"liveness\":0.077,\"time\":1234}");
}

TEST(TrackerAnswer, WritesScrapesSortedAndOnce) {
    scrape_row low;
    scrape_row high{info_hash{}, {1, 2, 3}};
    high.hash.octets[0] = 9;
    std::string out;
    write_bencoded({high, low, high}, out);
    auto const d = decode(out);
    expect_sorted(d);
    EXPECT_EQ(d.dict_find_dict("files").dict_size(), 2);
    out.clear();
    write_json({high}, out);
    EXPECT_EQ(out, "{\"files\":{\"0900000000000000000000000000000000000000\":"
                   "{\"complete\":1,\"incomplete\":2,\"downloaded\":3}}}");
}

TEST(TrackerAnswer, WritesFailures) {
    std::string out;
    write_bencoded_failure("no", unix_ms{std::chrono::milliseconds{5}}, out);
    EXPECT_EQ(out, "d14:failure reason2:no4:timei5ee");
    out.clear();
    write_json_failure("say \"no\"\n", std::nullopt, out);
    EXPECT_EQ(out, "{\"error\":\"say \\\"no\\\" \"}");
}

} // namespace
} // namespace tau::wire
