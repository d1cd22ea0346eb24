#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>

namespace tau::tracker {

/// Which batches of other front-ends were taken from one lane of the shared log, so
/// that one that was sent again counts once and one that is missing is noticed.
///
/// Source:    docs/wire/tracker-redis.md. Threading: one thread. Errors: none.
class replica_log {
public:
    /// Front-ends remembered; one is forgotten after `lifetime_s` of silence. Our limits.
    static constexpr std::size_t max_front_ends = 1024;
    static constexpr std::uint32_t lifetime_s = 3600;

    enum class verdict {
        fresh, ///< the next one, or the first of this front-end
        known, ///< taken before
        gap,   ///< new, but some before it never came
    };

    [[nodiscard]] verdict take(std::uint64_t front_end, std::uint64_t number, std::uint32_t now_s);
    [[nodiscard]] std::size_t size() const { return m_last.size(); }

private:
    struct place {
        std::uint64_t number = 0;
        std::uint32_t seen_s = 0;
    };

    void make_room(std::uint32_t now_s);

    std::unordered_map<std::uint64_t, place> m_last;
};

} // namespace tau::tracker
