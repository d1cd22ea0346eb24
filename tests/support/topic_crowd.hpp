#pragma once

#include "plugins/tau/plugin_set.hpp"
#include "support/private_dht.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tau::test {

/// A real session with a plugin set that may join the crowd's topic.
class crowd_member {
public:
    crowd_member(plugins::owned_session& session, std::uint64_t seed);

    [[nodiscard]] overlay_set& overlay() { return m_tau.overlay(); }
    [[nodiscard]] wallet_address const& wallet() const { return m_keys->wallet(); }
    [[nodiscard]] bool has_heard(std::string const& text) const { return m_heard.contains(text); }
    [[nodiscard]] std::size_t heard() const { return m_heard.size(); }

private:
    std::shared_ptr<identity::keyring const> m_keys;
    plugin_set m_tau;
    std::map<std::string, int> m_heard;
};

/// Sessions of one process on a private DHT, through which they find each other in a topic.
/// Threading: the test's thread. Errors: exceptions, which fail the test.
class topic_crowd {
public:
    enum class transport { tcp, utp };

    explicit topic_crowd(std::size_t members, transport over = transport::tcp);

    [[nodiscard]] private_dht& loop() { return m_dht; }
    [[nodiscard]] std::size_t size() const { return m_members.size(); }
    [[nodiscard]] crowd_member& member(std::size_t number) { return *m_members[number]; }

    void join(crowd_member& who) { who.overlay().join_topic(topic); }
    void say(crowd_member& who, std::string const& text);
    /// Members among the first `count` that heard it.
    [[nodiscard]] std::size_t heard_by(std::string const& text, std::size_t count) const;
    /// The fewest and the most links that one of the first `count` members has.
    [[nodiscard]] std::pair<std::size_t, std::size_t> links(std::size_t count) const;
    /// Whether the first `count` members can all be reached from the first over links.
    [[nodiscard]] bool is_connected(std::size_t count) const;
    /// Posts that came over links so far, of each member.
    [[nodiscard]] std::vector<std::uint64_t> received() const;

    info_hash const topic = overlay::topic_hash("a crowd");

private:
    private_dht m_dht;
    std::vector<std::unique_ptr<crowd_member>> m_members;
};

} // namespace tau::test
