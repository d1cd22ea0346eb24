#pragma once

#include "core/clock.hpp"
#include "core/random.hpp"
#include "core/worker_pool.hpp"
#include "dht/engine.hpp"
#include "dht/engine_access.hpp"
#include "plugins/dht/alert_values.hpp"
#include "plugins/dht/local_ipv6.hpp"
#include "plugins/session/host.hpp"
#include "plugins/session/wake_timer.hpp"

#include <functional>
#include <map>
#include <memory>
#include <vector>

namespace tau::plugins {

/// dht::engine on a libtorrent session: performs its actions with direct requests,
/// traversals and puts, and feeds it what comes back.
///
/// Construct before host::attach(); start() after it, on the tau thread. A query that
/// our items can answer is answered on libtorrent's thread, out of the responder's
/// snapshot; whatever needs thought is copied and posted to the tau thread.
/// Threading: tau thread. Errors: none; a session that has ended leaves the engine to
///            its deadlines.
class dht_plugin {
public:
    /// `home`, `workers` and `random` must outlive the plugin. The workers check signatures.
    dht_plugin(host& home, worker_pool& workers, std::shared_ptr<clock_source const> clock,
               random_source& random, dht::config settings, dht::node_identity identity);
    ~dht_plugin();
    dht_plugin(dht_plugin const&) = delete;
    dht_plugin& operator=(dht_plugin const&) = delete;

    [[nodiscard]] dht::access& access() { return m_access; }
    [[nodiscard]] dht::engine& engine() { return m_engine; }

    /// Learns the session's endpoints and routing table.
    void start();
    /// Stops for good: no action is performed and no observer called after it.
    void stop();

private:
    using alive_token = std::shared_ptr<dht_plugin*>;
    struct checked_item {
        dht::check_item what;
        bool valid;
    };

    template <class Alert, class Value>
    void route(void (dht_plugin::*handler)(Value));
    void add_routes();

    void schedule();
    void perform_all();
    void perform(dht::send_query const& action);
    void perform(dht::start_get const& action);
    void perform(dht::start_get_immutable const& action);
    void perform(dht::start_put const& action);
    void perform(dht::start_put_immutable const& action);
    void perform(dht::want_nodes const& action);
    void perform(dht::check_item const& action);
    void perform(dht::deliver const& action);

    void on_direct_response(direct_response value);
    void on_traversal_item(traversal_item value);
    void on_traversal_value(traversal_value value);
    void on_put_outcome(put_outcome value);
    void on_table_owner(table_owner value);
    void on_live_nodes(std::vector<wire::node_info> value);

    void on_external_address(ip_address value);
    [[nodiscard]] std::vector<endpoint> local_endpoints() const;
    /// Sees to it that direct datagrams leave over IPv6, once the sockets are all known.
    void open_ipv6();
    void check_all();
    [[nodiscard]] static std::vector<checked_item> check(std::vector<dht::check_item> const& items);
    void on_checked(std::vector<checked_item> const& outcomes);

    host& m_host;
    worker_pool& m_workers;
    std::shared_ptr<clock_source const> m_clock; // libtorrent's thread may read it last
    dht::engine m_engine;
    dht::engine_access m_access;
    wake_timer m_timer;
    std::map<lt::sha1_hash, endpoint> m_tables; // one per DHT socket of the session
    std::vector<dht::check_item> m_to_check;    // asked for since the last check_all()
    std::size_t m_under_check = 0;              // with the workers
    bool m_check_scheduled = false;
    bool m_scheduled = false;
    bool m_wants_nodes = false;
    std::shared_ptr<local_ipv6> m_local_ipv6 = std::make_shared<local_ipv6>();
    boost::asio::steady_timer m_ipv6_wait;
    bool m_ipv6_waits = false;
    alive_token m_alive; // queued handlers find nullptr after stop()
};

} // namespace tau::plugins
