#include "net/udp_tracker_client.hpp"

#include "wire/tracker_query.hpp"
#include "wire/tracker_udp.hpp"

#include <boost/asio/ip/udp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <array>
#include <map>

namespace tau::net {
namespace {

namespace udp = wire::udp;
using asio_udp = boost::asio::ip::udp;
using error = boost::system::error_code;

bool is_own_action(wire::announce_request const& what) {
    auto const action = what.wallet ? what.wallet->action : wire::wallet_action::unspecified;
    return action == wire::wallet_action::link || action == wire::wallet_action::unlink
           || action == wire::wallet_action::route;
}

result<overlay::tracker_reply> reply_of(udp::reply body) {
    overlay::tracker_reply out;
    if (auto* announced = std::get_if<udp::announce_reply>(&body)) {
        out.interval = std::chrono::seconds(announced->interval_s);
        out.peers = std::move(announced->peers);
    } else if (auto* linked = std::get_if<udp::link_reply>(&body)) {
        out.interval = std::chrono::seconds(linked->interval_s);
        out.time = linked->time;
    } else if (auto* routed = std::get_if<udp::route_reply>(&body)) {
        out.interval = std::chrono::seconds(routed->interval_s);
        out.time = routed->route.time;
        out.route = std::move(routed->route);
    } else if (auto* refused = std::get_if<udp::error_reply>(&body)) {
        out.refusal = refused->reason.empty() ? "refused" : refused->reason;
    } else {
        return errc::invalid_encoding;
    }
    return out;
}

} // namespace

/// One tracker: its socket, its connection id, and the questions under way.
class udp_tracker_client::channel : public std::enable_shared_from_this<channel> {
public:
    channel(boost::asio::io_context& io, random_source& random, identity::host_port where)
        : m_io(io), m_random(random), m_where(std::move(where)), m_resolver(io), m_socket(io),
          m_timer(io) {}

    [[nodiscard]] std::string name() const { return identity::lower_name(m_where); }

    void ask(wire::announce_request what, overlay::tracker_handler done) {
        if (m_waiting.size() >= max_waiting)
            return boost::asio::post(m_io, [done = std::move(done)] { done(errc::rate_limited); });
        question made;
        made.what = std::move(what);
        made.done = std::move(done);
        auto const id = static_cast<std::uint32_t>(m_random.next_u64());
        m_waiting.insert_or_assign(id, std::move(made));
        if (m_is_open)
            send(id);
        else
            open();
    }

    void close() {
        m_waiting.clear();
        m_closed = true;
        error ignored;
        m_socket.close(ignored);
        m_resolver.cancel();
        m_timer.cancel();
    }

private:
    struct question {
        wire::announce_request what;
        overlay::tracker_handler done;
        unsigned sent = 0;
        time_point due{};
    };

    void open() {
        if (m_opening)
            return;
        m_opening = true;
        m_resolver.async_resolve(m_where.host, std::to_string(m_where.port),
                                 [self = shared_from_this()](error ec, auto const& found) {
                                     self->on_resolved(ec, found);
                                 });
    }

    void on_resolved(error ec, asio_udp::resolver::results_type const& found) {
        m_opening = false;
        if (m_closed)
            return;
        error problem = ec;
        if (!ec && !found.empty()) {
            auto const where = found.begin()->endpoint();
            error ignored;
            m_socket.close(ignored);
            m_socket.open(where.protocol(), problem);
            if (!problem)
                m_socket.connect(where, problem);
            m_is_v6 = where.address().is_v6();
        }
        if (problem || found.empty())
            return fail_all(errc::unreachable);
        m_is_open = true;
        m_connection.reset();
        receive();
        send_all();
    }

    void send_all() {
        std::vector<std::uint32_t> ids;
        for (auto const& [id, one] : m_waiting)
            ids.push_back(id);
        for (auto const id : ids)
            send(id);
    }

    void send(std::uint32_t id) {
        auto const now = steady_clock_now();
        if (!m_connection || now >= m_connection_until)
            return connect(now);
        auto& one = m_waiting.at(id);
        bytes datagram;
        if (is_own_action(one.what)) {
            if (auto made = udp::write_wallet_request(*m_connection, id, one.what))
                datagram = std::move(made).value();
        } else {
            datagram = udp::write_announce(
                *m_connection, id, one.what,
                one.what.wallet ? "/announce?" + wire::wallet_query(one.what) : std::string());
        }
        ++one.sent;
        one.due = now + answer_time * one.sent;
        transmit(datagram);
        arm();
    }

    void connect(time_point now) {
        if (m_connect_due && now < *m_connect_due)
            return arm();
        m_connect_id = static_cast<std::uint32_t>(m_random.next_u64());
        m_connect_due = now + answer_time;
        ++m_connects;
        transmit(udp::write_connect(m_connect_id));
        arm();
    }

    void transmit(bytes const& datagram) {
        error ignored; // as good as lost: it is sent again
        m_socket.send(boost::asio::buffer(datagram), 0, ignored);
    }

    void receive() {
        m_socket.async_receive(
            boost::asio::buffer(m_buffer), [self = shared_from_this()](error ec, std::size_t size) {
                if (self->m_closed || ec == boost::asio::error::operation_aborted)
                    return;
                if (!ec)
                    self->on_datagram(size);
                if (!self->m_closed && self->m_is_open)
                    self->receive();
            });
    }

    void on_datagram(std::size_t size) {
        auto answer = udp::read_answer(byte_view(m_buffer).first(size), m_is_v6);
        if (!answer)
            return;
        auto const id = answer.value().transaction;
        if (auto const* connected = std::get_if<udp::connect_answer>(&answer.value().body)) {
            if (!m_connect_due || id != m_connect_id)
                return;
            m_connection = connected->connection_id;
            m_connection_until = steady_clock_now() + connection_life;
            m_connect_due.reset();
            m_connects = 0;
            return send_all();
        }
        auto const found = m_waiting.find(id);
        if (found == m_waiting.end())
            return;
        auto const* refused = std::get_if<udp::error_reply>(&answer.value().body);
        if (refused && refused->reason.find("connection id") != std::string::npos
            && found->second.sent < sendings) {
            m_connection.reset();
            return send(id);
        }
        auto const done = std::move(found->second.done);
        m_waiting.erase(found);
        done(reply_of(std::move(answer.value().body)));
    }

    void arm() {
        std::optional<time_point> due = m_connect_due;
        for (auto const& [id, one] : m_waiting)
            if (one.sent > 0)
                due = due ? std::min(*due, one.due) : one.due;
        if (!due)
            return;
        m_timer.expires_at(*due);
        m_timer.async_wait([self = shared_from_this()](error ec) {
            if (!ec && !self->m_closed)
                self->on_time();
        });
    }

    void on_time() {
        auto const now = steady_clock_now();
        if (m_connect_due && now >= *m_connect_due) {
            m_connect_due.reset();
            if (m_connects >= sendings) {
                m_connects = 0;
                m_is_open = false; // look its name up again
                return fail_all(errc::timed_out);
            }
            if (!m_waiting.empty())
                return connect(now);
        }
        std::vector<std::uint32_t> late;
        for (auto const& [id, one] : m_waiting)
            if (one.sent > 0 && now >= one.due)
                late.push_back(id);
        for (auto const id : late) {
            auto const found = m_waiting.find(id);
            if (found == m_waiting.end())
                continue;
            if (found->second.sent < sendings) {
                send(id);
                continue;
            }
            auto const done = std::move(found->second.done);
            m_waiting.erase(found);
            done(errc::timed_out);
        }
        arm();
    }

    void fail_all(errc why) {
        auto const all = std::exchange(m_waiting, {});
        for (auto const& [id, one] : all)
            if (one.done)
                one.done(why);
    }

    [[nodiscard]] static time_point steady_clock_now() { return system_clock_source().now().mono; }

    boost::asio::io_context& m_io;
    random_source& m_random;
    identity::host_port m_where;
    asio_udp::resolver m_resolver;
    asio_udp::socket m_socket;
    boost::asio::steady_timer m_timer;
    std::array<std::uint8_t, udp::max_request> m_buffer{};
    std::map<std::uint32_t, question> m_waiting;
    std::optional<std::uint64_t> m_connection;
    time_point m_connection_until{};
    std::optional<time_point> m_connect_due;
    std::uint32_t m_connect_id = 0;
    unsigned m_connects = 0;
    bool m_is_open = false;
    bool m_opening = false;
    bool m_is_v6 = false;
    bool m_closed = false;
};

udp_tracker_client::udp_tracker_client(boost::asio::io_context& io, random_source& random,
                                       std::vector<identity::host_port> trackers) {
    for (auto& one : trackers)
        m_channels.push_back(std::make_shared<channel>(io, random, std::move(one)));
}

udp_tracker_client::~udp_tracker_client() {
    for (auto const& one : m_channels)
        one->close();
}

std::size_t udp_tracker_client::count() const {
    return m_channels.size();
}

std::string udp_tracker_client::name_of(std::size_t tracker) const {
    return m_channels[tracker]->name();
}

void udp_tracker_client::ask(std::size_t tracker, wire::announce_request const& what,
                             overlay::tracker_handler done) {
    m_channels[tracker]->ask(what, std::move(done));
}

} // namespace tau::net
