// What whoever listens at the daemon's address may answer to its client: to a call, and to
// a reader of events. The octets come over a socket, whole, and then the server is gone.
#include "core/bytes.hpp"
#include "net/http_client.hpp"

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>

#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <string>

namespace {

using namespace tau;
namespace asio = boost::asio;
using local = asio::local::stream_protocol;

struct lying_server {
    asio::io_context io;
    local::acceptor acceptor;
    local::socket connection{io};

    // An abstract address: nothing of it remains in the file system.
    lying_server()
        : acceptor(io,
                   local::endpoint(std::string("\0tau-fuzz-", 10) + std::to_string(::getpid()))) {}

    void answer_one(byte_view octets) {
        connection = local::socket(io);
        acceptor.async_accept(connection, [this, octets](error_code ec) {
            if (ec)
                std::abort();
            error_code ignored;
            asio::write(connection, asio::buffer(octets.data(), octets.size()), ignored);
            connection.shutdown(local::socket::shutdown_send, ignored);
        });
    }
    void run() {
        io.run();
        io.restart();
    }
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    constexpr std::size_t fits_socket_buffer = 64 * 1024;
    if (size > fits_socket_buffer)
        return 0;
    static lying_server server;
    server.answer_one({data, size});
    unsigned outcomes = 0;
    net::async_http_call(server.io, server.acceptor.local_endpoint(), {},
                         [&](result<net::http_response>) { ++outcomes; });
    server.run();
    server.answer_one({data, size});
    std::unique_ptr<net::event_subscription> reader;
    reader = net::subscribe_events(
        server.io, server.acceptor.local_endpoint(), {},
        {.on_event =
             [&](net::server_event const& event) {
                 // An observer may end the subscription from within.
                 if (event.name == "end")
                     reader.reset();
             },
         .on_end = [&](error_code, net::http_response const&) { ++outcomes; }});
    server.run();
    if (outcomes != 2 && reader)
        std::abort();
    return 0;
}
