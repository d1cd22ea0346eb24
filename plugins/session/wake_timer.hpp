#pragma once

#include "core/clock.hpp"
#include "core/error.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility> // Boost 1.74's asio.hpp needs it first in C++20

#include <functional>
#include <memory>
#include <optional>

namespace tau::plugins {

/// Calls a state machine's on_time() when its wake_at() asks for it.
///
/// Whoever feeds the machine an event calls update() afterwards, because the event
/// may have changed wake_at(). A due time in the past is served as soon as the
/// io_context turns, never inside update().
/// Threading: tau thread only. Errors: none; the destructor cancels.
class wake_timer {
public:
    using wake_query = std::function<std::optional<time_point>()>;
    using time_handler = std::function<void(moment)>;

    /// `clock` and what the functions refer to must outlive the timer.
    wake_timer(boost::asio::io_context& context, clock_source const& clock, wake_query wake_at,
               time_handler on_time);

    /// Reads wake_at() again and sets the timer to it, unless it is set for earlier: then it is
    /// read again when that time comes. nullopt stops it.
    void update();
    /// Stops for good: later update() calls do nothing.
    void stop();

private:
    void arm(time_point due);

    boost::asio::steady_timer m_timer;
    clock_source const& m_clock;
    wake_query m_wake_at;
    time_handler m_on_time;
    std::optional<time_point> m_armed; // for when the timer is set
    bool m_stopped = false;
    std::shared_ptr<int> m_alive = std::make_shared<int>();
};

} // namespace tau::plugins
