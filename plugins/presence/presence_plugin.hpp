#pragma once

#include "overlay/presence.hpp"
#include "plugins/session/wake_timer.hpp"

namespace tau::plugins {

/// overlay::presence on the tau thread: its clock and its timer. Without a tracker port
/// it does nothing, and every route is unknown. Threading: tau thread.
class presence_plugin {
public:
    /// All outlive the plugin; `trackers` may be null.
    presence_plugin(boost::asio::io_context& context, clock_source const& clock,
                    random_source& random, identity::keyring const& keys,
                    overlay::tracker_port* trackers);
    ~presence_plugin();
    presence_plugin(presence_plugin const&) = delete;
    presence_plugin& operator=(presence_plugin const&) = delete;

    [[nodiscard]] overlay::presence& logic() { return m_logic; }
    void stop();

private:
    class no_trackers;
    std::unique_ptr<overlay::tracker_port> m_none;
    clock_source const& m_clock;
    overlay::presence m_logic;
    wake_timer m_timer;
};

} // namespace tau::plugins
