#pragma once

#include "core/endpoint.hpp"
#include "core/log.hpp"
#include "net/router.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <filesystem>

namespace tau::net {

/// A small HTTP/1.1 server over Unix sockets and TCP: keep-alive, one request at a
/// time on a connection, bodies with a limit, server-sent events. Every answer carries
/// fields that keep browsers from sniffing, framing, caching and calling across origins.
///
/// Source:    RFC 9110, RFC 9112; WHATWG HTML "Server-sent events".
/// Threading: the thread of its io_context. Handlers must not block.
/// Errors:    listen functions return them; a broken connection ends quietly.
class http_server {
public:
    http_server(boost::asio::io_context& io, router routes, http_limits limits, logger log);
    ~http_server();
    http_server(http_server const&) = delete;
    http_server& operator=(http_server const&) = delete;

    /// Listens at `path` with mode 0600 and serves processes of our own user (and root)
    /// only. A socket that nobody answers at is replaced. errc::locked if somebody does,
    /// errc::invalid_length if the path is longer than a socket's name may be (107).
    [[nodiscard]] error_code listen_unix(std::filesystem::path const& path);

    /// Listens at `where`; port 0 takes a free one. Returns the endpoint that was bound.
    /// Requests need `token`; Host must name the endpoint.
    [[nodiscard]] result<boost::asio::ip::tcp::endpoint>
    listen_tcp(boost::asio::ip::tcp::endpoint const& where, std::string token);

    /// Takes no more connections and requests, ends event streams, lets answers under
    /// way finish. The io_context runs out of the server's work when they have.
    void stop();

    [[nodiscard]] std::size_t connections() const;

private:
    class impl;
    std::shared_ptr<impl> m_impl;
};

} // namespace tau::net
