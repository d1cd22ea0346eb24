#pragma once

#include "core/clock.hpp"
#include "core/random.hpp"
#include "wire/mutable_item.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace tau::test {

/// What the model assumes of the DHT's nodes.
struct cloud_settings {
    std::size_t nodes = 2'000;
    std::chrono::hours mean_life{6};     ///< a node that leaves takes what it stored along
    std::chrono::minutes item_life{120}; ///< BEP 44
    double loss = 0.02;                  ///< of each datagram, each way
    double dead = 0.15;                  ///< of the nodes in tables: silent, never leave a table
};

/// The DHT as far as items are concerned: an item is stored on the 8 closest nodes that live,
/// for two hours or as long as each lives; a read asks those that are closest then.
///
/// Traversals of live nodes find those closest to a target. Everything follows from the seed.
class dht_model {
public:
    static constexpr std::size_t replicas = 8;
    static constexpr std::size_t max_versions = 4; ///< of one item that nodes may have

    dht_model(cloud_settings settings, std::uint64_t seed);

    struct put_result {
        int nodes = 0;
        bool met_dead = false; ///< costs the putter 15 s, and some datagrams
    };
    put_result put(wire::mutable_item const& item, time_point now);
    put_result put(target const& what, std::shared_ptr<bytes const> value, time_point now);
    [[nodiscard]] std::optional<wire::mutable_item> get(wire::item_address const& what,
                                                        time_point now);
    [[nodiscard]] std::shared_ptr<bytes const> get(target const& what, time_point now);

    /// Nodes that hold something under `what` now.
    [[nodiscard]] std::size_t holders(target const& what, time_point now) const;
    /// Silences a node for good; for comparing with real ones.
    void kill_closest(target const& what, std::size_t count);

private:
    struct node {
        std::uint64_t id;
        std::uint32_t life; ///< counts replacements
        bool dead;
    };
    struct copy {
        std::uint32_t node;
        std::uint32_t life;
        time_point until;
        std::int64_t seq;
    };
    struct record {
        std::vector<copy> copies;
        std::vector<wire::mutable_item> versions; ///< the newest last, at most a few
        std::shared_ptr<bytes const> value;
    };

    void advance(time_point now);
    void replace(std::size_t which);
    [[nodiscard]] std::vector<std::uint32_t> closest(target const& what) const;
    [[nodiscard]] bool answered();
    put_result place(record& where, target const& what, std::int64_t seq, time_point now);
    void expire(time_point now);

    cloud_settings m_settings;
    seeded_random m_random;
    std::vector<node> m_nodes;
    std::vector<std::pair<std::uint64_t, std::uint32_t>> m_sorted; ///< id -> node
    std::unordered_map<target, record> m_items;
    time_point m_next_death{};
    time_point m_next_expiry{};
};

} // namespace tau::test
