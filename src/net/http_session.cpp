#include "net/http_session.hpp"

#include "net/event_format.hpp"
#include "net/http_target.hpp"

#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <deque>
#include <limits>
#include <sstream>

namespace tau::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using stream_protocol = asio::generic::stream_protocol;

// From the end of the last answer, or the accept, to the last header octet.
constexpr std::chrono::seconds header_timeout{60};
// From the last header octet to the last octet of the body.
constexpr std::chrono::seconds body_timeout{60};
// For an answer, or a piece of an event stream, to be taken off our hands.
constexpr std::chrono::seconds write_timeout{60};
// After an answer that ends the connection, what the client still sends is read and
// dropped within these limits.
constexpr std::chrono::seconds linger_timeout{2};
constexpr std::size_t linger_bytes = 1024 * 1024;
// Beast takes an absent limit for zero when a length is stated.
constexpr auto unlimited = std::numeric_limits<std::uint64_t>::max();
// A comment is sent on a quiet event stream this often, so that a dead reader is noticed.
constexpr std::chrono::seconds heartbeat_interval{15};

std::string_view view(beast::string_view text) {
    return {text.data(), text.size()};
}

class session final : public http_session, public std::enable_shared_from_this<session> {
public:
    session(stream_protocol::socket socket, std::shared_ptr<http_listener_context const> context,
            std::function<void()> on_end)
        : m_stream(std::move(socket)), m_context(std::move(context)), m_on_end(std::move(on_end)) {}

    ~session() override {
        notify_closed();
        m_on_end();
    }

    void read_header() {
        m_parser.emplace();
        m_parser->header_limit(static_cast<std::uint32_t>(m_context->limits.max_header_bytes));
        m_parser->body_limit(unlimited); // read_body() knows the route's
        m_stream.expires_after(header_timeout);
        http::async_read_header(m_stream, m_buffer, *m_parser,
                                [self = shared_from_this()](error_code ec, std::size_t) {
                                    ec ? self->refuse_unreadable(ec) : self->on_header();
                                });
    }

    void stop() override {
        m_stopping = true;
        if (m_events)
            close_events();
        else if (!m_answering)
            m_stream.close();
    }

    void answer(http_response response, bool keep_open);
    void begin_events();
    bool push_event(std::string text);
    void close_events();
    void on_events_closed(std::function<void()> handler) {
        if (m_events_over)
            return;
        m_closed_handler = std::move(handler);
    }
    [[nodiscard]] bool may_keep_open() const { return m_keep_alive; }

private:
    void on_header();
    void read_body(route const& found);
    void hand_over(route const& found);
    void refuse_unreadable(error_code ec);
    void linger();
    void discard();
    void read_until_closed();
    void write_pending();
    void arm_heartbeat();
    void notify_closed();
    [[nodiscard]] http_credentials credentials() const;

    beast::basic_stream<stream_protocol> m_stream;
    std::shared_ptr<http_listener_context const> m_context;
    std::function<void()> m_on_end;
    beast::flat_buffer m_buffer;
    std::optional<http::request_parser<http::string_body>> m_parser;
    http::response<http::string_body> m_response;
    http_request m_request;
    bool m_keep_alive = false;
    bool m_answering = false; ///< a request is with its handler or its answer is being sent
    bool m_stopping = false;

    std::array<char, 4096> m_discarded{};
    std::size_t m_discarded_bytes = 0;

    bool m_events = false;
    bool m_events_over = false;
    std::deque<std::string> m_pending; ///< the first is being written
    std::size_t m_pending_bytes = 0;
    std::optional<asio::steady_timer> m_heartbeat;
    std::function<void()> m_closed_handler;
};

// Ties one request to its answer; the last copy that goes unanswered answers 500.
class reply_sink final : public http_reply::sink {
public:
    explicit reply_sink(std::shared_ptr<session> to) : m_session(std::move(to)) {}
    ~reply_sink() override {
        if (m_session)
            send(error_response(500, "storage_failed", "the request was dropped"));
    }

    void send(http_response response) override {
        if (auto const to = std::exchange(m_session, nullptr))
            to->answer(std::move(response), to->may_keep_open());
    }

    event_stream stream() override;

private:
    std::shared_ptr<session> m_session;
};

class stream_sink final : public event_stream::sink {
public:
    explicit stream_sink(std::weak_ptr<session> to) : m_session(std::move(to)) {}

    bool send(server_event const& event) override {
        auto const to = m_session.lock();
        return to && to->push_event(format_event(event));
    }
    void on_closed(std::function<void()> handler) override {
        if (auto const to = m_session.lock())
            to->on_events_closed(std::move(handler));
    }
    void close() override {
        if (auto const to = m_session.lock())
            to->close_events();
    }

private:
    std::weak_ptr<session> m_session; // the connection keeps itself alive
};

event_stream reply_sink::stream() {
    std::weak_ptr<session> weak = m_session;
    if (auto const to = std::exchange(m_session, nullptr))
        to->begin_events();
    return event_stream(std::make_shared<stream_sink>(std::move(weak)));
}

// Fields of every answer: nothing of ours may be framed, sniffed, cached, or load
// anything from elsewhere.
template <class Message>
void set_common_fields(Message& out) {
    out.set("Content-Security-Policy",
            "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'");
    out.set("X-Content-Type-Options", "nosniff");
    out.set("Referrer-Policy", "no-referrer");
    out.set("Cross-Origin-Resource-Policy", "same-origin");
    out.set(http::field::cache_control, "no-store");
}

http_credentials session::credentials() const {
    auto const& message = m_parser->get();
    http_credentials out;
    auto const single = [&](http::field name) -> std::optional<std::string_view> {
        auto const range = message.equal_range(name);
        if (range.first == range.second)
            return std::nullopt;
        out.ambiguous = out.ambiguous || std::next(range.first) != range.second;
        return view(range.first->value());
    };
    out.host = single(http::field::host);
    out.origin = single(http::field::origin);
    out.authorization = single(http::field::authorization);
    return out;
}

void session::on_header() {
    auto const& message = m_parser->get();
    m_answering = true;
    m_keep_alive = message.keep_alive();
    // What follows is refused before its body is read, so the connection ends with it.
    auto target = parse_target(view(message.target()));
    if (!target)
        return answer(error_response(400, "invalid_encoding", "the target cannot be read"), false);
    auto const method = view(message.method_string());
    auto outcome = m_context->routes->find(method, target.value().segments);
    auto const needed = outcome.route ? outcome.route->found->access : route_access::with_token;
    if (auto no = refusal(m_context->access, credentials(), needed))
        return answer(std::move(*no), false);
    if (!outcome.route)
        return answer(std::move(outcome.refusal), false);
    m_request = {std::string(method),
                 std::move(target.value().segments),
                 std::move(target.value().query),
                 std::move(outcome.route->path),
                 std::string(view(message[http::field::content_type])),
                 {}};
    read_body(*outcome.route->found);
}

void session::read_body(route const& found) {
    auto const limit =
        found.max_body_bytes != 0 ? found.max_body_bytes : m_context->limits.max_body_bytes;
    // The parser compares a stated length when it reads the header only; the limit
    // it is given here holds for chunks.
    if (m_parser->content_length().value_or(0) > limit)
        return refuse_unreadable(http::error::body_limit);
    m_parser->body_limit(limit);
    m_stream.expires_after(body_timeout);
    auto const read = [self = shared_from_this(), &found] {
        http::async_read(self->m_stream, self->m_buffer, *self->m_parser,
                         [self, &found](error_code ec, std::size_t) {
                             ec ? self->refuse_unreadable(ec) : self->hand_over(found);
                         });
    };
    if (beast::iequals(m_parser->get()[http::field::expect], "100-continue")) {
        static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
        asio::async_write(m_stream, asio::buffer(go_on), [read](error_code ec, std::size_t) {
            if (!ec)
                read();
        });
    } else {
        read();
    }
}

void session::refuse_unreadable(error_code ec) {
    if (ec == http::error::body_limit)
        return answer(error_response(413, "too_large", "the body is too large"), false);
    if (ec == http::error::header_limit)
        return answer(error_response(431, "too_large", "the header is too large"), false);
    bool const malformed = ec.category() == make_error_code(http::error::bad_method).category()
                           && ec != http::error::end_of_stream
                           && ec != http::error::partial_message;
    if (malformed)
        return answer(error_response(400, "invalid_encoding", "this is not HTTP/1.1"), false);
    m_stream.close();
}

void session::hand_over(route const& found) {
    m_stream.expires_never(); // a handler may wait for the network
    m_request.body = std::move(m_parser->get().body());
    http_reply const reply(std::make_shared<reply_sink>(shared_from_this()));
    found.handler(m_request, reply);
}

void session::answer(http_response response, bool keep_open) {
    bool const keep = keep_open && !m_stopping;
    m_answering = true;
    m_response = {};
    m_response.version(11);
    m_response.result(response.status);
    set_common_fields(m_response);
    for (auto const& [name, value] : response.fields)
        m_response.set(name, value);
    m_response.set(http::field::content_type, response.content_type);
    m_response.keep_alive(keep);
    m_response.body() = std::move(response.body);
    m_response.prepare_payload();
    m_stream.expires_after(write_timeout);
    http::async_write(m_stream, m_response,
                      [self = shared_from_this(), keep](error_code ec, std::size_t) {
                          self->m_answering = false;
                          if (ec)
                              return self->m_stream.close();
                          if (!keep || self->m_stopping)
                              return self->linger();
                          self->read_header();
                      });
}

// Closing while octets of a refused body are unread would reset the connection, and
// the client would lose the answer that says why (RFC 9112, 9.6).
void session::linger() {
    error_code ec;
    m_stream.socket().shutdown(stream_protocol::socket::shutdown_send, ec);
    m_stream.expires_after(linger_timeout);
    discard();
}

void session::discard() {
    m_stream.async_read_some(asio::buffer(m_discarded),
                             [self = shared_from_this()](error_code ec, std::size_t count) {
                                 self->m_discarded_bytes += count;
                                 if (ec || self->m_discarded_bytes > linger_bytes)
                                     return self->m_stream.close();
                                 self->discard();
                             });
}

void session::begin_events() {
    m_events = true;
    http::response<http::empty_body> head{http::status::ok, 11};
    set_common_fields(head);
    head.set(http::field::content_type, "text/event-stream");
    head.keep_alive(false); // the stream ends with the connection
    std::ostringstream text;
    text << head;
    m_heartbeat.emplace(m_stream.get_executor());
    arm_heartbeat();
    read_until_closed();
    (void)push_event(text.str());
    if (m_stopping)
        close_events();
}

// A reader of events sends nothing more; the read ends when it leaves.
void session::read_until_closed() {
    m_buffer.clear();
    m_stream.socket().async_wait(stream_protocol::socket::wait_read,
                                 [self = shared_from_this()](error_code) {
                                     // Whether it left or sent more than it may: its stream is
                                     // over.
                                     self->close_events();
                                 });
}

bool session::push_event(std::string text) {
    if (m_events_over)
        return false;
    m_pending_bytes += text.size();
    if (m_pending_bytes > m_context->limits.max_event_backlog_bytes) {
        // It reads again from where it was; holding more would let it fill our memory.
        m_pending.clear();
        close_events();
        return false;
    }
    m_pending.push_back(std::move(text));
    if (m_pending.size() == 1)
        write_pending();
    return true;
}

void session::write_pending() {
    m_stream.expires_after(write_timeout);
    // The text stays owned by the handler, whatever becomes of the queue.
    auto const text = std::make_shared<std::string>(std::move(m_pending.front()));
    asio::async_write(m_stream, asio::buffer(*text),
                      [self = shared_from_this(), text](error_code ec, std::size_t) {
                          self->m_stream.expires_never();
                          self->m_pending_bytes -= text->size();
                          if (!self->m_pending.empty())
                              self->m_pending.pop_front();
                          if (ec)
                              self->m_pending.clear();
                          if (!self->m_pending.empty())
                              return self->write_pending();
                          if (ec || self->m_events_over)
                              self->close_events();
                      });
}

void session::arm_heartbeat() {
    m_heartbeat->expires_after(heartbeat_interval);
    m_heartbeat->async_wait([weak = weak_from_this()](error_code ec) {
        auto const self = weak.lock();
        if (!ec && self && self->push_event(":\n\n"))
            self->arm_heartbeat();
    });
}

void session::close_events() {
    m_events_over = true;
    notify_closed();
    if (m_heartbeat)
        m_heartbeat->cancel();
    // What is queued still goes out; write_pending() comes back here when it has.
    if (m_pending.empty())
        m_stream.close();
}

void session::notify_closed() {
    if (auto const handler = std::exchange(m_closed_handler, nullptr))
        handler();
}

} // namespace

std::shared_ptr<http_session>
start_http_session(stream_protocol::socket socket,
                   std::shared_ptr<http_listener_context const> context,
                   std::function<void()> on_end) {
    auto const out =
        std::make_shared<session>(std::move(socket), std::move(context), std::move(on_end));
    out->read_header();
    return out;
}

} // namespace tau::net
