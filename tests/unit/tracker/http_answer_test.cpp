#include "wire/tracker_http_answer.hpp"
#include "wire/tracker_query.hpp"

#include <gtest/gtest.h>

namespace tau::wire {
namespace {

announce_answer full_answer() {
    announce_answer out;
    out.interval_s = 240;
    for (auto const* peer : {"1.2.3.4:5", "6.7.8.9:10"})
        out.peers += as_text(to_compact(parse_endpoint(peer).value()));
    out.peers6 = as_text(to_compact(parse_endpoint("[2001:db8::1]:80").value()));
    out.route.emplace();
    out.route->liveness = 950;
    out.route->time = unix_ms{std::chrono::milliseconds{1'700'000'000'123}};
    path_hop const first{wallet_address{{1}}, parse_endpoint("1.2.3.4:5").value(), 900, true,
                         public_key{{7}}};
    path_hop const last{wallet_address{{2}}, parse_endpoint("[2001:db8::1]:80").value(), 10, false,
                        std::nullopt};
    out.route->paths = {{first, last}, {last}};
    return out;
}

std::string encoded(announce_answer const& answer, bool compact) {
    std::string out;
    write_bencoded(answer, compact, out);
    return out;
}

TEST(TrackerHttpAnswer, ReadsWhatTheTrackerWrites) {
    auto const answer = full_answer();
    for (bool const compact : {true, false}) {
        auto const read = read_announce_answer(as_bytes(encoded(answer, compact)));
        ASSERT_TRUE(read) << read.error();
        EXPECT_EQ(read.value().interval_s, 240U);
        ASSERT_EQ(read.value().peers.size(), 3U);
        EXPECT_EQ(tau::to_string(read.value().peers[2]), "[2001:db8::1]:80");
        EXPECT_EQ(read.value().time, answer.route->time);
        EXPECT_EQ(read.value().liveness, 950U);
        EXPECT_EQ(read.value().paths, answer.route->paths);
        EXPECT_TRUE(read.value().failure.empty());
    }
}

TEST(TrackerHttpAnswer, ReadsTheLongestPaths) {
    auto answer = full_answer();
    answer.route->paths.assign(8, hop_path(16, answer.route->paths[0][0]));
    auto const read = read_announce_answer(as_bytes(encoded(answer, true)));
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(read.value().paths, answer.route->paths);
}

TEST(TrackerHttpAnswer, ReadsARefusalWithTheTime) {
    std::string text;
    write_bencoded_failure("no", unix_ms{std::chrono::milliseconds{5}}, text);
    auto const read = read_announce_answer(as_bytes(text));
    ASSERT_TRUE(read);
    EXPECT_EQ(read.value().failure, "no");
    EXPECT_EQ(read.value().time->time_since_epoch().count(), 5);
    text = "d14:failure reason0:e";
    EXPECT_FALSE(read_announce_answer(as_bytes(text)).value().failure.empty());
}

TEST(TrackerHttpAnswer, RefusesEveryTruncation) {
    auto const text = encoded(full_answer(), true);
    for (std::size_t size = 0; size < text.size(); ++size)
        EXPECT_FALSE(read_announce_answer(as_bytes(text.substr(0, size)))) << size;
}

TEST(TrackerHttpAnswer, HoldsItsLimits) {
    std::string const many(announce_reading::max_size + 1, 'i');
    EXPECT_EQ(read_announce_answer(as_bytes(many)).error(), errc::too_large);
    std::string peers = "d5:peers6000:" + std::string(6000, '\1') + "e";
    EXPECT_EQ(read_announce_answer(as_bytes(peers)).value().peers.size(),
              announce_reading::max_peers);
    for (auto const* bad : {"le", "i5e", "d5:pathsl3:abcee", "d5:pathslli5eeee", "d5:pathsllde eee",
                            "d5:pathslld8:endpoint5:aaaaa6:wallet20:aaaaaaaaaaaaaaaaaaaaeeee",
                            "d5:pathslld6:wallet20:aaaaaaaaaaaaaaaaaaaaeeee"})
        EXPECT_FALSE(read_announce_answer(as_bytes(bad))) << bad;
    for (auto const* odd :
         {"de", "d5:peers3:abce", "d5:peersl1:xd2:ip1:x4:porti1eed2:ip7:1.2.3.4eee",
          "d8:intervali-5ee"}) {
        auto const read = read_announce_answer(as_bytes(odd));
        ASSERT_TRUE(read) << odd;
        EXPECT_TRUE(read.value().peers.empty());
        EXPECT_EQ(read.value().interval_s, 0U);
    }
}

TEST(TrackerQuery, AWholeAnnounceIsReadBack) {
    announce_request request;
    request.hash = {{0, 1, 255, '&', '%'}};
    request.id = {{'t', 'a', 'u'}};
    request.port = 7001;
    request.left = 5;
    request.event = announce_event::started;
    request.numwant = 50;
    auto& wallet = request.wallet.emplace();
    wallet.wallet = {{9}};
    wallet.time_ms = 17;
    wallet.action = wallet_action::topic;
    wallet.tracker = "tracker.example:80";
    wallet.key = public_key{{3}};
    wallet.binding = bytes(239, 'd');
    wallet.changes = {{wallet_address{{1}}, true}, {wallet_address{{2}}, false}};
    auto const read = parse_announce_query(announce_query(request));
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(read.value().hash, request.hash);
    EXPECT_EQ(read.value().id, request.id);
    EXPECT_EQ(read.value().port, request.port);
    EXPECT_EQ(read.value().left, 5U);
    EXPECT_EQ(read.value().event, announce_event::started);
    EXPECT_EQ(read.value().numwant, 50U);
    ASSERT_TRUE(read.value().wallet);
    EXPECT_EQ(tracker_statement(read.value(), "t"), tracker_statement(request, "t"));
    EXPECT_EQ(read.value().wallet->binding, wallet.binding);
}

} // namespace
} // namespace tau::wire
