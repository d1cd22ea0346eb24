#include "net/tracker_http.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>

namespace tau::net {
namespace {

constexpr int backlog = 4096;
// Of one connection at a time; more comes with the next event.
constexpr std::size_t read_size = 16 * 1024;
// Requests received before any is answered, and answered before any answer is sent: few enough
// for what they look up to stay near.
constexpr std::size_t arrivals_at_once = 32;
constexpr std::size_t buffer_size = arrivals_at_once * 1024 + read_size;
// Bodies that a client sends with a GET are skipped up to this; our limit.
constexpr std::size_t max_body = 64 * 1024;
// Connections accepted before other sockets get their turn.
constexpr std::uint32_t accepts_at_once = 64;
// The system would let each grow to megabytes, for thousands who ask and do not read.
constexpr int socket_buffer_bytes = 64 * 1024;

std::uint64_t event_data(std::uint32_t tag, std::uint32_t which) {
    return std::uint64_t{tag} << 32 | which;
}

// Connections that wait at a listener that is ready. To accept until the system says "none"
// costs a socket and a file, which it makes before it looks.
std::uint32_t waiting_at(socket_handle const& listener) {
    tcp_info info{};
    socklen_t size = sizeof info;
    ::getsockopt(listener.get(), IPPROTO_TCP, TCP_INFO, &info, &size);
    return std::max(info.tcpi_unacked, 1U); // at a listener these are its queue
}

} // namespace

tracker_http::tracker_http(int epoll, std::uint32_t tag, endpoint const& where,
                           tracker::http_responder& responder, tracker::counters& counted,
                           clock_source const& clock, tracker_http_limits limits, tls_context tls)
    : m_epoll(epoll), m_tag(tag), m_listener(bind_shared(where, SOCK_STREAM)),
      m_local(local_endpoint(m_listener.get())), m_is_wildcard(where.address().is_unspecified()),
      m_responder(responder), m_counters(counted), m_clock(clock), m_limits(limits),
      m_tls(std::move(tls)), m_buffer(buffer_size) {
    int const seconds = static_cast<int>(limits.request_timeout.count());
    // Connections are handed over with their first octets, mostly the whole request.
    ::setsockopt(m_listener.get(), IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof seconds);
    int const on = 1;
    ::setsockopt(m_listener.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    // Accepted sockets inherit these.
    ::setsockopt(m_listener.get(), SOL_SOCKET, SO_SNDBUF, &socket_buffer_bytes,
                 sizeof socket_buffer_bytes);
    ::setsockopt(m_listener.get(), SOL_SOCKET, SO_RCVBUF, &socket_buffer_bytes,
                 sizeof socket_buffer_bytes);
    if (::listen(m_listener.get(), backlog) != 0)
        throw_errno("listen");
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = event_data(m_tag, listener);
    if (::epoll_ctl(m_epoll, EPOLL_CTL_ADD, m_listener.get(), &event) != 0)
        throw_errno("epoll_ctl");
}

tracker_http::~tracker_http() = default;

void tracker_http::set_tls(tls_context tls) {
    if (m_tls && tls)
        m_tls = std::move(tls);
}

void tracker_http::on_event(std::uint32_t which, std::uint32_t events) {
    if (which == listener) {
        serve(); // a connection that is crowded out must not wait among these
        accept_all();
        return;
    }
    if (which >= m_connections.size() || !m_connections[which].fd.is_open())
        return;
    bool const readable = (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0;
    step(which, readable || m_connections[which].handshake_must_write);
}

void tracker_http::accept_all() {
    for (auto left = std::min(waiting_at(m_listener), accepts_at_once); left > 0; --left) {
        sockaddr_storage from{};
        socklen_t size = sizeof from;
        socket_handle fd(::accept4(m_listener.get(), reinterpret_cast<sockaddr*>(&from), &size,
                                   SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (!fd.is_open()) {
            // The one that waits would wake us without end.
            if (errno == EMFILE || errno == ENFILE) {
                serve();
                close_longest_waiting();
            }
            return;
        }
        m_counters.add(tracker::counter::http_connections);
        auto const at = open(std::move(fd), endpoint_of(reinterpret_cast<sockaddr const&>(from)));
        // Who holds connections open without asking must not lock out who asks.
        if (m_open <= m_limits.max_connections)
            continue;
        serve();
        if (m_connections[at].fd.is_open()) {
            m_counters.add(tracker::counter::http_crowded_out);
            close(at);
        }
    }
}

void tracker_http::close_longest_waiting() {
    auto const rank = [](connection const& c) {
        return c.fd.is_open() ? c.deadline : time_point::max();
    };
    auto const found = std::min_element(
        m_connections.begin(), m_connections.end(),
        [&](connection const& a, connection const& b) { return rank(a) < rank(b); });
    if (found == m_connections.end() || !found->fd.is_open())
        return;
    m_counters.add(tracker::counter::http_crowded_out);
    close(static_cast<std::uint32_t>(found - m_connections.begin()));
}

std::uint32_t tracker_http::open(socket_handle fd, endpoint const& peer) {
    std::uint32_t at = 0;
    if (m_free.empty()) {
        at = static_cast<std::uint32_t>(m_connections.size());
        m_connections.emplace_back();
    } else {
        at = m_free.back();
        m_free.pop_back();
    }
    ++m_open;
    auto& c = m_connections[at];
    c.asked = m_is_wildcard ? local_endpoint(fd.get()) : m_local;
    c.fd = std::move(fd);
    c.tls = tls_stream(m_tls, c.fd.get());
    c.peer = peer.address();
    c.deadline = m_clock.now().mono + m_limits.request_timeout;
    step(at, true);
    return at;
}

void tracker_http::step(std::uint32_t at, bool readable) {
    auto& c = m_connections[at];
    auto outcome = c.sent < c.out.size() ? flush(c) : progress::waits;
    if (outcome == progress::waits && readable && c.sent == c.out.size() && !c.is_closing)
        outcome = read(at);
    settle(at, outcome);
}

// What was received is settled when it is answered.
void tracker_http::settle(std::uint32_t at, progress outcome) {
    if (outcome == progress::gone)
        close(at);
    else if (outcome == progress::waits)
        watch(at);
}

void tracker_http::watch(std::uint32_t at) {
    auto& c = m_connections[at];
    std::uint32_t const wanted =
        c.sent < c.out.size() || c.handshake_must_write ? EPOLLOUT : EPOLLIN;
    if (c.watched == wanted)
        return;
    epoll_event event{};
    event.events = wanted;
    event.data.u64 = event_data(m_tag, at);
    ::epoll_ctl(m_epoll, c.watched == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, c.fd.get(), &event);
    c.watched = wanted;
}

void tracker_http::close(std::uint32_t at) {
    m_connections[at] = {};
    m_free.push_back(at);
    --m_open;
}

// Sets `count` to 0 if nothing is there yet.
tracker_http::progress tracker_http::receive(connection& c, std::span<char> to,
                                             std::size_t& count) {
    count = 0;
    if (!m_tls) {
        ssize_t const got = ::recv(c.fd.get(), to.data(), to.size(), 0);
        if (got < 0)
            return errno == EAGAIN || errno == EINTR ? progress::waits : progress::gone;
        count = static_cast<std::size_t>(got);
        return got == 0 ? progress::gone : progress::waits;
    }
    if (!c.tls.is_used())
        return progress::gone;
    auto const outcome = c.tls.read(to.data(), to.size(), count);
    c.handshake_must_write = outcome == tls_stream::outcome::wants_write;
    if (outcome != tls_stream::outcome::gone)
        return progress::waits;
    if (!c.tls.is_established())
        m_counters.add(tracker::counter::tls_failures);
    return progress::gone;
}

tracker_http::progress tracker_http::read(std::uint32_t at) {
    auto const begin = m_arrivals.empty() ? 0 : m_arrivals.back().begin + m_arrivals.back().size;
    std::size_t count = 0;
    std::span<char> const room(m_buffer.data() + begin, read_size);
    if (receive(m_connections[at], room, count) == progress::gone)
        return progress::gone;
    if (count == 0)
        return progress::waits;
    m_arrivals.push_back({at, begin, count});
    if (m_arrivals.size() == arrivals_at_once || begin + count + read_size > m_buffer.size())
        serve();
    return progress::received;
}

void tracker_http::serve() {
    if (m_arrivals.empty())
        return;
    for (auto const& [at, begin, size] : m_arrivals)
        m_responder.expect({m_buffer.data() + begin, size}, m_connections[at].peer);
    m_responder.prefetch_expected();
    auto const now = m_clock.now();
    for (auto const& [at, begin, size] : m_arrivals) {
        auto const answers_begin = m_answers.size();
        take(m_connections[at], {m_buffer.data() + begin, size}, now);
        m_departures.push_back({at, answers_begin, m_answers.size() - answers_begin});
        if (m_answers.size() > m_limits.max_unsent)
            send_answers();
    }
    m_arrivals.clear();
    send_answers();
}

void tracker_http::send_answers() {
    for (auto const& [at, begin, size] : m_departures) {
        auto& c = m_connections[at];
        auto rest = std::string_view(m_answers).substr(begin, size);
        auto const outcome = transmit(c, rest);
        c.out.assign(rest);
        settle(at, outcome);
    }
    m_departures.clear();
    m_answers.clear();
    m_leaving = 0;
}

void tracker_http::take(connection& c, std::string_view fresh, moment now) {
    if (c.in.empty())
        return handle(c, fresh, now);
    c.in += fresh;
    auto const whole = std::move(c.in);
    c.in.clear();
    handle(c, whole, now);
}

void tracker_http::handle(connection& c, std::string_view data, moment now) {
    auto const begin = m_answers.size();
    while (!c.is_closing) {
        auto const skipped = std::min(c.skip, data.size());
        data.remove_prefix(skipped);
        c.skip -= skipped;
        if (data.empty())
            break;
        auto head = wire::read_http_head(data);
        if (!head && head.error() == errc::not_found)
            break;
        if (!head || head.value().body_size > max_body) {
            m_counters.add(tracker::counter::http_malformed);
            tracker::http_responder::append_bad_request(
                head ? make_error_code(errc::too_large) : head.error(), m_answers);
            c.is_closing = true;
            break;
        }
        if (m_open - m_leaving > m_limits.max_connections)
            head.value().keeps_alive = false;
        m_responder.answer(head.value(), c.peer, c.asked, now, m_answers,
                           m_tls ? tracker::transport::tls : tracker::transport::plain);
        c.is_closing = !head.value().keeps_alive;
        c.skip = head.value().body_size;
        data.remove_prefix(head.value().size);
        if (m_answers.size() - begin > m_limits.max_unsent)
            c.is_closing = true;
    }
    if (c.is_closing)
        ++m_leaving;
    else
        c.in.assign(data);
    // A request that trickles in keeps the deadline of its first octet.
    if (m_answers.size() > begin)
        c.deadline = now.mono + (c.in.empty() ? m_limits.idle_timeout : m_limits.request_timeout);
}

tracker_http::progress tracker_http::transmit(connection& c, std::string_view& data) {
    while (!data.empty()) {
        std::size_t count = 0;
        if (m_tls) {
            if (c.tls.write(data, count) == tls_stream::outcome::gone)
                return progress::gone;
        } else {
            // The end of the connection goes with the last octets, in one segment.
            int const flags = MSG_NOSIGNAL | (c.is_closing ? MSG_MORE : 0);
            ssize_t const sent = ::send(c.fd.get(), data.data(), data.size(), flags);
            if (sent < 0 && errno != EAGAIN && errno != EINTR)
                return progress::gone;
            count = sent < 0 ? 0 : static_cast<std::size_t>(sent);
        }
        if (count == 0)
            return progress::waits;
        data.remove_prefix(count);
    }
    if (!c.is_closing)
        return progress::waits;
    c.tls.finish();
    return progress::gone;
}

tracker_http::progress tracker_http::flush(connection& c) {
    auto rest = std::string_view(c.out).substr(c.sent);
    auto const outcome = transmit(c, rest);
    c.sent = c.out.size() - rest.size();
    // Thousands of idle connections must not keep the buffer of their largest answer.
    if (rest.empty()) {
        std::string().swap(c.out);
        c.sent = 0;
    }
    return outcome;
}

void tracker_http::on_time(moment now) {
    for (std::uint32_t at = 0; at < m_connections.size(); ++at) {
        auto const& c = m_connections[at];
        if (!c.fd.is_open() || now.mono < c.deadline)
            continue;
        if (!c.in.empty() || !c.out.empty())
            m_counters.add(tracker::counter::http_timeouts);
        close(at);
    }
}

void tracker_http::drain() {
    m_listener.close();
    for (std::uint32_t at = 0; at < m_connections.size(); ++at)
        if (m_connections[at].fd.is_open() && m_connections[at].out.empty())
            close(at);
}

} // namespace tau::net
