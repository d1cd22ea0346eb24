#include "unit/tracker/tracker_fixture.hpp"

#include "core/hex.hpp"
#include "tracker/http_responder.hpp"
#include "tracker/udp_responder.hpp"

#include <gtest/gtest.h>

namespace tau::tracker {
namespace {

using namespace std::chrono_literals;
using test::client;
using test::tracker_under_test;
using wire::wallet_action;

namespace udp = wire::udp;

info_hash topic() {
    info_hash out;
    out.octets.fill(0x77);
    return out;
}

struct UdpResponder : testing::Test {
    tracker_under_test tracker;
    connection_ids ids{{1, 2, 3}};
    udp_responder responder{tracker.service, ids, tracker.counted};
    client a{'a'}, b{'b'};
    std::size_t answer_size = 0;

    std::optional<udp::reply> ask(bytes const& datagram, client const& c) {
        bytes out(udp::max_answer);
        answer_size = responder.answer(datagram, c.address(), tracker.from(c).asked,
                                       tracker.clock.now(), out);
        if (answer_size == 0)
            return std::nullopt;
        return udp::read_answer(byte_view(out).first(answer_size), false).value().body;
    }
    std::uint64_t connect(client const& c) {
        return std::get<udp::connect_answer>(*ask(udp::write_connect(1), c)).connection_id;
    }
};

TEST_F(UdpResponder, ServesConnectAnnounceAndScrape) {
    auto const first = udp::write_announce(connect(a), 2, a.plain(topic()));
    EXPECT_TRUE(std::get<udp::announce_reply>(*ask(first, a)).peers.empty());
    auto const second = udp::write_announce(connect(b), 2, b.plain(topic()));
    EXPECT_EQ(std::get<udp::announce_reply>(*ask(second, b)).peers,
              std::vector<endpoint>{a.where()});
    auto const scrape = udp::write_scrape(connect(a), 3, {{topic(), info_hash{}}});
    auto const rows = std::get<udp::scrape_reply>(*ask(scrape, a)).rows;
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[0].incomplete, 2U);
}

TEST_F(UdpResponder, AnswersNobodyUnprovenWithMoreThanHeSent) {
    auto const longest = udp::write_announce(0, 2, a.plain(topic()), std::string(500, 'x'));
    for (std::size_t n = 0; n <= longest.size(); ++n) {
        (void)ask(bytes(longest.begin(), longest.begin() + static_cast<std::ptrdiff_t>(n)), a);
        EXPECT_LE(answer_size, n);
    }
    (void)ask(udp::write_connect(1), a);
    EXPECT_EQ(answer_size, 16U);
    auto unknown_protocol = udp::write_connect(1);
    unknown_protocol[0] = 1;
    EXPECT_FALSE(ask(unknown_protocol, a));
}

TEST_F(UdpResponder, StaleAndStolenConnectionIdsGetAClearError) {
    auto const id = connect(a);
    auto const datagram = udp::write_announce(id, 2, a.plain(topic()));
    EXPECT_EQ(std::get<udp::error_reply>(*ask(datagram, b)).reason, "connection id expired");
    tracker.clock.advance(120s);
    EXPECT_EQ(std::get<udp::error_reply>(*ask(datagram, a)).reason, "connection id expired");
    EXPECT_EQ(tracker.counted.get(counter::udp_stale_connection_ids), 2U);
    EXPECT_EQ(tracker.store.count().peers, 0U);
}

TEST_F(UdpResponder, SignedAnnouncesTravelInUrlData) {
    auto r = a.request(topic(), wallet_action::topic, tracker.next_time());
    a.sign(r, tracker.name);
    std::string const url =
        "/announce?wallet=" + to_hex(a.wallet()) + "&sign=" + to_hex(r.wallet->sign)
        + "&time=" + std::to_string(r.wallet->time_ms) + "&action=topic" + "&liveness=0.9";
    EXPECT_LE(url.size(), 255U) << "what one option carries, as stock clients send it";
    auto const reply = ask(udp::write_announce(connect(a), 2, a.plain(topic()), url), a);
    ASSERT_TRUE(std::holds_alternative<udp::announce_reply>(*reply));
    EXPECT_TRUE(tracker.store.is_online(a.wallet()));
}

TEST_F(UdpResponder, LinksAndRoutesHaveActionsOfTheirOwn) {
    auto const ask_wallet = [&](client const& c, info_hash const& hash, wallet_action action) {
        auto r = c.request(hash, action, tracker.next_time());
        r.left = 0;
        c.sign(r, tracker.name);
        auto const datagram = udp::write_wallet_request(connect(c), 4, r).value();
        auto reply = ask(datagram, c);
        EXPECT_TRUE(action == wallet_action::route || answer_size <= datagram.size());
        return *reply;
    };
    auto const link = ask_wallet(a, b.as_hash(), wallet_action::link);
    EXPECT_EQ(std::get<udp::link_reply>(link).time, tracker.clock.now().wall);
    (void)ask_wallet(b, a.as_hash(), wallet_action::link);
    auto const route =
        std::get<udp::route_reply>(ask_wallet(a, b.as_hash(), wallet_action::route)).route;
    ASSERT_EQ(route.paths.size(), 1U);
    EXPECT_EQ(route.paths[0][0].wallet, b.wallet());
    EXPECT_EQ(route.paths[0][0].where, b.where());
    EXPECT_EQ(route.liveness, 900);
    auto const gone = ask_wallet(a, b.as_hash(), wallet_action::unlink);
    EXPECT_TRUE(std::holds_alternative<udp::link_reply>(gone));
    EXPECT_EQ(tracker.store.count().links, 0U);
}

struct HttpResponder : testing::Test {
    tracker_under_test tracker;
    http_responder responder{tracker.service, tracker.counted};
    client a{'a'}, b{'b'};

    std::string ask(std::string const& target, client const& c, std::string const& fields = "") {
        auto const text =
            "GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1:6969\r\n" + fields + "\r\n";
        std::string out;
        responder.answer(wire::read_http_head(text).value(), c.address(), tracker.from(c).asked,
                         tracker.clock.now(), out);
        return out;
    }
    static std::string target(client const&, std::string const& more = "") {
        return "/announce?info_hash=" + to_hex(topic()) + "&peer_id=" + std::string(20, 'p')
               + "&port=6881&left=1" + more;
    }
    static std::string body(std::string const& response) {
        return response.substr(response.find("\r\n\r\n") + 4);
    }
};

TEST_F(HttpResponder, AnswersAnnouncesInBencodeAndJson) {
    EXPECT_TRUE(ask(target(a), a).starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"));
    auto const bencoded = body(ask(target(b), b));
    EXPECT_NE(bencoded.find("5:peers6:\x0a"), std::string::npos);
    auto const json = ask(target(b), b, "Accept: application/json\r\n");
    EXPECT_NE(json.find("Content-Type: application/json"), std::string::npos);
    EXPECT_NE(json.find("{\"ip\":\"10.0.0.97\",\"port\":6881}"), std::string::npos);
}

TEST_F(HttpResponder, StatesItsLengthExactly) {
    auto const response = ask(target(a), a);
    auto const at = response.find("Content-Length: ") + 16;
    EXPECT_EQ(std::stoul(response.substr(at)), body(response).size());
}

TEST_F(HttpResponder, RefusesOtherPathsAndMethods) {
    EXPECT_TRUE(ask("/", a).starts_with("HTTP/1.1 404"));
    EXPECT_TRUE(ask("/stats", a).starts_with("HTTP/1.1 404"));
    wire::http_head head = wire::read_http_head("POST /announce HTTP/1.1\r\n\r\n").value();
    std::string out;
    responder.answer(head, a.address(), tracker.from(a).asked, tracker.clock.now(), out);
    EXPECT_TRUE(out.starts_with("HTTP/1.1 405"));
}

TEST_F(HttpResponder, FailuresAreReadableByClients) {
    EXPECT_EQ(body(ask("/announce", a)), "d14:failure reason17:malformed requeste");
    EXPECT_EQ(body(ask("/announce", a, "Accept: application/json\r\n")),
              "{\"error\":\"malformed request\"}");
    EXPECT_EQ(body(ask("/scrape", a)),
              "d14:failure reason40:a scrape needs info_hash parameters heree");
}

TEST_F(HttpResponder, TellsItsTimeToASignerWhoseClockIsOff) {
    auto const response = body(ask(
        target(a, "&wallet=" + to_hex(a.wallet()) + "&sign=" + std::string(130, '0') + "&time=1"),
        a));
    EXPECT_NE(response.find("4:timei1700000000000e"), std::string::npos) << response;
}

TEST_F(HttpResponder, BelievesForwardedAddressesOfProxiesOnly) {
    auto const field = std::string("X-Forwarded-For: 9.9.9.9, 8.8.8.8\r\n");
    (void)ask(target(a), a, field);
    EXPECT_NE(body(ask(target(b), b)).find("\x0a\x00\x00\x61", 0, 4), std::string::npos);
    responder.set_proxies({b.address().to_string()});
    EXPECT_NE(body(ask(target(b), b, field)).find("external ip4:\x08\x08\x08\x08"),
              std::string::npos);
}

TEST_F(HttpResponder, ScrapesInBothForms) {
    (void)ask(target(a), a);
    auto const query = "/scrape?info_hash=" + to_hex(topic());
    EXPECT_EQ(body(ask(query, a)), "d5:filesd20:" + std::string(20, '\x77')
                                       + "d8:completei0e10:downloadedi0e10:incompletei1eeee");
    EXPECT_NE(ask(query, a, "Accept: application/json\r\n").find("\"incomplete\":1"),
              std::string::npos);
}

} // namespace
} // namespace tau::tracker
