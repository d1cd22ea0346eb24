// Requests of many connections that one round of events finds waiting.
#include "net/tracker_http.hpp"
#include "support/manual_clock.hpp"
#include "unit/tracker/tracker_fixture.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <gtest/gtest.h>

#include <sys/epoll.h>

namespace tau::net {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using tracker::counter;

struct HttpRounds : testing::Test {
    tracker::test::tracker_under_test tracker;
    tracker::http_responder responder{tracker.service, tracker.counted};
    socket_handle epoll{::epoll_create1(EPOLL_CLOEXEC)};
    tracker_http http{
        epoll.get(),  0, parse_endpoint("127.0.0.1:0").value(), responder, tracker.counted,
        tracker.clock};
    asio::io_context io;
    std::vector<tcp::socket> clients;

    tcp::socket& connect() {
        auto& out = clients.emplace_back(io);
        out.connect({http.local().address(), http.local().port()});
        return out;
    }
    static void send(tcp::socket& to, std::string const& text) {
        asio::write(to, asio::buffer(text));
    }
    static std::string announce(unsigned port, char const* fields = "",
                                char const* numwant = "50") {
        return "GET /announce?info_hash=" + std::string(20, 'h')
               + "&peer_id=" + std::string(20, 'p') + "&left=1&port=" + std::to_string(port)
               + "&numwant=" + numwant + " HTTP/1.1\r\n" + fields + "\r\n";
    }
    /// Serves rounds of events until `done`, or nothing has come for a second.
    template <class Done>
    void serve_until(Done done) {
        std::array<epoll_event, 256> events{};
        while (!done()) {
            int const count = ::epoll_wait(epoll.get(), events.data(), events.size(), 1000);
            ASSERT_GT(count, 0) << "nothing comes";
            for (int i = 0; i < count; ++i) {
                auto const& e = events[static_cast<std::size_t>(i)];
                http.on_event(static_cast<std::uint32_t>(e.data.u64), e.events);
            }
            http.serve();
        }
    }
    void serve(std::uint64_t announces) {
        serve_until([&] { return tracker.counted.get(counter::http_announces) == announces; });
    }
    static std::string read_all(tcp::socket& from) {
        std::string out;
        boost::system::error_code ec;
        asio::read(from, asio::dynamic_buffer(out), ec);
        return out;
    }
};

TEST_F(HttpRounds, EachOfManyConnectionsGetsItsOwnAnswer) {
    constexpr unsigned many = 100;
    for (unsigned i = 0; i < many; ++i)
        send(connect(), announce(1000 + i));
    serve(many);
    for (unsigned i = 0; i < many; ++i)
        send(clients[i], announce(1000 + i, "Connection: close\r\n"));
    serve(2 * many);
    for (auto& c : clients) {
        auto const text = read_all(c);
        EXPECT_EQ(text.find("HTTP/1.1 200 OK\r\n"), 0U);
        EXPECT_NE(text.find("10:incompletei100e"), std::string::npos);
        EXPECT_NE(text.find("Connection: close\r\n"), std::string::npos);
    }
    EXPECT_EQ(http.connection_count(), 0U);
}

TEST_F(HttpRounds, AnswersOfOneConnectionKeepTheirOrder) {
    auto& c = connect();
    send(c, "GET /nothing HTTP/1.1\r\n\r\nPOST /announce HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"
                + announce(1) + announce(2, "Connection: close\r\n"));
    serve(2);
    auto const text = read_all(c);
    std::size_t at = 0;
    for (auto const* status : {"404", "405", "200", "200"}) {
        at = text.find("HTTP/1.1 " + std::string(status), at);
        ASSERT_NE(at, std::string::npos) << status << " in " << text;
        ++at;
    }
}

TEST_F(HttpRounds, LongBodiesOfManyConnectionsAreSkipped) {
    std::string const body(9000, 'b');
    for (unsigned i = 0; i < 40; ++i)
        send(connect(), announce(1000 + i, "Content-Length: 9000\r\n") + body
                            + announce(2000 + i, "Connection: close\r\n"));
    serve(80);
    for (auto& c : clients)
        EXPECT_NE(read_all(c).find("10:incomplete"), std::string::npos);
    EXPECT_EQ(tracker.store.count().peers, 80U);
}

TEST_F(HttpRounds, ARequestInPiecesIsPutTogether) {
    auto const text = announce(7, "Connection: close\r\n");
    connect();
    for (char const& c : text) {
        send(clients.front(), std::string(1, c));
        send(connect(), announce(1000 + static_cast<unsigned>(clients.size())));
        serve(clients.size() - (&c == &text.back() ? 0 : 1));
    }
    serve_until([&] { return http.connection_count() == clients.size() - 1; });
    EXPECT_NE(read_all(clients.front()).find("5:peers"), std::string::npos);
}

// More than the sockets hold, and in one round more than may wait unsent for one of them.
TEST_F(HttpRounds, WhoReadsSlowlyGetsEachAnswerInTheEnd) {
    constexpr unsigned peers = 200;
    constexpr unsigned readers = 8;
    constexpr unsigned questions = 120;
    for (unsigned i = 0; i < peers; ++i)
        send(connect(), announce(1000 + i, "Connection: close\r\n"));
    serve(peers);
    clients.clear();
    std::string many;
    for (unsigned i = 1; i < questions; ++i)
        many += announce(1000, "", "200");
    for (unsigned i = 0; i < readers; ++i) {
        auto& c = clients.emplace_back(io, tcp::v4());
        c.set_option(asio::socket_base::receive_buffer_size(16384));
        c.connect({http.local().address(), http.local().port()});
        send(c, many + announce(1000, "Connection: close\r\n", "200"));
    }
    serve(peers + readers * questions);
    EXPECT_EQ(http.connection_count(), readers) << "nobody has read";
    std::vector<std::string> got(readers);
    serve_until([&] {
        for (unsigned i = 0; i < readers; ++i) {
            std::string fresh(clients[i].available(), '\0');
            asio::read(clients[i], asio::buffer(fresh));
            got[i] += fresh;
        }
        return http.connection_count() == 0;
    });
    for (unsigned i = 0; i < readers; ++i) {
        got[i] += read_all(clients[i]);
        unsigned answers = 0;
        for (std::size_t at = 0; (at = got[i].find("HTTP/1.1 200 OK\r\n", at)) != got[i].npos; ++at)
            ++answers;
        EXPECT_EQ(answers, questions);
        EXPECT_TRUE(got[i].ends_with('e'));
    }
}

TEST_F(HttpRounds, WhoLeftBeforeTheAnswerHarmsNobody) {
    for (unsigned i = 0; i < 20; ++i) {
        send(connect(), announce(1000 + i));
        if (i % 2 == 0) {
            clients.back().set_option(asio::socket_base::linger(true, 0)); // resets
            clients.back().close();
        }
    }
    send(connect(), announce(3000, "Connection: close\r\n"));
    serve_until([&] { return http.connection_count() == 10; });
    EXPECT_NE(read_all(clients.back()).find("5:peers"), std::string::npos);
}

} // namespace
} // namespace tau::net
