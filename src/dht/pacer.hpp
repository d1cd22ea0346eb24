#pragma once

#include "core/rate_limiter.hpp"
#include "dht/action.hpp"
#include "dht/config.hpp"
#include "dht/endpoint_hash.hpp"

#include <deque>
#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

namespace tau::dht {

/// What goes first when queries to one node must wait.
enum class pace_class { urgent, bulk };

/// Holds outgoing queries back so that no node blocks us for flooding.
///
/// One token bucket a node (address and port, since each node counts for itself), at the
/// rate that it stated or at the stock rate; a second, wider one for each address. Queries
/// over the rate wait in order, urgent ones first; nothing is dropped here.
/// Source: libtorrent's dht_block_ratelimit. Threading: tau thread. Errors: none.
class pacer {
public:
    explicit pacer(config const& settings);

    void submit(send_query query, pace_class kind, time_point now);
    /// The node, a friend's, accepts this many queries a second from one address; 0: stock.
    void set_rate(endpoint const& node, std::uint32_t queries_per_second);

    /// What may be sent now. A query for which `alive` is false is forgotten instead.
    [[nodiscard]] std::vector<send_query> take(time_point now,
                                               std::function<bool(request_id)> const& alive);
    [[nodiscard]] std::optional<time_point> wake_at() const;
    [[nodiscard]] std::size_t queued() const { return m_queued; }

private:
    struct lane {
        double tokens;
        double rate;
        double burst;
        time_point refilled;
        std::deque<send_query> urgent{};
        std::deque<send_query> bulk{};

        [[nodiscard]] bool idle() const { return urgent.empty() && bulk.empty(); }
    };

    struct limits {
        double rate;
        double burst;
    };

    /// What a node takes that stated nothing, or this rate.
    [[nodiscard]] limits limits_for(std::optional<double> stated) const;
    lane& lane_of(endpoint const& node, time_point now);
    void forget_idle(time_point now);
    void drain(endpoint const& node, lane& from, time_point now,
               std::function<bool(request_id)> const& alive, std::vector<send_query>& out);

    config const& m_settings;
    std::unordered_map<endpoint, lane, endpoint_hash> m_lanes;
    std::unordered_map<endpoint, double, endpoint_hash> m_stated;
    rate_limiter<ip_address, address_hash> m_per_ip;
    std::unordered_map<endpoint, time_point, endpoint_hash> m_waiting; // lanes not idle
    std::size_t m_queued = 0;
};

} // namespace tau::dht
