#pragma once

#include <chrono>

namespace tau {

using steady_clock = std::chrono::steady_clock;
using time_point = steady_clock::time_point;
using duration = steady_clock::duration;

/// UTC unix time, the unit of every time that crosses the wire or is shown.
using unix_ms = std::chrono::sys_time<std::chrono::milliseconds>;

/// One moment on both clocks: `mono` for deadlines, `wall` for signed and shown
/// times. Adapters read it once per event; logic receives it and reads no clock.
struct moment {
    time_point mono{};
    unix_ms wall{};

    /// The moment `d` later on both clocks.
    [[nodiscard]] moment after(std::chrono::milliseconds d) const { return {mono + d, wall + d}; }
};

/// Where an adapter gets the time from. Threading: any thread.
class clock_source {
public:
    virtual ~clock_source() = default;
    [[nodiscard]] virtual moment now() const = 0;
};

/// The clocks of the operating system.
class system_clock_source final : public clock_source {
public:
    [[nodiscard]] moment now() const override;
};

} // namespace tau
