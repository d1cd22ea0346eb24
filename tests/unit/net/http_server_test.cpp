#include "net/http_server.hpp"

#include "net/http_client.hpp"

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include <sys/stat.h>

namespace tau::net {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using asio::ip::tcp;
using local = asio::local::stream_protocol;
using any_endpoint = asio::generic::stream_protocol::endpoint;

// Runs the io_context until `ready`; a test that hangs fails here.
template <class Ready>
void run_until(asio::io_context& io, Ready ready) {
    auto const deadline = std::chrono::steady_clock::now() + 20s;
    while (!ready()) {
        ASSERT_LT(std::chrono::steady_clock::now(), deadline);
        io.restart();
        io.run_one_for(100ms);
    }
}

struct HttpServer : testing::Test {
    asio::io_context io;
    std::filesystem::path dir;
    std::vector<event_stream> streams;
    std::vector<http_reply> held;
    bool stream_closed = false;
    std::unique_ptr<http_server> server;
    tcp::endpoint bound;

    void SetUp() override {
        auto name = (std::filesystem::temp_directory_path() / "tau-http-XXXXXX").string();
        dir = ::mkdtemp(name.data());
        start({});
    }
    void TearDown() override {
        held.clear();
        streams.clear();
        server->stop();
        io.restart();
        io.run_for(3s); // runs out of work long before
        std::filesystem::remove_all(dir);
    }

    void start(http_limits limits) {
        router routes;
        routes.add({"POST", "/echo", [](http_request const& r, http_reply const& reply) {
                        reply.send({200, r.content_type, r.body});
                    }});
        routes.add({"POST", "/big",
                    [](http_request const& r, http_reply const& reply) {
                        reply.send({200, "text/plain", std::to_string(r.body.size())});
                    },
                    route_access::with_token, 300'000});
        routes.add({"GET", "/open",
                    [](http_request const&, http_reply const& reply) {
                        reply.send({200, "text/html", "<p>"});
                    },
                    route_access::open});
        routes.add({"GET", "/drop", [](http_request const&, http_reply const&) {}});
        routes.add({"GET", "/hold", [this](http_request const&, http_reply const& reply) {
                        held.push_back(reply);
                    }});
        routes.add({"GET", "/events", [this](http_request const&, http_reply const& reply) {
                        streams.push_back(reply.stream());
                        streams.back().on_closed([this] { stream_closed = true; });
                    }});
        server = std::make_unique<http_server>(io, std::move(routes), limits, logger{});
        bound = server->listen_tcp({asio::ip::address_v4::loopback(), 0}, "token").value();
    }

    result<http_response> call(http_call what, std::optional<any_endpoint> where = {}) {
        what.fields.emplace_back("Host", "localhost:" + std::to_string(bound.port()));
        if (what.fields.size() == 1)
            what.fields.emplace_back("Authorization", "Bearer token");
        std::optional<result<http_response>> out;
        async_http_call(io, where.value_or(any_endpoint(bound)), std::move(what),
                        [&out](result<http_response> r) { out = std::move(r); });
        run_until(io, [&out] { return out.has_value(); });
        return *out;
    }

    // Sends octets as they are and returns everything that comes until the end.
    std::string raw(std::string const& octets) {
        tcp::socket socket(io);
        socket.connect(bound);
        std::string answer;
        bool over = false;
        asio::async_write(socket, asio::buffer(octets), [](error_code, std::size_t) {});
        asio::async_read(socket, asio::dynamic_buffer(answer),
                         [&over](error_code, std::size_t) { over = true; });
        run_until(io, [&over] { return over; });
        return answer;
    }
    [[nodiscard]] std::string head() const {
        return "Host: localhost:" + std::to_string(bound.port())
               + "\r\nAuthorization: Bearer token\r\n";
    }
};

TEST_F(HttpServer, AnswersWithSecurityFields) {
    auto const out = call({"POST", "/echo", "{}"});
    ASSERT_TRUE(out);
    EXPECT_EQ(out.value().status, 200u);
    EXPECT_EQ(out.value().body, "{}");
    query_map const fields(out.value().fields.begin(), out.value().fields.end());
    EXPECT_TRUE(fields.at("Content-Security-Policy").starts_with("default-src 'self'"));
    EXPECT_EQ(fields.at("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(fields.at("Cache-Control"), "no-store");
    EXPECT_EQ(fields.count("Access-Control-Allow-Origin"), 0u);
}

TEST_F(HttpServer, TokenOnlyInTheAuthorizationField) {
    EXPECT_EQ(
        call({"POST", "/echo?token=token", "{}", "application/json", {{"Cookie", "token=token"}}})
            .value()
            .status,
        401u);
    EXPECT_EQ(call({"POST", "/echo", "{}", "application/json", {{"Authorization", "Bearer tokem"}}})
                  .value()
                  .status,
              401u);
    EXPECT_EQ(call({"GET", "/open", "", "", {{"Accept", "*/*"}}}).value().status, 200u);
}

TEST_F(HttpServer, UnknownPathsTellStrangersNothing) {
    EXPECT_EQ(call({"GET", "/none", "", "", {{"Accept", "*/*"}}}).value().status, 401u);
    EXPECT_EQ(call({"GET", "/none"}).value().status, 404u);
    EXPECT_EQ(call({"GET", "/echo"}).value().status, 405u);
    EXPECT_EQ(call({"OPTIONS", "/echo"}).value().status, 405u);
}

TEST_F(HttpServer, ChecksHostAndOrigin) {
    auto const post = [this](std::string const& fields) {
        return raw("POST /echo HTTP/1.1\r\nAuthorization: Bearer token\r\nConnection: close\r\n"
                   "Content-Length: 0\r\n"
                   + fields + "\r\n")
            .substr(9, 3);
    };
    auto const own = "localhost:" + std::to_string(bound.port());
    EXPECT_EQ(post("Host: " + own + "\r\n"), "200");
    EXPECT_EQ(post("Host: " + own + "\r\nOrigin: http://" + own + "\r\n"), "200");
    EXPECT_EQ(post("Host: " + own + "\r\nOrigin: http://evil.example\r\n"), "403");
    EXPECT_EQ(post("Host: " + own + "\r\nOrigin: null\r\n"), "403");
    EXPECT_EQ(post("Host: evil.example\r\n"), "421");
    EXPECT_EQ(post(""), "421");
    EXPECT_EQ(post("Host: " + own + "\r\nHost: evil.example\r\n"), "400");
}

TEST_F(HttpServer, LimitsBodies) {
    EXPECT_EQ(call({"POST", "/echo", std::string(64 * 1024, 'x')}).value().status, 200u);
    EXPECT_EQ(call({"POST", "/echo", std::string(64 * 1024 + 1, 'x')}).value().status, 413u);
    EXPECT_EQ(call({"POST", "/big", std::string(300'000, 'x')}).value().body, "300000");
    EXPECT_EQ(call({"POST", "/big", std::string(2'000'000, 'x')}).value().status, 413u);
}

TEST_F(HttpServer, LimitsChunkedBodiesToo) {
    std::string body;
    for (int i = 0; i < 20; ++i)
        body += "1000\r\n" + std::string(0x1000, 'x') + "\r\n";
    auto const out = raw("POST /echo HTTP/1.1\r\n" + head() + "Transfer-Encoding: chunked\r\n\r\n"
                         + body + "0\r\n\r\n");
    EXPECT_EQ(out.substr(9, 3), "413");
}

TEST_F(HttpServer, LimitsHeaders) {
    auto const out =
        raw("GET /open HTTP/1.1\r\n" + head() + "X: " + std::string(9000, 'x') + "\r\n\r\n");
    EXPECT_EQ(out.substr(9, 3), "431");
}

TEST_F(HttpServer, RefusesWhatIsNotHttp) {
    for (std::string const text :
         {"\r\n\r\n\r\n", "hello\r\n\r\n", "GET\r\n\r\n", "GET /\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
          "\x16\x03\x01\x02\x01\x01\xfc\x03\x03 a TLS hello \r\n\r\n",
          "GET / HTTP/1.1\r\nno colon\r\n\r\n"}) {
        auto const out = raw(text);
        EXPECT_TRUE(out.empty() || out.substr(9, 3) == "400") << text << out;
    }
    EXPECT_EQ(raw("GET http://a/ HTTP/1.1\r\n" + head() + "\r\n").substr(9, 3), "400");
    EXPECT_EQ(raw("GET /%00 HTTP/1.1\r\n" + head() + "\r\n").substr(9, 3), "400");
}

TEST_F(HttpServer, RefusesTwoLengths) {
    auto const out = raw("POST /echo HTTP/1.1\r\n" + head()
                         + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    EXPECT_EQ(out.substr(9, 3), "400");
}

TEST_F(HttpServer, KeepsAConnectionAndServesPipelinedRequestsInOrder) {
    auto const one = "POST /echo HTTP/1.1\r\n" + head() + "Content-Length: 1\r\n\r\n";
    auto const out = raw(one + "a" + one + "b" + "POST /echo HTTP/1.1\r\nConnection: close\r\n"
                         + head() + "Content-Length: 1\r\n\r\nc");
    auto const a = out.find("\r\n\r\na"), b = out.find("\r\n\r\nb"), c = out.find("\r\n\r\nc");
    EXPECT_LT(a, b);
    EXPECT_LT(b, c);
    EXPECT_NE(c, std::string::npos);
}

TEST_F(HttpServer, AnswersExpectContinue) {
    auto const out = raw("POST /echo HTTP/1.1\r\nConnection: close\r\nExpect: 100-continue\r\n"
                         + head() + "Content-Length: 1\r\n\r\nc");
    EXPECT_TRUE(out.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200"));
}

TEST_F(HttpServer, ADroppedRequestIsAnswered) {
    EXPECT_EQ(call({"GET", "/drop"}).value().status, 500u);
}

TEST_F(HttpServer, ClosesConnectionsAboveTheLimit) {
    std::vector<tcp::socket> sockets;
    for (int i = 0; i < 70; ++i) {
        sockets.emplace_back(io);
        sockets.back().connect(bound);
    }
    bool over = false;
    std::string answer;
    asio::async_read(sockets.back(), asio::dynamic_buffer(answer),
                     [&over](error_code, std::size_t) { over = true; });
    run_until(io, [&over] { return over; });
    EXPECT_EQ(server->connections(), 64u);
    sockets.clear();
    run_until(io, [this] { return server->connections() == 0; });
    EXPECT_EQ(call({"POST", "/echo", "1"}).value().status, 200u);
}

TEST_F(HttpServer, StreamsEventsUntilTheReaderLeaves) {
    std::vector<std::string> seen;
    http_call what{"GET", "/events"};
    what.fields = {{"Host", "localhost:" + std::to_string(bound.port())},
                   {"Authorization", "Bearer token"}};
    auto reading =
        subscribe_events(io, any_endpoint(bound), what,
                         {[&seen](server_event const& e) { seen.push_back(e.data); }, {}});
    run_until(io, [this] { return !streams.empty(); });
    EXPECT_TRUE(streams[0].send({"a", "1"}));
    EXPECT_TRUE(streams[0].send({"a", "2\n3"}));
    run_until(io, [&seen] { return seen.size() == 2; });
    EXPECT_EQ(seen[1], "2\n3");
    EXPECT_FALSE(stream_closed);
    reading.reset();
    run_until(io, [this] { return stream_closed; });
    EXPECT_FALSE(streams[0].send({"a", "4"}));
}

TEST_F(HttpServer, ARefusedStreamTellsWhy) {
    error_code why;
    unsigned status = 0;
    std::string body;
    auto reading = subscribe_events(io, any_endpoint(bound), {"GET", "/events"},
                                    {{}, [&](error_code ec, http_response const& r) {
                                         why = ec;
                                         status = r.status;
                                         body = r.body;
                                     }});
    run_until(io, [&status] { return status != 0; });
    EXPECT_EQ(why, errc::refused);
    EXPECT_EQ(status, 421u);
    EXPECT_NE(body.find("error"), std::string::npos);
}

TEST_F(HttpServer, LetsASlowReaderOfEventsGo) {
    tcp::socket socket(io);
    socket.connect(bound);
    auto const request = "GET /events HTTP/1.1\r\n" + head() + "\r\n";
    asio::write(socket, asio::buffer(request));
    run_until(io, [this] { return !streams.empty(); });
    std::string const data(64 * 1024, 'x');
    bool open = true;
    for (int i = 0; i < 2000 && open; ++i) { // the kernel's buffers fill first
        open = streams[0].send({"a", data});
        io.restart();
        io.poll();
    }
    EXPECT_FALSE(open);
    EXPECT_TRUE(stream_closed);
}

TEST_F(HttpServer, StopLetsAnAnswerFinish) {
    std::optional<result<http_response>> out;
    http_call what{"GET", "/hold"};
    what.fields = {{"Host", "localhost:" + std::to_string(bound.port())},
                   {"Authorization", "Bearer token"}};
    async_http_call(io, any_endpoint(bound), what, [&out](auto r) { out = std::move(r); });
    run_until(io, [this] { return !held.empty(); });
    server->stop();
    held[0].send({200, "text/plain", "late"});
    run_until(io, [&out] { return out.has_value(); });
    EXPECT_EQ(out->value().body, "late");
    EXPECT_EQ(call({"POST", "/echo", "1"}).error(), errc::unreachable);
}

struct UnixServer : HttpServer {
    std::filesystem::path path() const { return dir / "socket"; }
    any_endpoint where() const { return local::endpoint(path().string()); }
};

TEST_F(UnixServer, ServesItsOwnerWithoutAToken) {
    ASSERT_FALSE(server->listen_unix(path()));
    struct stat info {};
    ASSERT_EQ(::stat(path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600u);
    EXPECT_EQ(call({"POST", "/echo", "1", "a/b", {{"Accept", "*/*"}}}, where()).value().body, "1");
    EXPECT_EQ(call({"POST", "/echo", "1", "a/b", {{"Origin", "http://localhost"}}}, where())
                  .value()
                  .status,
              403u);
    server->stop();
    EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(UnixServer, ReplacesAStaleSocketOnly) {
    { local::acceptor dead(io, local::endpoint(path().string())); }
    ASSERT_TRUE(std::filesystem::is_socket(path()));
    ASSERT_FALSE(server->listen_unix(path()));
    http_server second(io, {}, {}, {});
    EXPECT_EQ(second.listen_unix(path()), errc::locked);
    second.stop();
    EXPECT_TRUE(std::filesystem::exists(path()));
}

TEST_F(UnixServer, LeavesAFileThatIsNoSocket) {
    std::ofstream(path()) << "precious";
    EXPECT_TRUE(server->listen_unix(path()));
    EXPECT_EQ(std::filesystem::file_size(path()), 8u);
}

TEST_F(UnixServer, RefusesAPathThatIsTooLong) {
    EXPECT_EQ(server->listen_unix(dir / std::string(120, 'x')), errc::invalid_length);
}

} // namespace
} // namespace tau::net
