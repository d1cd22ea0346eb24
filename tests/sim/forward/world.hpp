#pragma once

#include "forward/engine.hpp"
#include "graph/path_search.hpp"
#include "support/test_keys.hpp"

#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <set>
#include <string>
#include <vector>

namespace tau::test {

class forward_world;

/// A node of the simulation: a forward engine, and an upper layer that keeps what comes.
class forward_node final : public forward::engine_port {
public:
    forward_node(forward_world& world, std::size_t number, forward::engine_settings settings);

    [[nodiscard]] wallet_address const& wallet() const { return m_keys->wallet(); }
    [[nodiscard]] identity::keyring const& keys() const { return *m_keys; }
    [[nodiscard]] forward::engine& engine() { return *m_engine; }

    /// Sends a payload of `size` octets, each time another one; its id.
    hash256 send_to(forward_node const& target, std::size_t size = 900);

    std::map<hash256, int> received{};        ///< id -> how often it was delivered
    std::map<hash256, moment> acknowledged{}; ///< when
    std::map<hash256, moment> sent_at{};
    std::vector<wallet_address> last_visited{}; ///< of the newest arrival
    std::vector<wallet_address> last_ack_way{};
    std::size_t expired = 0;
    bool accepts = true;  ///< puts what comes "on disk"
    bool is_dead = false; ///< silent: neither sends nor hears
    /// Sees every message before it leaves; false drops it.
    std::function<bool(wallet_address const&, wire::link_kind, bytes&)> tamper{};

    void send(wallet_address const& neighbour, wire::link_kind kind, byte_view body) override;
    void ask_route(wallet_address const& target) override;
    void deliver(forward::arrival const& what) override;
    void on_acknowledged(forward::acknowledged const& what) override;
    void on_expired(hash256 const& id) override;
    void want_flush() override;
    [[nodiscard]] std::optional<public_key> key_of(wallet_address const& who) override;

private:
    friend class forward_world;

    forward_world& m_world;
    std::shared_ptr<identity::keyring const> m_keys;
    std::unique_ptr<seeded_random> m_random;
    std::unique_ptr<forward::engine> m_engine;
    std::uint64_t m_made = 0;
    bool m_flush_posted = false;
};

/// Nodes, links with a delay, and a tracker that knows all links, in virtual time.
/// Everything follows from the seed.
class forward_world {
public:
    explicit forward_world(std::uint64_t seed,
                           std::chrono::microseconds delay = std::chrono::milliseconds(5));

    forward_node& add(forward::engine_settings settings = {});
    [[nodiscard]] forward_node& node(std::size_t number) { return *m_nodes[number]; }
    [[nodiscard]] std::size_t size() const { return m_nodes.size(); }
    void link(forward_node& a, forward_node& b);
    void unlink(forward_node& a, forward_node& b);
    /// The node is gone; its neighbours notice at once.
    void kill(forward_node& who);

    void run_for(std::chrono::milliseconds time);
    /// Until `done` holds; false if `limit` has passed.
    bool run_until(std::function<bool()> const& done, std::chrono::milliseconds limit);
    [[nodiscard]] moment now() const { return m_now; }

    bool has_tracker = true;
    std::set<wallet_address> keyless{}; ///< whose keys nobody knows
    double loss = 0; ///< of single messages, as when a connection breaks silently
    std::uint64_t routes_asked = 0;
    /// Messages a link carries in a millisecond; 0: no limit.
    std::size_t link_rate = 0;

private:
    friend class forward_node;
    using job = std::function<void()>;
    struct event {
        time_point when;
        std::uint64_t order;
        job what;
        bool operator<(event const& other) const {
            return std::pair(when, order) > std::pair(other.when, other.order);
        }
    };

    void at(time_point when, job what);
    void carry(forward_node& from, wallet_address const& to, wire::link_kind kind, bytes body);
    void answer_route(forward_node& asker, wallet_address const& target);
    void wake(forward_node& who);
    void settle(forward_node& who);
    [[nodiscard]] forward_node* find(wallet_address const& who);
    bool step(time_point limit);

    seeded_random m_random;
    std::chrono::microseconds m_delay;
    moment m_now{time_point{std::chrono::hours{1}}, unix_ms{std::chrono::seconds{1'700'000'000}}};
    std::vector<std::unique_ptr<forward_node>> m_nodes;
    std::set<std::pair<wallet_address, wallet_address>> m_links; // both directions
    std::map<std::pair<wallet_address, wallet_address>, time_point> m_busy_until;
    std::priority_queue<event> m_events;
    std::uint64_t m_order = 0;
};

} // namespace tau::test
