#pragma once

#include "core/clock.hpp"
#include "core/random.hpp"
#include "dht/access.hpp"
#include "dht/action.hpp"
#include "dht/config.hpp"
#include "dht/endpoint_record.hpp"
#include "dht/responder.hpp"
#include "dht/stats.hpp"
#include "wire/krpc.hpp"

#include <libtorrent/bdecode.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace tau::dht {

/// The logic behind dht::access: get policy, put queue, served items, exchanges,
/// endpoint book and limits, as one machine without socket, timer or clock.
///
/// Use: after every call and at wake_at() (through on_time()), perform take_actions()
/// in order, until it is empty. `now` must not go back on its monotonic clock.
///
/// Source:    BEP 5, BEP 44, docs/wire/krpc.md, exchange.md, endpoints.md.
/// Threading: tau thread only, except responder(), which answers on the thread that
///            receives queries.
/// Errors:    by value to the observers; datagrams of others can only cost a counter.
class engine {
public:
    /// `random` must outlive the engine.
    engine(config settings, node_identity self, random_source& random, moment now);
    ~engine();
    engine(engine const&) = delete;
    engine& operator=(engine const&) = delete;

    /// What answers queries that come from the network; lives as long as anybody holds it.
    [[nodiscard]] std::shared_ptr<dht::responder> responder() const;

    /// What must be performed now, in order; empty when there is nothing to do. Also hands
    /// what we serve to responder(), so it is due after commands without actions too.
    [[nodiscard]] std::vector<action> take_actions();
    /// True if take_actions() must be called.
    [[nodiscard]] bool has_actions() const;
    /// When on_time() must be called next; nullopt when nothing is pending.
    [[nodiscard]] std::optional<time_point> wake_at() const;

    // The commands of dht::access, with the time at which they were given.
    void get(get_request request, get_observer observer, moment now);
    void get_immutable(target const& what, std::optional<public_key> holder,
                       get_immutable_observer observer, moment now);
    [[nodiscard]] error_code put(wire::salt const& salt, std::int64_t seq, bytes value,
                                 put_observer observer, moment now);
    [[nodiscard]] error_code republish(wire::mutable_item item, put_observer observer, moment now);
    [[nodiscard]] result<target> put_immutable(bytes value, put_observer observer, moment now);
    [[nodiscard]] result<target> serve_immutable(bytes value);
    void forget_immutable(target const& what, moment now);
    void exchange(public_key const& to, parcel what, std::optional<endpoint> ask_at,
                  exchange_observer observer, moment now);
    void offer(public_key const& to, parcel what);
    void on_parcel(std::function<void(incoming_parcel const&)> handler);
    [[nodiscard]] std::optional<endpoint> endpoint_of(public_key const& key) const;
    void hint_endpoint(public_key const& key, endpoint const& where, moment now);
    void hint_endpoints(public_key const& key, wire::endpoint_value const& value, moment now);
    [[nodiscard]] std::optional<wire::endpoint_value> own_endpoints(moment now) const;

    // What the adapter observed.

    /// The answer to a send_query: the whole KRPC message, as received, and its source.
    void on_response(request_id id, endpoint const& from, lt::bdecode_node const& message,
                     moment now);
    /// An error reply, or the session gave up.
    void on_no_response(request_id id, moment now);
    /// The outcome of a check_item.
    void on_checked(check_item const& what, bool valid, moment now);
    /// A query that responder() told to hand on (reply::answered_and_report).
    void on_request(endpoint const& source, byte_view message, moment now);
    /// A value that a traversal found, early or last; it is verified here.
    void on_recursive_item(wire::mutable_item const& item, moment now);
    /// One traversal for `what` has ended (the authoritative alert), with or without value.
    void on_recursive_done(wire::item_address const& what, moment now);
    /// A traversal for an immutable item has ended; empty if nobody had it.
    void on_recursive_immutable(target const& what, byte_view value, moment now);
    /// A recursive put has ended; `seq` is 0 for an immutable item.
    void on_put_done(target const& what, std::int64_t seq, int nodes, moment now);
    /// Nodes of the session's routing table.
    void on_nodes(std::vector<wire::node_info> const& nodes, moment now);
    /// `voter` (zero address: the session itself) sees us at `seen`.
    void on_external_vote(ip_address const& voter, endpoint const& seen, moment now);
    /// Addresses of this host's interfaces and the port the DHT listens on.
    void on_local_endpoints(std::vector<endpoint> const& local);
    /// Time has come to wake_at(), or any later moment.
    void on_time(moment now);

    // What is shown, and what a store keeps.

    [[nodiscard]] dht::stats stats() const;
    /// Our endpoint as others see it, once enough of them agree.
    [[nodiscard]] std::optional<endpoint> external_endpoint() const;
    [[nodiscard]] nat_kind nat() const;
    /// What is known of where keys are, to be kept over a restart.
    [[nodiscard]] std::vector<known_endpoint> export_endpoints() const;
    void import_endpoints(std::vector<known_endpoint> const& known, moment now);

private:
    struct impl;
    std::unique_ptr<impl> m_impl;
};

} // namespace tau::dht
