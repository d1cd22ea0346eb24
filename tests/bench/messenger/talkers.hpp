#pragma once

#include "network_process.hpp"
#include "samples.hpp"
#include "support/private_dht.hpp"
#include "support/temp_folder.hpp"
#include "tau_node/node_stack.hpp"

#include <memory>
#include <string>

namespace tau::bench {

/// What differs between the talkers of two scenarios.
struct talker_options {
    std::string name;
    std::uint64_t seed = 0; ///< of its keys and of its address
    dht::config dht{};
    std::function<void(lt::settings_pack&)> adjust{}; ///< after what tau-node sets; may be empty
};

/// One whole node as tau-node composes it: a session, a database on disk, the messenger.
class talker {
public:
    /// Waits until the node is in the network and has started.
    talker(test::private_dht& loop, network_process const& network,
           std::filesystem::path const& folder, talker_options options);
    /// Waits until all that was accepted is on disk.
    ~talker();
    talker(talker const&) = delete;
    talker& operator=(talker const&) = delete;

    [[nodiscard]] messenger::engine& messenger() { return m_stack->messenger(); }
    [[nodiscard]] node::node_stack& stack() { return *m_stack; }
    [[nodiscard]] plugins::owned_session& session() { return m_session; }
    [[nodiscard]] public_key const& key() const { return m_keys->key(); }
    [[nodiscard]] messenger::contact_info contact();
    /// Adds `who` and waits until that is stored.
    void befriend(talker& who);

private:
    test::private_dht& m_loop;
    std::shared_ptr<identity::keyring const> m_keys;
    plugins::owned_session& m_session;
    std::unique_ptr<node::node_stack> m_stack;
};

/// Makes both friends of each other and waits until either accepts the other.
void introduce(test::private_dht& loop, talker& one, talker& other);

} // namespace tau::bench
