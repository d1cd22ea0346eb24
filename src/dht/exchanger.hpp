#pragma once

#include "dht/access.hpp"
#include "dht/engine_core.hpp"
#include "wire/exchange.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace tau::dht {

/// Exchanges that we begin, and what others bring in theirs.
///
/// Between two keys that have proved themselves one datagram each way is the whole
/// exchange. A first contact takes two more round trips before the other side hands out
/// what is meant for us only; what we bring is taken at once, since it proves itself.
///
/// Source:    docs/wire/exchange.md. Threading: tau thread. Errors: by value.
class exchanger {
public:
    explicit exchanger(engine_core& core) : m_core(core) {}

    void exchange(public_key const& to, parcel what, std::optional<endpoint> const& ask_at,
                  exchange_observer observer, moment now);
    void offer(public_key const& to, parcel what);
    void on_parcel(std::function<void(incoming_parcel const&)> handler) {
        m_handler = std::move(handler);
    }

    /// A query of an exchange, or a `get` on which gossip rides.
    void on_request(endpoint const& source, byte_view message, moment now);
    void on_sent(std::uint64_t job, request_id query, moment now);
    void on_reply(open_query const& query, lt::bdecode_node const& message, moment now);
    void on_no_reply(open_query const& query, moment now);
    /// False if `job` is none of ours.
    bool on_time(std::uint64_t job, moment now);

private:
    struct datagram {
        wire::exchange_load load;
        std::optional<std::uint16_t> cursor;
        nonce fresh;
        int sends = 0;
        bool acked = false;
        std::optional<time_point> resend_at{}; // nullopt: held back, or acknowledged
    };
    struct job {
        std::uint64_t id;
        public_key to;
        std::vector<candidate> places; // where to ask; one once it has answered
        exchange_observer observer;
        time_point deadline;
        bool answered = false;
        int repeats = 0; // of a cursor, for want of a proof
        std::vector<datagram> datagrams{};
        parcel received{};
        std::vector<request_id> requests{};
    };
    /// What the node of a key gave us to sign.
    struct challenge {
        public_key from;
        nonce value;
        endpoint seen;
        time_point at;
    };

    void send(job& j, std::size_t index, moment now);
    void send_to(job& j, std::size_t index, endpoint const& where, moment now);
    [[nodiscard]] std::optional<wire::exchange_proof>
    prove(public_key const& to, endpoint const& where, nonce const& fresh, moment now) const;
    bool believe(job& j, datagram const& d, wire::exchange_reply const& reply, endpoint const& from,
                 moment now);
    void go_on(job& j, std::optional<std::uint16_t> asked, wire::exchange_reply const& reply,
               endpoint const& from, moment now);
    void on_rider(endpoint const& source, lt::bdecode_node const& message, moment now);
    void hand_up(incoming_parcel incoming);
    bool check_asker(wire::exchange_query const& query, endpoint const& source, moment now);
    [[nodiscard]] parcel keep_valid(wire::exchange_load load);
    void set_deadline(job& j);
    void finish(job& j, error_code why);
    bool remember(nonce const& fresh);

    engine_core& m_core;
    std::function<void(incoming_parcel const&)> m_handler;
    std::unordered_map<std::uint64_t, std::unique_ptr<job>> m_jobs;
    std::unordered_map<endpoint, challenge, endpoint_hash> m_challenges;
    std::unordered_set<nonce> m_seen; // nonces of accepted proofs
    std::deque<nonce> m_seen_order;
};

} // namespace tau::dht
