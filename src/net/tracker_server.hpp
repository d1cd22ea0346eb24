#pragma once

#include "core/random.hpp"
#include "net/tracker_http.hpp"
#include "net/udp_tracker.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

namespace tau::net {

struct tracker_server_config {
    std::vector<endpoint> udp;
    std::vector<endpoint> http;
    std::vector<endpoint> https; ///< need `tls`
    tls_context tls;
    std::size_t threads = 1;
    std::unordered_set<std::string> proxies; ///< whose X-Forwarded-For is believed
    tracker_http_limits http_limits;
};

/// The tracker's public face: threads that each have a socket of their own for
/// every address, share the store, and nothing else.
///
/// Threading: the owner's thread; stop() ends the others. Errors: the constructor
/// throws boost::system::system_error if an address cannot be bound.
class tracker_server {
public:
    /// Binds at once; port 0 is chosen by the system and the same for all threads.
    tracker_server(tracker_server_config config, tracker::store& store,
                   std::shared_ptr<tracker::policy const> rules, clock_source const& clock,
                   random_source& random);
    ~tracker_server();
    tracker_server(tracker_server&&) = delete;

    /// Addresses in use, in the order they were given.
    [[nodiscard]] std::vector<endpoint> const& udp() const { return m_config.udp; }
    [[nodiscard]] std::vector<endpoint> const& http() const { return m_config.http; }

    [[nodiscard]] std::vector<endpoint> const& https() const { return m_config.https; }

    void start();
    /// Connections accepted from now on get this certificate.
    void set_tls(tls_context tls);
    /// Each thread follows before its next request.
    void set_policy(std::shared_ptr<tracker::policy const> rules);
    /// Answers what has arrived, closes everything and joins the threads. Twice is harmless.
    void stop();

    [[nodiscard]] std::uint64_t count(tracker::counter which) const;
    [[nodiscard]] std::size_t thread_count() const { return m_threads.size(); }

private:
    class worker;

    tracker_server_config m_config;
    tracker::connection_ids m_ids;
    std::vector<std::unique_ptr<worker>> m_workers;
    std::vector<std::thread> m_threads;
};

} // namespace tau::net
