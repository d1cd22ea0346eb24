#pragma once

#include "dht/engine.hpp"
#include "support/signer.hpp"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <unordered_map>
#include <vector>

namespace tau::test {

/// What the virtual network does to datagrams. Delays differ, so they overtake each other.
struct virtual_link {
    double loss = 0; ///< of each datagram, each way
    std::chrono::milliseconds min_delay{20};
    std::chrono::milliseconds max_delay{30};
};

/// N DHT nodes with an engine each, in virtual time. Nodes store items as BEP 44 says. The
/// session's own traversals are a model: they ask the closest nodes, and one lost answer
/// delays their end, but not their first value, by 15 s.
///
/// Everything follows from the seed. Threading: one thread.
class virtual_dht {
public:
    virtual_dht(std::uint64_t seed, std::size_t count, virtual_link link,
                dht::config settings = {});

    [[nodiscard]] moment now() const { return m_now; }
    [[nodiscard]] dht::engine& engine(std::size_t n) { return *m_nodes[n]->engine; }
    [[nodiscard]] signer const& keys(std::size_t n) const { return m_nodes[n]->keys; }
    [[nodiscard]] endpoint where(std::size_t n) const { return m_nodes[n]->info.where; }
    [[nodiscard]] seeded_random& random() { return m_random; }
    void kill(std::size_t n) { m_nodes[n]->alive = false; }
    /// Nodes that are up and store an item under `what`.
    [[nodiscard]] std::size_t holders(target const& what) const;

    /// Performs what the engine of `n` wants done now; call it after commands.
    void pump(std::size_t n);
    void run_for(std::chrono::milliseconds d);
    /// Runs until `ready` or for `limit`; true if it became ready.
    bool run_until(std::function<bool()> const& ready, std::chrono::milliseconds limit);

private:
    struct stored {
        std::optional<wire::mutable_item> item;
        bytes value;
    };
    struct node {
        node(signer k, wire::node_info i, std::uint64_t seed)
            : keys(std::move(k)), info(i), random(seed) {}
        signer keys;
        wire::node_info info;
        seeded_random random;
        std::unique_ptr<dht::engine> engine;
        std::unordered_map<target, stored> store{};
        bool alive = true;
        std::optional<time_point> woken_at{};
    };

    void at(std::chrono::microseconds after, std::function<void()> what);
    [[nodiscard]] std::chrono::microseconds delay();
    [[nodiscard]] bool lost();
    bool step(time_point until);
    void arm(std::size_t n);
    void perform(std::size_t n, dht::send_query& action);
    void traverse(std::size_t n, target const& what, std::optional<wire::item_address> address);
    void put_everywhere(std::size_t n, target const& what, stored const& item, std::int64_t seq);
    std::optional<bytes> answer(std::size_t n, endpoint const& source, lt::entry const& query);
    lt::entry answer_from_store(node& at, lt::bdecode_node const& message,
                                std::string const& method, lt::entry r);
    [[nodiscard]] std::vector<std::size_t> closest(target const& what, std::size_t count) const;

    seeded_random m_random;
    virtual_link m_link;
    moment m_now{time_point{std::chrono::hours{1}}, unix_ms{std::chrono::seconds{1'700'000'000}}};
    std::multimap<time_point, std::function<void()>> m_events;
    std::vector<std::unique_ptr<node>> m_nodes;
    std::map<endpoint, std::size_t> m_by_endpoint;
};

} // namespace tau::test
