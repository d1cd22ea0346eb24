#pragma once

#include "overlay/topics.hpp"
#include "support/test_keys.hpp"

#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <set>
#include <string>
#include <vector>

namespace tau::test {

class topic_world;

/// A member of the simulated topic: overlay::topics, and what it heard.
class topic_node final : public overlay::topic_port {
public:
    topic_node(topic_world& world, std::size_t number);

    [[nodiscard]] wallet_address const& wallet() const { return m_keys->wallet(); }
    [[nodiscard]] endpoint const& where() const { return m_where; }
    [[nodiscard]] overlay::topics& logic() { return *m_logic; }
    [[nodiscard]] std::set<topic_node*> const& links() const { return m_links; }

    void say(std::string const& text);

    std::map<std::string, moment> heard{}; ///< text -> when it came first
    std::map<std::string, int> received{}; ///< text -> how often it came over a link
    std::size_t most_links = 0;            ///< kept at one time
    bool accepts = true;                   ///< connections of others
    bool is_dead = false;

    void send(wallet_address const& to, wire::link_kind kind, byte_view body) override;
    void part(info_hash const& topic, wallet_address const& who) override;
    void connect(info_hash const& topic, endpoint const& where) override;
    void find_members(info_hash const& topic) override;
    [[nodiscard]] std::optional<endpoint> endpoint_of(wallet_address const& who) const override;

private:
    friend class topic_world;

    topic_world& m_world;
    endpoint m_where;
    std::shared_ptr<identity::keyring const> m_keys;
    seeded_random m_random;
    std::unique_ptr<overlay::topics> m_logic;
    std::set<topic_node*> m_links;
};

/// Members of one topic, connections between them with a delay, and a directory that tells
/// of some members, in virtual time. Everything follows from the seed.
class topic_world {
public:
    static constexpr std::chrono::milliseconds delay{25}; ///< one way
    static constexpr std::size_t told_members = 50;       ///< by the directory, at once

    explicit topic_world(std::uint64_t seed) : m_random(seed) {}

    topic_node& add();
    void join(topic_node& who);
    /// Gone without a word; its neighbours notice at once.
    void kill(topic_node& who);
    [[nodiscard]] topic_node& node(std::size_t number) { return *m_nodes[number]; }
    [[nodiscard]] std::size_t size() const { return m_nodes.size(); }
    [[nodiscard]] std::vector<topic_node*> alive() const;

    void run_for(std::chrono::milliseconds time);
    [[nodiscard]] moment now() const { return m_now; }
    /// Whether every living member can be reached from every other over links.
    [[nodiscard]] bool is_connected() const;
    /// Living members that heard it.
    [[nodiscard]] std::size_t heard_by(std::string const& text) const;

    info_hash const topic{{42}};
    double loss = 0; ///< of single messages
    bool has_directory = true;
    /// Members of another side are neither told of nor reached; by number of the node.
    std::function<int(std::size_t)> side{};

private:
    friend class topic_node;
    struct event {
        time_point when;
        std::uint64_t order;
        std::function<void()> what;
        bool operator<(event const& other) const {
            return std::pair(when, order) > std::pair(other.when, other.order);
        }
    };

    void at(time_point when, std::function<void()> what);
    void link(topic_node& from, topic_node& to);
    void unlink(topic_node& a, topic_node& b);
    void carry(topic_node& from, topic_node& to, wire::link_kind kind, bytes body);
    void settle(topic_node& who);
    [[nodiscard]] std::size_t number_of(topic_node const& who) const;
    [[nodiscard]] bool are_apart(topic_node const& a, topic_node const& b) const;

    seeded_random m_random;
    moment m_now{time_point{std::chrono::hours{1}}, unix_ms{std::chrono::seconds{1'700'000'000}}};
    std::vector<std::unique_ptr<topic_node>> m_nodes;
    std::map<endpoint, topic_node*> m_places;
    std::map<wallet_address, topic_node*> m_wallets;
    std::vector<topic_node*> m_directory;
    std::priority_queue<event> m_events;
    std::uint64_t m_order = 0;
};

} // namespace tau::test
