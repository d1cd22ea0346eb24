#pragma once

#include "dht/config.hpp"
#include "wire/krpc.hpp"

#include <optional>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace tau::dht {

/// Stores one item on the nodes closest to its target, without waiting for dead ones.
///
/// A libtorrent put stores nothing before its whole traversal has ended, which one dead
/// node delays by 15 s. This traversal hands the item to each node as soon as it has
/// answered while being among the closest that are not known to be dead, and asks the
/// silent again meanwhile. A node that turns out not to be among the closest keeps a copy
/// too many, which does no harm.
///
/// Source:    BEP 5 (lookup), BEP 44 (tokens, put).
/// Threading: tau thread. A pure state machine: call take() after every other call.
/// Errors:    none; taken() says how many nodes acknowledged.
class store_walk {
public:
    struct ask { ///< send a `get` for the target
        endpoint to;
    };
    struct store { ///< send a `put` with this token
        endpoint to;
        bytes token;
    };
    using step = std::variant<ask, store>;

    /// `resend_after` fits the round-trip times that were seen of late.
    store_walk(config const& settings, target const& what, std::chrono::microseconds resend_after);

    /// `seeds` names each endpoint at most once. Call once.
    void begin(std::vector<wire::node_info> const& seeds);
    /// The query of the last step for this node has really gone out.
    void on_sent(endpoint const& to, time_point now);
    void on_reply(endpoint const& from, wire::get_reply const& reply);
    void on_stored(endpoint const& at);
    /// An error reply to either query.
    void on_refused(endpoint const& by);
    void on_time(time_point now);

    [[nodiscard]] std::optional<time_point> wake_at() const;
    [[nodiscard]] std::vector<step> take() { return std::exchange(m_steps, {}); }
    [[nodiscard]] bool ended() const { return m_ended; }
    [[nodiscard]] int taken() const { return m_taken; }
    /// Nodes that never answered.
    [[nodiscard]] std::vector<endpoint> dead() const;

private:
    enum class state { known, asked, answered, storing, stored, failed };
    struct node {
        wire::node_info info;
        target distance;
        state at = state::known;
        int sends = 0;
        std::optional<time_point> last_sent{}; // nullopt: still held back
        bytes token{};

        [[nodiscard]] bool pending() const { return at == state::asked || at == state::storing; }
    };

    [[nodiscard]] static bool closer(node const& a, node const& b) {
        return a.distance < b.distance;
    }
    void learn(wire::node_info const& info);
    node* find(endpoint const& where);
    void send(node& n);
    [[nodiscard]] std::optional<time_point> due(node const& n) const;
    void advance();

    config const& m_settings;
    target m_what;
    std::chrono::microseconds m_resend_after;
    std::vector<node> m_nodes; // by distance
    std::vector<step> m_steps;
    int m_asked = 0;
    int m_taken = 0;
    bool m_ended = false;
};

} // namespace tau::dht
