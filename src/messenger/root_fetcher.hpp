#pragma once

#include "dht/access.hpp"
#include "messenger/contact.hpp"

namespace tau::messenger {

struct engine_core;

/// Fetches messages of theirs that are known by their root only: from their own node,
/// else from the DHT; the newest first and spread over history, several at a time.
/// One that nobody has is asked for again with growing pauses and holds up no other.
///
/// Threading: tau thread only.
class root_fetcher {
public:
    static constexpr std::size_t max_gets = 16; ///< under way for one friend
    static constexpr std::size_t max_looked_at = 256;
    static constexpr std::chrono::milliseconds first_pause{3'000};
    static constexpr std::chrono::milliseconds last_pause{3'600'000};

    explicit root_fetcher(engine_core& core) : m_core(core) {}
    void kick(contact_ptr const& from);
    void forget(contact& who);

private:
    void check(contact_ptr const& from, std::vector<target> roots);
    void get(contact_ptr const& from, target const& root);
    void on_done(contact_ptr const& from, target const& root, bool found);

    engine_core& m_core;
};

} // namespace tau::messenger
