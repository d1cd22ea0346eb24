#include "net/http_server.hpp"

#include "net/http_session.hpp"

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <filesystem>
#include <list>

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tau::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using local = asio::local::stream_protocol;

// How long to leave a listener alone that could not accept (no descriptors left).
constexpr std::chrono::milliseconds accept_retry{200};

// SO_PEERCRED as an option that Asio can read.
class peer_credentials {
public:
    template <class Protocol>
    int level(Protocol const&) const {
        return SOL_SOCKET;
    }
    template <class Protocol>
    int name(Protocol const&) const {
        return SO_PEERCRED;
    }
    template <class Protocol>
    void* data(Protocol const&) {
        return &m_value;
    }
    template <class Protocol>
    std::size_t size(Protocol const&) const {
        return sizeof m_value;
    }
    template <class Protocol>
    void resize(Protocol const&, std::size_t) {}

    [[nodiscard]] uid_t user() const { return m_value.uid; }

private:
    ucred m_value{};
};

bool may_connect(tcp::socket const&) {
    return true;
}

// The mode of the socket file keeps others out; this holds if the file was moved
// into a place where its mode was changed.
bool may_connect(local::socket const& socket) {
    peer_credentials peer;
    error_code ec;
    socket.get_option(peer, ec);
    return !ec && (peer.user() == ::geteuid() || peer.user() == 0);
}

class listener_base {
public:
    virtual ~listener_base() = default;
    virtual void stop() = 0;
    [[nodiscard]] virtual std::size_t connections() const = 0;
};

template <class Protocol>
class listener final : public listener_base,
                       public std::enable_shared_from_this<listener<Protocol>> {
public:
    listener(asio::io_context& io, typename Protocol::acceptor acceptor, http_listener_context c)
        : m_acceptor(std::move(acceptor)), m_retry(io),
          m_context(std::make_shared<http_listener_context const>(std::move(c))) {}

    void accept() {
        m_acceptor.async_accept(
            [self = this->shared_from_this()](error_code ec, typename Protocol::socket socket) {
                if (ec == asio::error::operation_aborted || !self->m_acceptor.is_open())
                    return;
                if (ec)
                    return self->accept_later(ec);
                if (may_connect(socket) && self->m_count < self->m_context->limits.max_connections)
                    self->serve(std::move(socket));
                self->accept();
            });
    }

    void stop() override {
        error_code ignored;
        m_acceptor.close(ignored);
        m_retry.cancel();
        for (auto const& weak : m_sessions) {
            if (auto const session = weak.lock())
                session->stop();
        }
    }

    [[nodiscard]] std::size_t connections() const override { return m_count; }

private:
    void serve(typename Protocol::socket socket) {
        m_sessions.remove_if([](auto const& weak) { return weak.expired(); });
        ++m_count;
        auto const self = this->shared_from_this();
        m_sessions.push_back(
            start_http_session(std::move(socket), m_context, [self] { --self->m_count; }));
    }

    void accept_later(error_code ec) {
        m_context->log.write(log_level::warning, "cannot accept a connection: " + ec.message());
        m_retry.expires_after(accept_retry);
        m_retry.async_wait([self = this->shared_from_this()](error_code wait_error) {
            if (!wait_error && self->m_acceptor.is_open())
                self->accept();
        });
    }

    typename Protocol::acceptor m_acceptor;
    asio::steady_timer m_retry;
    std::shared_ptr<http_listener_context const> m_context;
    std::list<std::weak_ptr<http_session>> m_sessions;
    std::size_t m_count = 0;
};

// Opens, binds and listens; errors by value.
template <class Protocol>
result<typename Protocol::acceptor> bind_acceptor(asio::io_context& io,
                                                  typename Protocol::endpoint const& where) {
    typename Protocol::acceptor acceptor(io);
    error_code ec;
    acceptor.open(where.protocol(), ec);
    if (!ec && std::is_same_v<Protocol, tcp>)
        acceptor.set_option(asio::socket_base::reuse_address(true), ec);
    if (!ec)
        acceptor.bind(where, ec);
    if (!ec)
        acceptor.listen(asio::socket_base::max_listen_connections, ec);
    if (ec)
        return ec;
    return acceptor;
}

bool somebody_listens(asio::io_context& io, local::endpoint const& where) {
    local::socket probe(io);
    error_code ec;
    probe.connect(where, ec);
    return !ec;
}

} // namespace

class http_server::impl {
public:
    impl(asio::io_context& io, router routes, http_limits limits, logger log)
        : m_io(io), m_routes(std::make_shared<router const>(std::move(routes))), m_limits(limits),
          m_log(std::move(log)) {}

    error_code listen_unix(std::filesystem::path const& path) {
        if (path.native().size() >= sizeof(sockaddr_un::sun_path))
            return errc::invalid_length;
        local::endpoint const where(path.native());
        if (std::filesystem::is_socket(path)) {
            if (somebody_listens(m_io, where))
                return errc::locked;
            ::unlink(path.c_str());
        }
        // The mode holds from the moment the file exists.
        auto const before = ::umask(0177);
        auto acceptor = bind_acceptor<local>(m_io, where);
        ::umask(before);
        if (!acceptor)
            return acceptor.error();
        m_socket_file = path;
        http_access access;
        access.owner_only = true;
        add<local>(std::move(acceptor.value()), std::move(access));
        return {};
    }

    result<tcp::endpoint> listen_tcp(tcp::endpoint const& where, std::string token) {
        TAU_TRY(acceptor, bind_acceptor<tcp>(m_io, where));
        auto const bound = acceptor.local_endpoint();
        http_access access;
        access.token = std::move(token);
        access.hosts = host_names(bound.address().to_string(), bound.port());
        add<tcp>(std::move(acceptor), std::move(access));
        return bound;
    }

    void stop() {
        for (auto const& l : m_listeners)
            l->stop();
        m_listeners.clear();
        if (!m_socket_file.empty())
            ::unlink(m_socket_file.c_str());
        m_socket_file.clear();
    }

    [[nodiscard]] std::size_t connections() const {
        std::size_t sum = 0;
        for (auto const& l : m_listeners)
            sum += l->connections();
        return sum;
    }

private:
    template <class Protocol>
    void add(typename Protocol::acceptor acceptor, http_access access) {
        auto const added = std::make_shared<listener<Protocol>>(
            m_io, std::move(acceptor),
            http_listener_context{m_routes, std::move(access), m_limits, m_log});
        m_listeners.push_back(added);
        added->accept();
    }

    asio::io_context& m_io;
    std::shared_ptr<router const> m_routes;
    http_limits m_limits;
    logger m_log;
    std::vector<std::shared_ptr<listener_base>> m_listeners;
    std::filesystem::path m_socket_file;
};

http_server::http_server(asio::io_context& io, router routes, http_limits limits, logger log)
    : m_impl(std::make_shared<impl>(io, std::move(routes), limits, std::move(log))) {}

http_server::~http_server() {
    stop();
}

error_code http_server::listen_unix(std::filesystem::path const& path) {
    return m_impl->listen_unix(path);
}

result<tcp::endpoint> http_server::listen_tcp(tcp::endpoint const& where, std::string token) {
    return m_impl->listen_tcp(where, std::move(token));
}

void http_server::stop() {
    m_impl->stop();
}

std::size_t http_server::connections() const {
    return m_impl->connections();
}

} // namespace tau::net
