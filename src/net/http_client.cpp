#include "net/http_client.hpp"

#include "net/event_format.hpp"

#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <array>
#include <limits>

namespace tau::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using stream_protocol = asio::generic::stream_protocol;
using stream = beast::basic_stream<stream_protocol>;

// Two of the server's heartbeats, and some.
constexpr std::chrono::seconds event_silence{40};

error_code translate(error_code ec) {
    if (ec == beast::error::timeout)
        return errc::timed_out;
    if (ec == http::error::body_limit || ec == http::error::header_limit)
        return errc::too_large;
    if (ec == asio::error::connection_refused || ec == asio::error::not_found
        || ec == boost::system::errc::no_such_file_or_directory
        || ec == boost::system::errc::permission_denied)
        return errc::unreachable;
    if (ec == http::error::end_of_stream || ec == http::error::partial_message
        || ec == asio::error::eof || ec == asio::error::operation_aborted
        || ec.category() == boost::system::system_category())
        return errc::cancelled;
    return errc::invalid_encoding;
}

http::request<http::string_body> to_message(http_call call) {
    http::request<http::string_body> out;
    out.version(11);
    out.method_string(call.method);
    out.target(call.target);
    out.set(http::field::host, "localhost");
    for (auto const& [name, value] : call.fields)
        out.set(name, value);
    if (!call.body.empty())
        out.set(http::field::content_type, call.content_type);
    out.body() = std::move(call.body);
    out.keep_alive(false);
    out.prepare_payload();
    if (call.method == "POST" && out.body().empty())
        out.set(http::field::content_length, "0");
    return out;
}

template <class Message>
http_response to_response(Message const& message, std::string body) {
    http_response out;
    out.status = message.result_int();
    auto const type = message[http::field::content_type];
    out.content_type.assign(type.data(), type.size());
    for (auto const& field : message)
        out.fields.emplace_back(std::string(field.name_string()), std::string(field.value()));
    out.body = std::move(body);
    return out;
}

class one_call : public std::enable_shared_from_this<one_call> {
public:
    one_call(asio::io_context& io, http_call call, std::function<void(result<http_response>)> done)
        : m_stream(io), m_timeout(call.timeout), m_message(to_message(std::move(call))),
          m_done(std::move(done)) {
        m_parser.body_limit(max_answer_bytes);
    }

    void start(stream_protocol::endpoint const& where) {
        m_stream.expires_after(m_timeout);
        m_stream.async_connect(where, [self = shared_from_this()](error_code ec) {
            ec ? self->fail(ec) : self->write();
        });
    }

private:
    void write() {
        // The server may refuse before it has read everything: its answer counts.
        http::async_write(m_stream, m_message,
                          [self = shared_from_this()](error_code ec, std::size_t) {
                              ec == beast::error::timeout ? self->fail(ec) : self->read();
                          });
    }

    void read() {
        http::async_read(m_stream, m_buffer, m_parser,
                         [self = shared_from_this()](error_code ec, std::size_t) {
                             if (ec)
                                 return self->fail(ec);
                             auto message = self->m_parser.release();
                             auto body = std::move(message.body());
                             self->m_done(to_response(message, std::move(body)));
                         });
    }

    void fail(error_code ec) { m_done(translate(ec)); }

    stream m_stream;
    std::chrono::milliseconds m_timeout;
    beast::flat_buffer m_buffer;
    http::request<http::string_body> m_message;
    http::response_parser<http::string_body> m_parser;
    std::function<void(result<http_response>)> m_done;
};

class event_reader : public std::enable_shared_from_this<event_reader> {
public:
    event_reader(asio::io_context& io, http_call call, event_observer observer)
        : m_stream(io), m_timeout(call.timeout), m_message(to_message(std::move(call))),
          m_observer(std::move(observer)) {
        m_parser.body_limit(std::numeric_limits<std::uint64_t>::max()); // a stream has no end
    }

    void start(stream_protocol::endpoint const& where) {
        m_stream.expires_after(m_timeout);
        m_stream.async_connect(where, [self = shared_from_this()](error_code ec) {
            if (ec)
                return self->end(translate(ec));
            http::async_write(
                self->m_stream, self->m_message, [self](error_code write_error, std::size_t) {
                    write_error ? self->end(translate(write_error)) : self->read_header();
                });
        });
    }

    void cancel() {
        m_observer = {};
        m_stream.close();
    }

private:
    void read_header() {
        http::async_read_header(
            m_stream, m_buffer, m_parser, [self = shared_from_this()](error_code ec, std::size_t) {
                if (ec)
                    return self->end(translate(ec));
                auto const type = self->m_parser.get()[http::field::content_type];
                self->m_is_stream = self->m_parser.get().result_int() == 200
                                    && type.starts_with("text/event-stream");
                if (self->m_is_stream && self->m_observer.on_open)
                    self->m_observer.on_open();
                self->go_on();
            });
    }

    // Some answers are whole with their header; a parser that is done takes nothing more.
    void go_on() {
        if (m_parser.is_done())
            return end(m_is_stream ? errc::cancelled : errc::refused);
        read();
    }

    void read() {
        m_parser.get().body().data = m_piece.data();
        m_parser.get().body().size = m_piece.size();
        m_stream.expires_after(m_is_stream ? event_silence : m_timeout);
        http::async_read_some(
            m_stream, m_buffer, m_parser, [self = shared_from_this()](error_code ec, std::size_t) {
                self->on_piece(ec == http::error::need_buffer ? error_code{} : ec);
            });
    }

    void on_piece(error_code ec) {
        auto const got = m_piece.size() - m_parser.get().body().size;
        std::string_view const text(m_piece.data(), got);
        if (m_is_stream)
            feed(text);
        else if (m_other_body.size() < m_piece.size())
            m_other_body += text;
        ec ? end(errc::cancelled) : go_on();
    }

    void feed(std::string_view text) {
        auto events = m_events.feed(text);
        if (!events)
            return end(events.error());
        for (auto const& event : events.value()) {
            // An observer may end the subscription from within.
            if (auto const on_event = m_observer.on_event)
                on_event(event);
        }
    }

    void end(error_code ec) {
        m_stream.close();
        auto const observer = std::exchange(m_observer, {});
        if (observer.on_end)
            observer.on_end(ec, to_response(m_parser.get(), m_other_body));
    }

    stream m_stream;
    std::chrono::milliseconds m_timeout;
    beast::flat_buffer m_buffer;
    http::request<http::string_body> m_message;
    http::response_parser<http::buffer_body> m_parser;
    event_observer m_observer;
    event_parser m_events;
    std::array<char, 16 * 1024> m_piece{};
    std::string m_other_body; // of an answer that is no stream
    bool m_is_stream = false;
};

class subscription final : public event_subscription {
public:
    explicit subscription(std::shared_ptr<event_reader> reader) : m_reader(std::move(reader)) {}
    ~subscription() override { m_reader->cancel(); }

private:
    std::shared_ptr<event_reader> m_reader;
};

} // namespace

void async_http_call(asio::io_context& io, stream_protocol::endpoint const& where, http_call call,
                     std::function<void(result<http_response>)> done) {
    std::make_shared<one_call>(io, std::move(call), std::move(done))->start(where);
}

std::unique_ptr<event_subscription> subscribe_events(asio::io_context& io,
                                                     stream_protocol::endpoint const& where,
                                                     http_call call, event_observer observer) {
    auto const reader = std::make_shared<event_reader>(io, std::move(call), std::move(observer));
    reader->start(where);
    return std::make_unique<subscription>(reader);
}

} // namespace tau::net
