#include "net/tracker_server.hpp"
#include "net/tracker_shared_store.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <gtest/gtest.h>

namespace tau::net {
namespace {

namespace asio = boost::asio;
namespace udp = wire::udp;

struct TrackerServer : testing::Test {
    system_clock_source clock;
    seeded_random random{1};
    tracker_shared_store store{{}, {}, 7, clock};
    asio::io_context io;

    std::unique_ptr<tracker_server> start(char const* address, tracker_http_limits limits = {}) {
        tracker_server_config config;
        config.udp = {parse_endpoint(address).value()};
        config.http = config.udp;
        config.threads = 2;
        config.http_limits = limits;
        auto out = std::make_unique<tracker_server>(
            config, store, std::make_shared<tracker::policy const>(), clock, random);
        out->start();
        return out;
    }

    /// The answer to `datagram`, and the address that sent it.
    static std::pair<udp::reply, endpoint> ask(asio::ip::udp::socket& socket, bytes const& datagram,
                                               endpoint const& to) {
        socket.send_to(asio::buffer(datagram), to);
        bytes in(2000);
        endpoint from;
        in.resize(socket.receive_from(asio::buffer(in), from));
        return {udp::read_answer(in, to.address().is_v6()).value().body, from};
    }

    std::string get(endpoint const& where, std::string const& request) {
        asio::ip::tcp::socket socket(io);
        socket.connect({where.address(), where.port()});
        asio::write(socket, asio::buffer(request));
        std::string out;
        boost::system::error_code ec;
        asio::read(socket, asio::dynamic_buffer(out), ec);
        return out;
    }
};

TEST_F(TrackerServer, AnswersFromTheAddressThatWasAsked) {
    for (auto const* any : {"0.0.0.0:0", "[::]:0"}) {
        auto const server = start(any);
        auto const port = server->udp()[0].port();
        bool const is_v6 = server->udp()[0].address().is_v6();
        for (auto const* asked : {"127.0.0.1", "127.0.0.77", "::1"}) {
            endpoint const to(asio::ip::make_address(asked), port);
            if (to.address().is_v6() != is_v6)
                continue;
            asio::ip::udp::socket socket(io, to.protocol());
            auto const [reply, from] = ask(socket, udp::write_connect(1), to);
            EXPECT_TRUE(std::holds_alternative<udp::connect_answer>(reply));
            EXPECT_EQ(from, to);
        }
    }
}

TEST_F(TrackerServer, AnswersBurstsAndWhatComesAfterThem) {
    constexpr std::uint32_t burst = 1024; // more than a thread serves before it looks elsewhere
    auto const server = start("127.0.0.1:0");
    auto const to = server->udp()[0];
    asio::ip::udp::socket socket(io, asio::ip::udp::v4());
    socket.set_option(asio::socket_base::receive_buffer_size(8 << 20));
    bytes in(2000);
    for (int round = 0; round < 3; ++round) {
        for (std::uint32_t i = 0; i < burst; ++i)
            socket.send_to(asio::buffer(udp::write_connect(i)), to);
        // What the system's buffers had no room for is lost, as it would be elsewhere.
        std::size_t got = 0;
        while (socket.available() > 0 || got == 0)
            got += socket.receive(asio::buffer(in)) > 0 ? 1 : 0;
        EXPECT_GT(got, 0U);
        auto const [reply, from] = ask(socket, udp::write_connect(burst), to);
        EXPECT_TRUE(std::holds_alternative<udp::connect_answer>(reply));
        EXPECT_NE(get(server->http()[0], "GET /scrape HTTP/1.0\r\n\r\n"), "");
    }
}

TEST_F(TrackerServer, ThreadsShareSwarms) {
    auto const server = start("127.0.0.1:0");
    // Enough sockets that both threads are met.
    for (unsigned i = 0; i < 16; ++i) {
        asio::ip::udp::socket socket(io, asio::ip::udp::v4());
        auto const to = server->udp()[0];
        auto const id = std::get<udp::connect_answer>(ask(socket, udp::write_connect(1), to).first)
                            .connection_id;
        wire::announce_request request;
        request.port = static_cast<std::uint16_t>(1000 + i);
        request.left = 1;
        auto const reply = std::get<udp::announce_reply>(
            ask(socket, udp::write_announce(id, 2, request), to).first);
        EXPECT_EQ(reply.peers.size(), i);
        EXPECT_EQ(reply.counts.incomplete, i + 1);
    }
    EXPECT_EQ(server->count(tracker::counter::udp_announces), 16U);
}

TEST_F(TrackerServer, ServesHttpWithAndWithoutKeepAlive) {
    auto const server = start("127.0.0.1:0");
    std::string const target = "/announce?info_hash=" + std::string(20, 'h')
                               + "&peer_id=" + std::string(20, 'p') + "&port=";
    auto const one = get(server->http()[0], "GET " + target + "1 HTTP/1.0\r\n\r\n");
    EXPECT_NE(one.find("5:peers0:"), std::string::npos);
    EXPECT_NE(one.find("Connection: close"), std::string::npos);
    auto const two =
        get(server->http()[0], "GET " + target + "2 HTTP/1.1\r\nHost: x\r\n\r\nGET " + target
                                   + "3 HTTP/1.1\r\nConnection: close\r\n\r\n");
    EXPECT_NE(two.find("5:peers6:"), std::string::npos);
    EXPECT_NE(two.find("5:peers12:"), std::string::npos);
}

TEST_F(TrackerServer, ReadsRequestsThatComeInPieces) {
    auto const server = start("127.0.0.1:0");
    auto const where = server->http()[0];
    asio::ip::tcp::socket socket(io);
    socket.connect({where.address(), where.port()});
    socket.set_option(asio::ip::tcp::no_delay(true));
    for (char const c : std::string("GET /scrape HTTP/1.1\r\nConnection: close\r\n\r\n"))
        asio::write(socket, asio::buffer(&c, 1));
    std::string out;
    boost::system::error_code ec;
    asio::read(socket, asio::dynamic_buffer(out), ec);
    EXPECT_NE(out.find("failure reason"), std::string::npos);
}

TEST_F(TrackerServer, ClosesWhoSendsNonsenseOrTooMuch) {
    auto const server = start("127.0.0.1:0");
    EXPECT_TRUE(get(server->http()[0], "hello\r\n\r\n").starts_with("HTTP/1.1 400"));
    EXPECT_TRUE(get(server->http()[0], "GET / HTTP/1.1\r\nx: " + std::string(8192, 'y'))
                    .starts_with("HTTP/1.1 431"));
}

TEST_F(TrackerServer, ClosesWhoDoesNotFinishARequestInTime) {
    auto const server = start("127.0.0.1:0", {.request_timeout = std::chrono::seconds(1)});
    EXPECT_EQ(get(server->http()[0], "GET /announce HTT"), "");
    EXPECT_EQ(server->count(tracker::counter::http_timeouts), 1U);
}

TEST_F(TrackerServer, ServesWhoAsksAtOnceWhileOthersHoldAllConnections) {
    auto const server = start("127.0.0.1:0", {.max_connections = 0});
    EXPECT_EQ(get(server->http()[0], "GET /announce HTT"), "") << "crowded out at once";
    auto const answer = get(server->http()[0], "GET /scrape HTTP/1.1\r\n\r\n");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200"));
    EXPECT_NE(answer.find("Connection: close"), std::string::npos);
    EXPECT_EQ(server->count(tracker::counter::http_crowded_out), 1U);
    EXPECT_EQ(server->count(tracker::counter::http_timeouts), 0U);
}

TEST_F(TrackerServer, FollowsANewPolicy) {
    auto const server = start("127.0.0.1:0");
    tracker::policy open;
    open.full_scrape = true;
    server->set_policy(std::make_shared<tracker::policy const>(open));
    EXPECT_NE(get(server->http()[0], "GET /scrape HTTP/1.0\r\n\r\n").find("d5:filesdee"),
              std::string::npos);
    server->stop();
    server->stop();
}

TEST_F(TrackerServer, RefusesAnAddressWhereAnotherServes) {
    auto const first = start("127.0.0.1:0");
    for (auto const& taken : {first->udp()[0], first->http()[0]})
        EXPECT_THROW((void)start(to_string(taken).c_str()), boost::system::system_error);
}

TEST_F(TrackerServer, RefusesAnAddressItCannotBind) {
    EXPECT_THROW((void)start("203.0.113.1:0"), boost::system::system_error);
}

} // namespace
} // namespace tau::net
