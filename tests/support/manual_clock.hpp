#pragma once

#include "core/clock.hpp"

namespace tau::test {

/// A clock that moves only when told; both of its times start away from zero.
class manual_clock final : public clock_source {
public:
    [[nodiscard]] moment now() const override { return m_now; }
    void advance(std::chrono::milliseconds d) { m_now = m_now.after(d); }
    /// Moves the wall clock alone, as a user or NTP does.
    void set_wall(unix_ms wall) { m_now.wall = wall; }

private:
    moment m_now{time_point{std::chrono::hours{1}}, unix_ms{std::chrono::seconds{1'700'000'000}}};
};

} // namespace tau::test
