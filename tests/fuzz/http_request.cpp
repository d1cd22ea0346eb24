// What a stranger may send to an HTTP listener: the octets come over a socket, whole,
// and then the stranger is gone.
#include "net/http_session.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <cstdlib>

namespace {

using namespace tau::net;
namespace asio = boost::asio;

std::shared_ptr<http_listener_context const> listener() {
    auto routes = std::make_shared<router>();
    auto const echo = [](http_request const& request, http_reply const& reply) {
        reply.send({200, "text/plain", request.body});
    };
    routes->add({"POST", "/v1/messages/{id}", echo});
    routes->add({"GET", "/", echo, route_access::open});
    routes->add({"GET", "/v1/events", [](http_request const&, http_reply const& reply) {
                     auto stream = reply.stream();
                     stream.send({"name", "data"});
                 }});
    routes->add({"GET", "/v1/silent", [](http_request const&, http_reply const&) {}});
    http_listener_context out;
    out.routes = std::move(routes);
    out.access = {false, "token", {"127.0.0.1:80", "localhost:80"}};
    out.limits.max_body_bytes = 256;
    return std::make_shared<http_listener_context const>(std::move(out));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    static auto const context = listener();
    constexpr std::size_t fits_socket_buffer = 64 * 1024;
    if (size > fits_socket_buffer)
        return 0;
    asio::io_context io;
    asio::local::stream_protocol::socket stranger(io);
    asio::local::stream_protocol::socket served(io);
    asio::local::connect_pair(stranger, served);
    bool has_ended = false;
    (void)start_http_session(std::move(served), context, [&] { has_ended = true; });
    asio::write(stranger, asio::buffer(data, size));
    stranger.shutdown(asio::socket_base::shutdown_send);
    std::string answer;
    asio::async_read(stranger, asio::dynamic_buffer(answer),
                     [&](auto, std::size_t) { stranger.close(); });
    io.run();
    if (!has_ended || (!answer.empty() && !answer.starts_with("HTTP/1.1 ")))
        std::abort();
    return 0;
}
