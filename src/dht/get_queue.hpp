#pragma once

#include "dht/access.hpp"
#include "dht/engine_core.hpp"
#include "dht/get_policy.hpp"

#include <deque>
#include <memory>
#include <unordered_map>
#include <variant>
#include <vector>

namespace tau::dht {

/// All gets under way: one for each address however many ask, so many at once, the rest
/// in order of their asking.
///
/// Threading: tau thread. Errors: by value to the observers.
class get_queue {
public:
    explicit get_queue(engine_core& core) : m_core(core) {}

    void get(get_request request, get_observer observer, moment now);
    void get_immutable(target const& what, std::optional<public_key> holder,
                       get_immutable_observer observer, moment now);

    void on_sent(std::uint64_t job, endpoint const& to, moment now);
    void on_reply(open_query const& query, lt::bdecode_node const& message, moment now);
    /// A reply to a query that nobody waits for: its value may be another get's.
    void on_stray_reply(endpoint const& from, lt::bdecode_node const& message, moment now);
    void on_no_reply(open_query const& query, moment now);
    void on_checked(check_item const& what, bool valid, moment now);
    void on_recursive_item(wire::mutable_item const& item, moment now);
    void on_recursive_done(wire::item_address const& what, moment now);
    void on_recursive_immutable(target const& what, byte_view value, moment now);
    /// False if `job` is none of ours.
    bool on_time(std::uint64_t job, moment now);

    [[nodiscard]] std::size_t in_flight() const { return m_jobs.size() - m_waiting.size(); }
    [[nodiscard]] std::size_t queued() const { return m_waiting.size(); }

private:
    /// A verified value, mutable or not.
    struct finding {
        wire::mutable_item item; ///< only `value` for an immutable one
        get_source source;
        std::chrono::microseconds elapsed;
    };
    struct listener {
        get_mode mode = get_mode::automatic;
        std::int64_t told_seq = -1;
        bool told = false;
        time_point since{};
        std::function<void(finding const&)> on_found;
        std::function<void(error_code)> on_done;
    };
    struct job {
        std::uint64_t id;
        target what;
        std::optional<wire::item_address> address; // nullopt: an immutable item
        std::optional<public_key> holder;          // whose endpoints are asked
        std::optional<endpoint> ask_at;
        std::int64_t known_seq;
        get_policy policy;
        std::vector<listener> listeners;
        std::vector<listener> later; // ask for more than this get does
        std::vector<request_id> requests{};
        std::optional<wire::mutable_item> best{};
        get_source source = get_source::direct; // of the first value
        bool begun = false;
        bool holds_slot = false;
        int traversals = 0;              // running
        int waiting_traversals = 0;      // for a place
        std::function<bytes()> gossip{}; // for the holder, to ride along
        std::function<void(bytes const&)> on_gossip{};
    };
    using job_ptr = std::unique_ptr<job>;
    /// An answer whose signature somebody else is looking at.
    struct pending_check {
        std::uint64_t job;
        endpoint from;
    };

    void enter(job_ptr fresh, listener who, moment now);
    bool join(target const& what, std::int64_t known_seq, listener& who,
              std::optional<endpoint> const& ask_at, moment now);
    bool answer_locally(target const& what, std::int64_t known_seq, listener& who);
    void start_waiting(moment now);
    void begin(job& j, moment now);
    void perform(job& j, moment now);
    void ask(job& j, get_policy::ask const& step, moment now);
    void take_gossip(job& j, open_query const& query, wire::get_reply const& reply, moment now);
    void traverse(job& j);
    void start_traversals();
    void tell(job& j, get_source source, moment now);
    /// Verifies and keeps a value; false if it is not valid.
    bool accept(job& j, wire::mutable_item item, get_source source, moment now);
    /// Keeps a valid value if it is news.
    void keep(job& j, wire::mutable_item item, get_source source, moment now);
    void on_value(job& j, wire::get_reply const& reply, endpoint const& from, moment now);
    /// Has an answer's signature checked, at once or by an action.
    void check(job& j, wire::mutable_item item, endpoint const& from, moment now);
    void on_direct_item(job& j, wire::mutable_item const& item, bool valid, endpoint const& from,
                        moment now);
    /// For a value that is not what `j` asked for; `from` may have crossed two answers.
    void on_misfit(job& j, byte_view value, endpoint const& from, moment now);
    /// Gives an immutable value to the get that waits for it from this node.
    bool hand_over(byte_view value, endpoint const& from, moment now);
    void finish(job& j, error_code why, moment now);
    job* find(target const& what);

    engine_core& m_core;
    std::unordered_map<std::uint64_t, job_ptr> m_jobs;
    std::unordered_map<target, std::uint64_t> m_by_target;
    std::unordered_map<std::uint64_t, pending_check> m_checks;
    std::deque<std::uint64_t> m_waiting;
    std::deque<std::uint64_t> m_waiting_traversals;
    std::size_t m_slots = 0;
    std::size_t m_traversals = 0;
    bool m_starting = false;
};

} // namespace tau::dht
