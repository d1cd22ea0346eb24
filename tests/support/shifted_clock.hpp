#pragma once

#include "core/clock.hpp"

#include <atomic>

namespace tau::test {

/// The clocks of the system, set forward by what the test says. Any thread.
class shifted_clock final : public clock_source {
public:
    [[nodiscard]] moment now() const override {
        return m_system.now().after(std::chrono::milliseconds(m_ahead_ms));
    }
    void advance(std::chrono::milliseconds d) { m_ahead_ms += d.count(); }

private:
    system_clock_source m_system;
    std::atomic<std::int64_t> m_ahead_ms{0};
};

} // namespace tau::test
