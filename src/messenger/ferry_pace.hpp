#pragma once

#include "core/clock.hpp"

#include <chrono>
#include <cstddef>
#include <optional>

namespace tau::messenger {

/// How many blocks of a file may be on their way to us: as many as the way holds before they
/// wait somewhere. What waits would hold up messages on the same way, and hops and the sender
/// would take it for lost and send it again.
///
/// Grows while blocks come about as fast as the fastest did, and shrinks when they take
/// longer, as LEDBAT does for BitTorrent.
///
/// Source: RFC 6817, for the idea. Threading: one thread. Owns no clock.
class ferry_pace {
public:
    static constexpr std::size_t first_window = 8;
    static constexpr std::size_t min_window = 2;
    static constexpr std::size_t max_window = 32; ///< 512 KiB
    /// What a block may take longer than the fastest one of late.
    static constexpr std::chrono::milliseconds spare{200};
    /// The fastest block counts between one and two of these: a way may become longer.
    static constexpr std::chrono::seconds memory{60};

    [[nodiscard]] std::size_t window() const { return static_cast<std::size_t>(m_window); }
    /// One came, `took` after it had been asked for.
    void on_block(duration took, time_point now);
    /// Some did not come in time.
    void on_lost(time_point now);

private:
    void shrink(double part, time_point now);
    void remember(duration took, time_point now);

    double m_window = first_window;
    bool m_is_starting = true; // doubles with each window
    std::optional<duration> m_fastest;
    std::optional<duration> m_fastest_before;
    time_point m_since{}; // of m_fastest
    duration m_usual{};   // about what blocks take
    time_point m_shrunk{};
};

} // namespace tau::messenger
