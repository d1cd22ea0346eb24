#include "net/http_tracker_client.hpp"

#include "wire/tracker_http_answer.hpp"
#include "wire/tracker_query.hpp"

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include <algorithm>
#include <deque>

namespace tau::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;

bool needs_extensions(wire::announce_request const& what) {
    auto const action = what.wallet ? what.wallet->action : wire::wallet_action::unspecified;
    return action == wire::wallet_action::link || action == wire::wallet_action::unlink
           || action == wire::wallet_action::route;
}

errc translate(error_code ec) {
    if (ec == beast::error::timeout)
        return errc::timed_out;
    if (ec.category() == asio::error::get_ssl_category())
        return errc::invalid_signature;
    if (ec == http::error::body_limit || ec == http::error::header_limit)
        return errc::too_large;
    if (ec.category() == http::make_error_code(http::error::bad_version).category()
        && ec != http::error::end_of_stream && ec != http::error::partial_message)
        return errc::invalid_encoding;
    return errc::unreachable;
}

overlay::tracker_reply reply_of(wire::announce_reading read, bool is_route) {
    overlay::tracker_reply out;
    out.interval = std::chrono::seconds(read.interval_s);
    out.peers = std::move(read.peers);
    out.refusal = std::move(read.failure);
    out.time = read.time;
    if (is_route && read.time)
        out.route = wire::route_answer{std::move(read.paths), read.liveness, *read.time};
    return out;
}

} // namespace

/// One tracker: its questions, a few of them under way.
class http_tracker_client::channel : public std::enable_shared_from_this<channel> {
public:
    channel(asio::io_context& io, std::shared_ptr<asio::ssl::context> tls,
            http_tracker_address where)
        : m_io(io), m_tls(std::move(tls)), m_where(std::move(where)) {}

    [[nodiscard]] std::string name() const { return identity::lower_name(m_where.where); }

    void ask(wire::announce_request what, overlay::tracker_handler done) {
        auto const refuse = [&](errc why) {
            asio::post(m_io, [self = shared_from_this(), done = std::move(done), why] {
                if (!self->m_closed)
                    done(why);
            });
        };
        if (needs_extensions(what) && !m_knows_wallets)
            return refuse(errc::refused);
        if (m_waiting.size() >= max_waiting)
            return refuse(errc::rate_limited);
        m_waiting.push_back({std::move(what), std::move(done)});
        asio::post(m_io, [self = shared_from_this()] { self->pump(); });
    }

    void close() {
        m_closed = true;
        m_waiting.clear();
    }

private:
    class call;
    struct question {
        wire::announce_request what;
        overlay::tracker_handler done;
    };

    void pump();
    void on_answer(question const& asked, result<std::string> body) {
        --m_open;
        if (m_closed)
            return;
        auto const reply = read(asked.what, std::move(body));
        asked.done(reply);
        pump();
    }

    result<overlay::tracker_reply> read(wire::announce_request const& what,
                                        result<std::string> body) {
        TAU_TRY(text, std::move(body));
        TAU_TRY(reading, wire::read_announce_answer(as_bytes(text)));
        if (what.wallet && reading.failure.empty())
            m_knows_wallets = reading.time.has_value();
        bool const is_route = what.wallet && what.wallet->action == wire::wallet_action::route;
        return reply_of(std::move(reading), is_route);
    }

    asio::io_context& m_io;
    std::shared_ptr<asio::ssl::context> m_tls; // outlives calls under way
    http_tracker_address m_where;
    std::deque<question> m_waiting;
    std::size_t m_open = 0;
    bool m_knows_wallets = false;
    bool m_closed = false;
};

/// One request over one connection, plain or over TLS.
class http_tracker_client::channel::call : public std::enable_shared_from_this<call> {
public:
    call(std::shared_ptr<channel> owner, question asked)
        : m_owner(std::move(owner)), m_asked(std::move(asked)), m_resolver(m_owner->m_io),
          m_stream(m_owner->m_io, *m_owner->m_tls) {
        auto const& target = m_owner->m_where.target;
        m_request.version(11);
        m_request.method(http::verb::get);
        m_request.target(target + (target.find('?') == std::string::npos ? "?" : "&")
                         + wire::announce_query(m_asked.what));
        m_request.set(http::field::host, m_owner->name());
        m_request.set(http::field::user_agent, "tau");
        m_request.keep_alive(false);
        m_parser.body_limit(wire::announce_reading::max_size);
    }

    void start() {
        auto const& where = m_owner->m_where.where;
        m_resolver.async_resolve(where.host, std::to_string(where.port),
                                 [self = shared_from_this()](error_code ec, auto const& found) {
                                     ec ? self->fail(ec) : self->connect(found);
                                 });
    }

private:
    [[nodiscard]] beast::tcp_stream& plain() { return beast::get_lowest_layer(m_stream); }

    void connect(tcp::resolver::results_type const& found) {
        plain().expires_after(answer_time);
        plain().async_connect(found, [self = shared_from_this()](error_code ec, auto const&) {
            if (ec)
                return self->fail(ec);
            self->m_owner->m_where.is_tls ? self->shake_hands() : self->write(self->plain());
        });
    }

    void shake_hands() {
        auto const& host = m_owner->m_where.where.host;
        error_code ec;
        (void)asio::ip::make_address(host, ec);
        if (ec) // RFC 6066: names, not addresses
            SSL_set_tlsext_host_name(m_stream.native_handle(), host.c_str());
        m_stream.set_verify_mode(asio::ssl::verify_peer);
        m_stream.set_verify_callback(asio::ssl::host_name_verification(host));
        m_stream.async_handshake(asio::ssl::stream_base::client,
                                 [self = shared_from_this()](error_code problem) {
                                     problem ? self->fail(problem) : self->write(self->m_stream);
                                 });
    }

    template <class Stream>
    void write(Stream& stream) {
        http::async_write(stream, m_request,
                          [self = shared_from_this(), &stream](error_code ec, std::size_t) {
                              ec ? self->fail(ec) : self->read(stream);
                          });
    }

    template <class Stream>
    void read(Stream& stream) {
        http::async_read(stream, m_buffer, m_parser,
                         [self = shared_from_this()](error_code ec, std::size_t) {
                             if (ec)
                                 return self->fail(ec);
                             self->finish(self->m_parser.release().body());
                         });
    }

    void fail(error_code ec) { finish(translate(ec)); }

    void finish(result<std::string> body) {
        plain().close();
        m_owner->on_answer(m_asked, std::move(body));
    }

    std::shared_ptr<channel> m_owner;
    question m_asked;
    tcp::resolver m_resolver;
    beast::ssl_stream<beast::tcp_stream> m_stream;
    beast::flat_buffer m_buffer;
    http::request<http::empty_body> m_request;
    http::response_parser<http::string_body> m_parser;
};

void http_tracker_client::channel::pump() {
    while (!m_closed && m_open < max_open && !m_waiting.empty()) {
        ++m_open;
        auto next = std::move(m_waiting.front());
        m_waiting.pop_front();
        std::make_shared<call>(shared_from_this(), std::move(next))->start();
    }
}

http_tracker_client::http_tracker_client(asio::io_context& io,
                                         std::vector<http_tracker_address> trackers) {
    auto const tls = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
    error_code ignored; // without authorities no certificate holds, and each question says so
    tls->set_default_verify_paths(ignored);
    for (auto& one : trackers)
        m_channels.push_back(std::make_shared<channel>(io, tls, std::move(one)));
}

http_tracker_client::~http_tracker_client() {
    for (auto const& one : m_channels)
        one->close();
}

std::size_t http_tracker_client::count() const {
    return m_channels.size();
}

std::string http_tracker_client::name_of(std::size_t tracker) const {
    return m_channels[tracker]->name();
}

void http_tracker_client::ask(std::size_t tracker, wire::announce_request const& what,
                              overlay::tracker_handler done) {
    m_channels[tracker]->ask(what, std::move(done));
}

} // namespace tau::net
