#include "net/http_tracker_client.hpp"
#include "net/tracker_group.hpp"
#include "unit/tracker/wallet_node.hpp"
#include "wire/tracker_http_answer.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>

namespace tau::net {
namespace {

using namespace std::chrono_literals;
using tcp = boost::asio::ip::tcp;

/// Answers every request with the same body, as a tracker would that knows nothing of us.
class stock_tracker {
public:
    stock_tracker(boost::asio::io_context& io, std::string body)
        : m_acceptor(io, tcp::endpoint(boost::asio::ip::make_address("127.0.0.1"), 0)),
          m_body(std::move(body)) {
        accept();
    }
    [[nodiscard]] http_tracker_address where() const {
        return {{"127.0.0.1", m_acceptor.local_endpoint().port()}, false, "/announce?passkey=x"};
    }
    std::vector<std::string> heads;

private:
    struct visit {
        explicit visit(tcp::socket taken) : socket(std::move(taken)) {}
        tcp::socket socket;
        boost::asio::streambuf in;
        std::string out;
    };
    void accept() {
        m_acceptor.async_accept([this](error_code ec, tcp::socket socket) {
            if (ec)
                return;
            auto const one = std::make_shared<visit>(std::move(socket));
            boost::asio::async_read_until(one->socket, one->in, "\r\n\r\n",
                                          [this, one](error_code problem, std::size_t size) {
                                              if (!problem)
                                                  answer(one, size);
                                          });
            accept();
        });
    }
    void answer(std::shared_ptr<visit> const& one, std::size_t size) {
        std::string head(size, '\0');
        std::istream(&one->in).read(head.data(), static_cast<std::streamsize>(size));
        heads.push_back(head);
        one->out = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(m_body.size())
                   + "\r\nConnection: close\r\n\r\n" + m_body;
        boost::asio::async_write(one->socket, boost::asio::buffer(one->out),
                                 [one](error_code, std::size_t) {});
    }

    tcp::acceptor m_acceptor;
    std::string m_body;
};

struct HttpTrackerClient : tracker_fixture {
    [[nodiscard]] std::unique_ptr<wallet_node> node(http_tracker_address at, std::uint64_t seed) {
        return std::make_unique<wallet_node>(
            std::make_unique<http_tracker_client>(io, std::vector{std::move(at)}), seed);
    }
    static http_tracker_address where(tracker_server const& at) {
        return {{at.http()[0].address().to_string(), at.http()[0].port()}, false, "/announce"};
    }
};

TEST_F(HttpTrackerClient, TellsOfLinksAndIsToldRoutes) {
    auto const server = start();
    std::vector<std::unique_ptr<wallet_node>> nodes;
    std::vector<wallet_node*> all;
    for (std::uint64_t seed = 1; seed <= 3; ++seed)
        all.push_back(nodes.emplace_back(node(where(*server), seed)).get());
    auto* const a = all[0];
    auto* const b = all[1];
    auto* const c = all[2];
    ASSERT_TRUE(run_until(all, [&] {
        return a->logic.trackers()[0].answers && b->logic.trackers()[0].answers
               && c->logic.trackers()[0].answers;
    }));
    for (std::size_t i = 0; i < 2; ++i) {
        all[i]->logic.on_link(all[i + 1]->wallet(), true, clock.now());
        all[i + 1]->logic.on_link(all[i]->wallet(), true, clock.now());
    }
    ASSERT_TRUE(run_until(all, [&] {
        a->logic.ask_route(c->wallet(), clock.now());
        return !a->best.empty();
    }));
    ASSERT_EQ(a->best.size(), 2U);
    EXPECT_EQ(a->best[0].wallet, b->wallet());
    EXPECT_EQ(a->best[0].key, b->keys->key()); // proved by the announce's binding
    EXPECT_EQ(a->best[1].key, c->keys->key());
    EXPECT_EQ(a->best[1].where.port(), 7003);
    EXPECT_TRUE(a->logic.trackers()[0].knows_links);
}

TEST_F(HttpTrackerClient, AStockTrackerTellsOfPeersAndIsNotToldOfLinks) {
    std::string const peer("\x7f\x00\x00\x01\x1b\x58", 6);
    stock_tracker stock(io, "d8:intervali1800e5:peers6:" + peer + "e");
    auto const one = node(stock.where(), 1);
    std::vector<wallet_node*> const all{one.get()};
    ASSERT_TRUE(run_until(all, [&] { return !one->peers.empty(); }));
    EXPECT_EQ(one->peers[0], parse_endpoint("127.0.0.1:7000").value());
    one->logic.on_link(wallet_address{{9}}, true, clock.now());
    one->logic.ask_route(wallet_address{{8}}, clock.now());
    ASSERT_TRUE(run_until(all, [&] { return one->routes > 0; }));
    EXPECT_TRUE(one->best.empty());
    EXPECT_TRUE(one->logic.trackers()[0].answers);
    EXPECT_FALSE(one->logic.trackers()[0].knows_links);
    for (auto const& head : stock.heads) {
        EXPECT_NE(head.find("GET /announce?passkey=x&info_hash=%"), std::string::npos) << head;
        EXPECT_EQ(head.find("action=link"), std::string::npos);
        EXPECT_EQ(head.find("action=route"), std::string::npos);
    }
}

TEST_F(HttpTrackerClient, SaysWhyThereIsNoAnswer) {
    tcp::acceptor closed(io, tcp::endpoint(boost::asio::ip::make_address("127.0.0.1"), 0));
    auto const port = closed.local_endpoint().port();
    closed.close();
    stock_tracker chatty(io, "this is no bencoding");
    stock_tracker huge(io, std::string(wire::announce_reading::max_size + 1, 'x'));
    http_tracker_client client(io, {{{"127.0.0.1", port}}, chatty.where(), huge.where()});
    std::map<std::size_t, error_code> why;
    for (std::size_t i = 0; i < client.count(); ++i)
        client.ask(i, {}, [&why, i](auto const& reply) { why[i] = reply.error(); });
    EXPECT_TRUE(why.empty()); // never before ask() returned
    ASSERT_TRUE(run_until({}, [&] { return why.size() == 3; }));
    EXPECT_EQ(why[0], error_code(errc::unreachable));
    EXPECT_EQ(why[1], error_code(errc::invalid_encoding));
    EXPECT_EQ(why[2], error_code(errc::too_large));
}

TEST_F(HttpTrackerClient, OneBesideOthersKeepsItsName) {
    std::vector<std::unique_ptr<overlay::tracker_port>> members;
    members.push_back(std::make_unique<http_tracker_client>(
        io, std::vector<http_tracker_address>{{{"Tracker.Example", 80}}, {{"::1", 443}, true}}));
    members.push_back(std::make_unique<http_tracker_client>(
        io, std::vector<http_tracker_address>{{{"other.example", 8080}}}));
    tracker_group const all(std::move(members));
    ASSERT_EQ(all.count(), 3U);
    EXPECT_EQ(all.name_of(0), "tracker.example:80");
    EXPECT_EQ(all.name_of(1), "[::1]:443");
    EXPECT_EQ(all.name_of(2), "other.example:8080");
}

} // namespace
} // namespace tau::net
