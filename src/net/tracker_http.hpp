#pragma once

#include "core/clock.hpp"
#include "net/socket_handle.hpp"
#include "net/tls_context.hpp"
#include "tracker/http_responder.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tau::net {

struct tracker_http_limits {
    /// Of one thread; our limit. One more is still answered if its request came whole.
    std::size_t max_connections = 8192;
    std::chrono::seconds request_timeout{10}; ///< from the first octet awaited to the whole head
    std::chrono::seconds idle_timeout{60};    ///< between requests of one connection
    std::size_t max_unsent = 256 * 1024;      ///< answers a slow reader may leave waiting
};

/// The tracker's HTTP server of one thread: a listening socket and its
/// connections on an epoll set that the owner waits on. A request that is there
/// when its connection is accepted is answered without the epoll set being touched.
/// Requests that come together are received first, then answered, then their answers are
/// sent: what they will look up is fetched from memory for all at once, and neither our
/// code nor the system's pushes the other out of the processor's caches at each request.
///
/// Source:    RFC 9112, what a tracker needs of it. Threading: one thread.
/// Errors:    the constructor throws boost::system::system_error.
class tracker_http {
public:
    /// Registers on `epoll`; event data is `tag` in the high 32 bits and the
    /// connection in the low ones, `listener` for the listening socket.
    /// With a certificate it speaks TLS and nothing else.
    tracker_http(int epoll, std::uint32_t tag, endpoint const& where,
                 tracker::http_responder& responder, tracker::counters& counted,
                 clock_source const& clock, tracker_http_limits limits = {}, tls_context tls = {});
    ~tracker_http();
    tracker_http(tracker_http&&) = delete;

    static constexpr std::uint32_t listener = 0xffff'ffff;

    [[nodiscard]] endpoint const& local() const { return m_local; }
    /// Connections accepted from now on get this certificate; nothing without TLS.
    void set_tls(tls_context tls);
    /// Receives, and may leave the answering to serve().
    void on_event(std::uint32_t which, std::uint32_t events);
    /// Answers what was received; call it after each round of events.
    void serve();
    /// Closes what exceeded its time; call it about once a second.
    void on_time(moment now);
    /// Takes no new connections; those that wait for nothing are closed.
    void drain();
    [[nodiscard]] std::size_t connection_count() const { return m_open; }

private:
    struct connection {
        socket_handle fd;
        tls_stream tls; // gone before the descriptor is
        ip_address peer;
        endpoint asked;
        std::string in;
        std::string out;
        std::size_t sent = 0;
        std::size_t skip = 0; // octets of a body still to be ignored
        time_point deadline;
        std::uint32_t watched = 0; // events waited for; 0: not in the epoll set
        bool handshake_must_write = false;
        bool is_closing = false;
    };
    /// Octets of a connection that wait in m_buffer for serve(), or in m_answers for
    /// send_answers().
    struct piece {
        std::uint32_t at;
        std::size_t begin;
        std::size_t size;
    };
    enum class progress { waits, gone, received };

    void accept_all();
    [[nodiscard]] std::uint32_t open(socket_handle fd, endpoint const& peer);
    void close_longest_waiting();
    [[nodiscard]] progress read(std::uint32_t at);
    [[nodiscard]] progress receive(connection& c, std::span<char> to, std::size_t& count);
    void take(connection& c, std::string_view fresh, moment now);
    void handle(connection& c, std::string_view data, moment now);
    void send_answers();
    /// Takes what the socket took off the front of `data`; gone too once all is sent on a
    /// connection that closes.
    [[nodiscard]] progress transmit(connection& c, std::string_view& data);
    [[nodiscard]] progress flush(connection& c);
    void settle(std::uint32_t at, progress outcome);
    void watch(std::uint32_t at);
    void close(std::uint32_t at);
    void step(std::uint32_t at, bool readable);

    int m_epoll;
    std::uint32_t m_tag;
    socket_handle m_listener;
    endpoint m_local;
    bool m_is_wildcard;
    tracker::http_responder& m_responder;
    tracker::counters& m_counters;
    clock_source const& m_clock;
    tracker_http_limits m_limits;
    tls_context m_tls; // empty: plain HTTP
    std::vector<connection> m_connections;
    std::vector<std::uint32_t> m_free;
    std::vector<char> m_buffer;
    std::vector<piece> m_arrivals;
    std::string m_answers;
    std::vector<piece> m_departures;
    std::size_t m_open = 0;
    std::size_t m_leaving = 0; // of m_departures, which close when sent
};

} // namespace tau::net
