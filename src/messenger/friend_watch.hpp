#pragma once

#include "dht/access.hpp"
#include "messenger/contact.hpp"

namespace tau::messenger {

struct engine_core;

/// Reads friends' message channels, for those who cannot reach us directly.
///
/// A conversation in which something happened lately is read often, under its slots'
/// salts; an idle one rarely, under its tip alone, by the background line. The pause
/// doubles with each read that finds nothing. Threading: tau thread only.
class friend_watch {
public:
    /// Since the last sign of life or the last act of our user in a conversation.
    static constexpr std::chrono::minutes active_time{10};
    /// Since then a conversation may go on: the pause between reads stays this short.
    static constexpr std::chrono::hours recent_time{2};
    static constexpr std::chrono::minutes recent_pause{3};
    /// Between two reads of where a friend is, while something waits for them; the courier's
    /// growing pause counts if it is longer.
    static constexpr std::chrono::seconds endpoint_read_pause{5};

    explicit friend_watch(engine_core& core) : m_core(core) {}

    /// Begins to watch; the first read is of the tip and by the background line.
    void begin(contact_ptr const& who);
    /// Something happened: read again soon.
    void hurry(contact_ptr const& who);
    /// Reads the tip once, unhurried: gossip did not say what we need.
    void read_tip(contact_ptr const& who) { in_background(who); }
    /// Direct delivery failed: read where they say they are, at most once in a while.
    void look_for_endpoint(contact_ptr const& who);
    void forget(contact& who);

private:
    [[nodiscard]] bool is_active(contact const& who) const;
    void schedule(contact_ptr const& who);
    void in_background(contact_ptr const& who);
    void poll(contact_ptr const& who);
    void on_polled(contact_ptr const& who);

    engine_core& m_core;
};

} // namespace tau::messenger
