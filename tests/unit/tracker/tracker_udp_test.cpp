#include "wire/tracker_udp.hpp"

#include "core/hex.hpp"

#include <gtest/gtest.h>

namespace tau::wire::udp {
namespace {

announce_request sample() {
    announce_request r;
    r.hash.octets.fill(1);
    r.id.octets.fill(2);
    r.uploaded = 5;
    r.downloaded = 6;
    r.left = 7;
    r.port = 6881;
    r.event = announce_event::started;
    r.numwant = 30;
    return r;
}

announce_request sample_wallet(wallet_action action) {
    auto r = sample();
    r.event = announce_event::none;
    r.left = r.uploaded = r.downloaded = 0;
    r.numwant.reset();
    auto& w = r.wallet.emplace();
    w.wallet.octets.fill(3);
    w.sign.octets.fill(4);
    w.time_ms = 1'700'000'000'000;
    w.action = action;
    w.liveness = 900;
    w.accepts = true;
    w.tracker = "localhost:6969";
    if (action != wallet_action::route)
        w.changes = {{wallet_address{}, true}, {w.wallet, false}};
    return r;
}

template <class Write>
bytes written(Write write) {
    bytes out(max_answer);
    writer to(out);
    write(to);
    out.resize(to.size());
    return out;
}

TEST(TrackerUdp, WritesAConnectAsInBep15) {
    EXPECT_EQ(to_hex(write_connect(0x01020304)), "00000417271019800000000001020304");
}

TEST(TrackerUdp, RoundTripsAnnouncesWithAndWithoutOptions) {
    for (auto const& url : {std::string{}, std::string("/announce?a=b"), std::string(700, 'x')}) {
        auto const out = write_announce(9, 8, sample(), url);
        EXPECT_EQ(read_head(out).value().connection_id, 9U);
        EXPECT_EQ(read_head(out).value().transaction, 8U);
        auto const in = read_announce(out).value();
        EXPECT_EQ(in.url_data, url);
        EXPECT_EQ(in.request.hash, sample().hash);
        EXPECT_EQ(in.request.id, sample().id);
        EXPECT_EQ(in.request.left, 7U);
        EXPECT_EQ(in.request.event, announce_event::started);
        EXPECT_EQ(in.request.numwant, 30U);
        EXPECT_EQ(in.request.port, 6881);
    }
}

TEST(TrackerUdp, NegativeNumwantMeansTheServersChoice) {
    auto r = sample();
    r.numwant.reset();
    EXPECT_FALSE(read_announce(write_announce(1, 1, r)).value().request.numwant);
}

TEST(TrackerUdp, OptionsEndAtEndOfOptionsAndAtNonsense) {
    auto const base = write_announce(1, 1, sample());
    auto const read = [&](bytes const& options) {
        auto datagram = base;
        datagram.insert(datagram.end(), options.begin(), options.end());
        return read_announce(datagram).value().url_data;
    };
    EXPECT_EQ(read({0, 2, 1, 'x'}), "");
    EXPECT_EQ(read({1, 1, 2, 1, 'x', 0}), "x");
    EXPECT_EQ(read({2, 1, 'x', 2, 1, 'y'}), "xy");
    EXPECT_EQ(read({2, 9, 'x'}), "");
    EXPECT_EQ(read({2}), "");
    EXPECT_EQ(read({77, 1, 'x'}), "");
    EXPECT_EQ(read({2, 0, 2, 0, 2, 0}), "");
}

TEST(TrackerUdp, RefusesEndlessUrlData) {
    EXPECT_EQ(
        read_announce(write_announce(1, 1, sample(), std::string(max_url_data + 1, 'x'))).error(),
        errc::too_large);
}

TEST(TrackerUdp, RoundTripsWalletRequests) {
    for (auto const action : {wallet_action::link, wallet_action::unlink, wallet_action::route}) {
        auto const r = sample_wallet(action);
        auto const datagram = write_wallet_request(5, 6, r).value();
        auto const in = read_wallet_request(datagram).value();
        EXPECT_EQ(tracker_statement(in, "x"), tracker_statement(r, "x"));
        EXPECT_EQ(in.wallet->sign, r.wallet->sign);
        EXPECT_EQ(in.wallet->tracker, "localhost:6969");
        EXPECT_EQ(in.wallet->changes, r.wallet->changes);
        for (std::size_t n = 0; n < datagram.size(); ++n)
            EXPECT_FALSE(read_wallet_request(byte_view(datagram).first(n))) << n;
    }
}

TEST(TrackerUdp, RefusesWalletRequestsOutsideTheirLimits) {
    auto r = sample_wallet(wallet_action::link);
    r.wallet->changes.resize(max_changes);
    EXPECT_EQ(write_wallet_request(1, 1, r).error(), errc::too_large);
    auto route = write_wallet_request(1, 1, sample_wallet(wallet_action::route)).value();
    for (std::uint8_t const bad : bytes{0, 9, 255}) {
        route[69] = bad;
        EXPECT_EQ(read_wallet_request(route).error(), errc::invalid_argument);
    }
}

TEST(TrackerUdp, EveryTruncatedRequestIsAnErrorOrAValue) {
    auto const announce = write_announce(1, 1, sample());
    for (std::size_t n = 0; n < announce.size(); ++n)
        EXPECT_EQ(read_announce(byte_view(announce).first(n)).error(), errc::invalid_length);
    auto const scrape = write_scrape(1, 1, {{info_hash{}, info_hash{}}});
    for (std::size_t n = 0; n <= scrape.size(); ++n)
        EXPECT_EQ(read_scrape(byte_view(scrape).first(n)).has_value(), n >= 36) << n;
    EXPECT_EQ(read_scrape(scrape).value().hashes.size(), 2U);
}

TEST(TrackerUdp, RoundTripsAnswers) {
    auto const connect = written([](writer& w) { write_connect_answer(w, 7, 99); });
    EXPECT_EQ(connect.size(), 16U);
    auto in = read_answer(connect, false).value();
    EXPECT_EQ(in.transaction, 7U);
    EXPECT_EQ(std::get<connect_answer>(in.body).connection_id, 99U);

    auto const announce = written([](writer& w) {
        write_announce_head(w, 7, 240, {3, 4, 5});
        w.octets(to_compact(parse_endpoint("1.2.3.4:5").value()));
    });
    auto const reply = std::get<announce_reply>(read_answer(announce, false).value().body);
    EXPECT_EQ(reply.interval_s, 240U);
    EXPECT_EQ(reply.counts.complete, 3U);
    EXPECT_EQ(reply.counts.incomplete, 4U);
    ASSERT_EQ(reply.peers.size(), 1U);
    EXPECT_EQ(tau::to_string(reply.peers[0]), "1.2.3.4:5");

    auto const scrape = written([](writer& w) {
        write_scrape_head(w, 7);
        write_scrape_row(w, {1, 2, 3});
    });
    EXPECT_EQ(std::get<scrape_reply>(read_answer(scrape, false).value().body).rows.at(0),
              (swarm_counts{1, 2, 3}));

    auto const error = written([](writer& w) { write_error(w, 7, "no"); });
    EXPECT_EQ(std::get<error_reply>(read_answer(error, false).value().body).reason, "no");
}

route_answer sample_route(std::size_t paths) {
    path_hop const v4{wallet_address{}, parse_endpoint("1.2.3.4:5").value(), 900, true};
    path_hop const v6{wallet_address{}, parse_endpoint("[2001:db8::1]:5").value(), 1, false};
    return {std::vector<hop_path>(paths, {v4, v6}), 700, unix_ms{std::chrono::seconds{5}}};
}

TEST(TrackerUdp, RoundTripsRoutesAndSurvivesTheirTruncation) {
    auto const datagram =
        written([](writer& w) { write_route_answer(w, 7, 240, sample_route(2)); });
    auto const reply = std::get<route_reply>(read_answer(datagram, false).value().body);
    EXPECT_EQ(reply.route.paths, sample_route(2).paths);
    EXPECT_EQ(reply.route.liveness, 700);
    EXPECT_EQ(reply.route.time, sample_route(0).time);
    for (std::size_t n = 0; n < datagram.size(); ++n)
        EXPECT_FALSE(read_answer(byte_view(datagram).first(n), false)) << n;
}

TEST(TrackerUdp, TellsKeysOfHopsUnlessTheyCostAPath) {
    auto route = sample_route(2);
    route.paths[0][1].key.emplace().octets.fill(0x77);
    auto const read = [&](std::size_t room) {
        bytes datagram(room);
        writer to(datagram);
        write_route_answer(to, 7, 240, route);
        datagram.resize(to.size());
        for (std::size_t n = 0; n < datagram.size(); ++n)
            EXPECT_FALSE(read_answer(byte_view(datagram).first(n), false)) << n;
        return std::get<route_reply>(read_answer(datagram, false).value().body).route.paths;
    };
    auto const with_key = read(max_answer);
    EXPECT_EQ(with_key, route.paths);
    auto const tight = read(170);
    ASSERT_EQ(tight.size(), 2U);
    EXPECT_FALSE(tight[0][1].key);
}

TEST(TrackerUdp, LeavesOutPathsThatDoNotFit) {
    bytes small(120);
    writer to(small);
    write_route_answer(to, 7, 240, sample_route(8));
    small.resize(to.size());
    EXPECT_EQ(std::get<route_reply>(read_answer(small, false).value().body).route.paths.size(), 1U);
}

TEST(TrackerUdp, RefusesAnswersOfUnknownKind) {
    bytes datagram(20);
    datagram[3] = 9;
    EXPECT_EQ(read_answer(datagram, false).error(), errc::invalid_argument);
}

} // namespace
} // namespace tau::wire::udp
