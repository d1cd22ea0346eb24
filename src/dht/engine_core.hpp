#pragma once

#include "core/random.hpp"
#include "dht/action.hpp"
#include "dht/config.hpp"
#include "dht/deadline_queue.hpp"
#include "dht/endpoint_book.hpp"
#include "dht/external_voter.hpp"
#include "dht/pacer.hpp"
#include "dht/served_items.hpp"
#include "dht/snapshot_responder.hpp"
#include "dht/stats.hpp"
#include "wire/krpc.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

namespace tau::dht {

/// Which part of the engine a query belongs to.
enum class query_owner : std::uint8_t { get, put, exchange };

/// A query that may still be answered.
struct open_query {
    query_owner owner;
    std::uint64_t job;
    endpoint to;
    std::uint32_t tag;                   // means what its owner wants it to
    std::optional<time_point> sent_at{}; // nullopt: held back by the pacer

    [[nodiscard]] std::chrono::microseconds age(time_point now) const {
        return std::chrono::duration_cast<std::chrono::microseconds>(now - sent_at.value_or(now));
    }
};

/// What the parts of the engine share. Threading: tau thread. Errors: none.
struct engine_core {
    engine_core(config const& c, node_identity s, random_source& r);

    config const settings;
    node_identity const self;
    random_source& random;

    endpoint_book book{settings};
    external_voter voter;
    pacer paced{settings};
    served_items served;
    std::shared_ptr<snapshot_responder> answers;
    std::unordered_map<target, wire::mutable_item> authored; ///< our mutable items
    dht::stats counts;
    std::vector<action> actions;
    std::unordered_map<request_id, open_query> queries;
    deadline_queue deadlines;           ///< by job
    std::vector<wire::node_info> nodes; ///< seeds of store traversals, the newest last

    /// A number for a job or query that no other has.
    [[nodiscard]] std::uint64_t next_id() { return ++last_id; }
    [[nodiscard]] std::uint64_t random_u64() { return random.next_u64(); }

    request_id send(query_owner owner, std::uint64_t job, endpoint const& to, lt::entry query,
                    pace_class pace, time_point now, std::uint32_t tag = 0);
    /// Forgets queries of a job that has ended.
    void forget(std::vector<request_id> const& ids);
    void call(std::function<void()> observer);

    /// Whom to ask for a key, without those that cannot be reached from behind our NAT.
    [[nodiscard]] std::vector<candidate>
    candidates(public_key const& key, std::optional<endpoint> const& first, moment now);

    /// What is known of one endpoint of a key, or else of nodes in general.
    [[nodiscard]] candidate describe(public_key const& key, endpoint const& where,
                                     moment now) const;

    void learn_rtt(std::chrono::microseconds sample);
    /// How long to wait for a node of which nothing is known.
    [[nodiscard]] std::chrono::microseconds resend_after() const;
    void learn_nodes(std::vector<wire::node_info> const& found);
    void forget_nodes(std::vector<endpoint> const& dead);

    std::uint64_t last_id = 0;
    candidate average{}; ///< round-trip times of all nodes together
};

} // namespace tau::dht
