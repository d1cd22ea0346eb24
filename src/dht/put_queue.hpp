#pragma once

#include "core/rate_limiter.hpp"
#include "dht/access.hpp"
#include "dht/engine_core.hpp"
#include "dht/store_walk.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

namespace tau::dht {

/// All puts under way. Each is repeated with growing pauses until enough nodes took the
/// item: first by a traversal of our own, which no dead node delays, in turn with the
/// session's. A newer item for the same target takes the place of an older one.
///
/// Threading: tau thread. Errors: none; the observer is told how many nodes took it.
class put_queue {
public:
    explicit put_queue(engine_core& core);

    void put(target const& what, wire::mutable_item item, put_observer observer, moment now);
    void put_immutable(target const& what, bytes value, put_observer observer, moment now);
    /// Stops repeating it.
    void forget(target const& what, moment now);

    void on_sent(std::uint64_t job, endpoint const& to, moment now);
    void on_reply(open_query const& query, lt::bdecode_node const& message, moment now);
    void on_no_reply(open_query const& query, moment now);
    void on_put_done(target const& what, std::int64_t seq, int nodes, moment now);
    /// The session told of nodes.
    void on_nodes(moment now);
    /// False if `job` is none of ours.
    bool on_time(std::uint64_t job, moment now);

    [[nodiscard]] std::size_t in_flight() const { return m_active; }
    [[nodiscard]] std::size_t queued() const { return m_jobs.size() - m_active; }

private:
    enum class state { waiting, seeking, walking, traversing, pausing };
    struct job {
        std::uint64_t id;
        target what;
        std::optional<wire::mutable_item> item; // nullopt: an immutable value
        bytes value;
        put_observer observer;
        state at = state::waiting;
        int attempt = 0;
        int nodes = 0; // most that took it in one attempt
        std::optional<store_walk> walk{};
        std::optional<time_point> deadline{}; // of a traversal or a pause
        std::vector<request_id> requests{};
    };

    void enter(std::unique_ptr<job> fresh, moment now);
    void start_waiting(moment now);
    /// Whether the upload limit leaves room for one more put like this one.
    bool may_begin(job const& j, moment now);
    void attempt(job& j, moment now);
    void walk(job& j, moment now);
    void traverse(job& j, moment now);
    void walk_on(job& j, moment now);
    void end_attempt(job& j, int nodes, bool complete, moment now);
    void report(job& j);
    void finish(job& j, moment now);
    void set_deadline(job& j);
    void release(job& j);
    job* find(std::uint64_t id);

    engine_core& m_core;
    std::unordered_map<std::uint64_t, std::unique_ptr<job>> m_jobs;
    std::unordered_map<target, std::uint64_t> m_by_target;
    std::deque<std::uint64_t> m_waiting;
    std::size_t m_active = 0;
    rate_limiter<int> m_upload; ///< octets of immutable puts; one bucket
    std::uint64_t m_alarm;      ///< deadline of the first put that waits for it
};

} // namespace tau::dht
