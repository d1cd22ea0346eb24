#include "net/tracker_server.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <thread>
#include <utility>

namespace tau::net {
namespace {

constexpr std::chrono::milliseconds idle_wait{500};
constexpr std::size_t events_at_once = 256;
// Batches of datagrams served before HTTP gets its turn.
constexpr std::size_t udp_batches = 8;
// Connections for one request each: to be woken for every one costs both ends more than the
// answer does, as it interrupts another processor. When turns that accept are this close, those
// who come during the pause are served together.
constexpr std::chrono::microseconds close_accepts{500};
constexpr std::chrono::microseconds accept_pause{150};

} // namespace

// One thread: an epoll set, its own sockets, its own service.
class tracker_server::worker {
public:
    worker(tracker_server_config& config, tracker::store& store,
           std::shared_ptr<tracker::policy const> rules, tracker::connection_ids const& ids,
           clock_source const& clock, std::uint64_t seed);

    void run();
    void set_policy(std::shared_ptr<tracker::policy const> rules);
    void set_tls(tls_context tls);
    void request_stop();
    [[nodiscard]] std::uint64_t count(tracker::counter which) const {
        return m_counters.get(which);
    }

private:
    static constexpr std::uint32_t wake_tag = 0xffff'ffff;

    /// A UDP socket; while it is under load it is not in the epoll set, where each datagram
    /// that leaves it or comes in would search the waiting for somebody to wake.
    struct datagram_socket {
        std::unique_ptr<udp_tracker> tracker;
        bool is_polled = false;
    };

    void watch(int fd, std::uint32_t tag);
    void wake();
    void take_news();
    /// Waits for at most `wait_ms` and answers what has arrived.
    void take_turn(int wait_ms);
    void on_event(epoll_event const& event);
    void serve_udp();
    void serve(std::size_t which);
    [[nodiscard]] bool polls() const;
    void let_more_come(time_point now);

    clock_source const& m_clock;
    tracker::counters m_counters;
    tracker::announce_service m_service;
    tracker::udp_responder m_udp_responder;
    tracker::http_responder m_http_responder;
    socket_handle m_epoll;
    socket_handle m_wake;
    std::vector<datagram_socket> m_udp;
    std::vector<std::unique_ptr<tracker_http>> m_http;
    std::uint64_t m_accepted = 0;
    time_point m_accept_turn{}; // the last one
    std::mutex m_mutex;         // guards the next two
    std::shared_ptr<tracker::policy const> m_next_policy;
    tls_context m_next_tls;
    std::atomic<bool> m_has_news{false};
    std::atomic<bool> m_stops{false};
};

tracker_server::worker::worker(tracker_server_config& config, tracker::store& store,
                               std::shared_ptr<tracker::policy const> rules,
                               tracker::connection_ids const& ids, clock_source const& clock,
                               std::uint64_t seed)
    : m_clock(clock), m_service(store, std::move(rules), m_counters, seed),
      m_udp_responder(m_service, ids, m_counters), m_http_responder(m_service, m_counters),
      m_epoll(::epoll_create1(EPOLL_CLOEXEC)), m_wake(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    if (!m_epoll.is_open() || !m_wake.is_open())
        throw_errno("epoll");
    m_http_responder.set_proxies(config.proxies);
    watch(m_wake.get(), wake_tag);
    // The ports that the first worker was given are those of all.
    for (auto& where : config.udp) {
        m_udp.push_back({std::make_unique<udp_tracker>(where, m_udp_responder, m_counters, clock)});
        where = m_udp.back().tracker->local();
        watch(m_udp.back().tracker->fd(), static_cast<std::uint32_t>(m_udp.size() - 1));
    }
    auto const listen = [&](endpoint& where, tls_context const& tls) {
        auto const tag = static_cast<std::uint32_t>(m_udp.size() + m_http.size());
        m_http.push_back(std::make_unique<tracker_http>(m_epoll.get(), tag, where, m_http_responder,
                                                        m_counters, clock, config.http_limits,
                                                        tls));
        where = m_http.back()->local();
    };
    for (auto& where : config.http)
        listen(where, {});
    for (auto& where : config.https)
        listen(where, config.tls);
}

void tracker_server::worker::watch(int fd, std::uint32_t tag) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = std::uint64_t{tag} << 32;
    if (::epoll_ctl(m_epoll.get(), EPOLL_CTL_ADD, fd, &event) != 0)
        throw_errno("epoll_ctl");
}

void tracker_server::worker::wake() {
    std::uint64_t const one = 1;
    [[maybe_unused]] auto const written = ::write(m_wake.get(), &one, sizeof one);
}

void tracker_server::worker::set_policy(std::shared_ptr<tracker::policy const> rules) {
    {
        std::lock_guard const lock(m_mutex);
        m_next_policy = std::move(rules);
    }
    m_has_news.store(true, std::memory_order_release);
    wake();
}

void tracker_server::worker::set_tls(tls_context tls) {
    {
        std::lock_guard const lock(m_mutex);
        m_next_tls = std::move(tls);
    }
    m_has_news.store(true, std::memory_order_release);
    wake();
}

void tracker_server::worker::take_news() {
    if (!m_has_news.exchange(false, std::memory_order_acquire))
        return;
    std::lock_guard const lock(m_mutex);
    if (m_next_policy)
        m_service.set_policy(std::exchange(m_next_policy, nullptr));
    for (auto const& http : m_http)
        http->set_tls(m_next_tls);
    m_next_tls.reset();
}

void tracker_server::worker::request_stop() {
    m_stops.store(true, std::memory_order_release);
    wake();
}

void tracker_server::worker::on_event(epoll_event const& event) {
    auto const tag = static_cast<std::uint32_t>(event.data.u64 >> 32);
    if (tag == wake_tag) {
        std::uint64_t ignored = 0;
        [[maybe_unused]] auto const got = ::read(m_wake.get(), &ignored, sizeof ignored);
    } else if (tag < m_udp.size()) {
        serve(tag);
    } else {
        m_http[tag - m_udp.size()]->on_event(static_cast<std::uint32_t>(event.data.u64),
                                             event.events);
    }
}

void tracker_server::worker::serve_udp() {
    for (std::size_t i = 0; i < m_udp.size(); ++i)
        serve(i);
}

void tracker_server::worker::serve(std::size_t which) {
    auto& [udp, is_polled] = m_udp[which];
    auto const found = udp->serve(udp_batches);
    if (found == udp_tracker::load::full && !is_polled) {
        is_polled = ::epoll_ctl(m_epoll.get(), EPOLL_CTL_DEL, udp->fd(), nullptr) == 0;
    } else if (found == udp_tracker::load::none && is_polled) {
        watch(udp->fd(), static_cast<std::uint32_t>(which));
        is_polled = false;
    }
}

bool tracker_server::worker::polls() const {
    return std::any_of(m_udp.begin(), m_udp.end(), [](auto const& s) { return s.is_polled; });
}

void tracker_server::worker::take_turn(int wait_ms) {
    std::array<epoll_event, events_at_once> events;
    int const count = ::epoll_wait(m_epoll.get(), events.data(), events_at_once, wait_ms);
    take_news();
    for (int i = 0; i < count; ++i)
        on_event(events[static_cast<std::size_t>(i)]);
    for (auto const& http : m_http)
        http->serve();
    // More is ready than was told: thousands of connections must not come between
    // two turns of the datagrams.
    if (count == events_at_once || polls())
        serve_udp();
}

void tracker_server::worker::let_more_come(time_point now) {
    auto const accepted = m_counters.get(tracker::counter::http_connections);
    if (std::exchange(m_accepted, accepted) == accepted)
        return;
    bool const many_come = now - std::exchange(m_accept_turn, now) < close_accepts;
    if (many_come && !polls())
        std::this_thread::sleep_for(accept_pause);
}

void tracker_server::worker::run() {
    block_broken_pipe_signal();
    auto next_sweep = m_clock.now().mono;
    while (!m_stops.load(std::memory_order_acquire)) {
        take_turn(polls() ? 0 : static_cast<int>(idle_wait.count()));
        auto const now = m_clock.now();
        let_more_come(now.mono);
        if (now.mono < next_sweep)
            continue;
        next_sweep = now.mono + std::chrono::seconds(1);
        for (auto const& http : m_http)
            http->on_time(now);
    }
    take_turn(0); // what has arrived is answered
    serve_udp();
    for (auto const& http : m_http)
        http->drain();
}

tracker_server::tracker_server(tracker_server_config config, tracker::store& store,
                               std::shared_ptr<tracker::policy const> rules,
                               clock_source const& clock, random_source& random)
    : m_config(std::move(config)), m_ids([&random] {
          tracker::connection_ids::key key{};
          random.fill(key);
          return key;
      }()) {
    for (auto const& where : m_config.udp)
        expect_unused(where, SOCK_DGRAM);
    for (auto const& where : m_config.http)
        expect_unused(where, SOCK_STREAM);
    for (std::size_t i = 0; i < m_config.threads; ++i)
        m_workers.push_back(
            std::make_unique<worker>(m_config, store, rules, m_ids, clock, random.next_u64()));
}

tracker_server::~tracker_server() {
    stop();
}

void tracker_server::start() {
    for (auto const& w : m_workers)
        m_threads.emplace_back([&worker = *w] { worker.run(); });
}

void tracker_server::set_policy(std::shared_ptr<tracker::policy const> rules) {
    for (auto const& w : m_workers)
        w->set_policy(rules);
}

void tracker_server::set_tls(tls_context tls) {
    for (auto const& w : m_workers)
        w->set_tls(tls);
}

void tracker_server::stop() {
    for (auto const& w : m_workers)
        w->request_stop();
    for (auto& t : m_threads)
        t.join();
    m_threads.clear();
}

std::uint64_t tracker_server::count(tracker::counter which) const {
    std::uint64_t out = 0;
    for (auto const& w : m_workers)
        out += w->count(which);
    return out;
}

} // namespace tau::net
