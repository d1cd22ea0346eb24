#pragma once

#include "core/clock.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace tau::tracker {

/// What the graphs of the admin page show, kept at three resolutions so that a day costs
/// no more than some hundred samples: every second for five minutes, every 10 s for an hour,
/// every 5 minutes for a day.
///
/// Counters are stored as they stand, not as rates: a coarser series is then made of every
/// n-th sample without averaging, and a reader's rate is exact over any span.
///
/// Source:    docs/tracker-operating.md, "Admin port".
/// Threading: one thread.
class history {
public:
    /// Values of one sample, in the order of the owner's names.
    static constexpr std::size_t max_values = 24;
    using values = std::array<std::uint64_t, max_values>;

    struct sample {
        unix_ms when;
        values what{};
    };
    enum class range { minutes, hour, day };
    static constexpr std::size_t range_count = 3;
    struct resolution {
        std::string_view name;
        std::chrono::seconds step;
        std::size_t size; ///< samples kept
    };
    static constexpr std::array<resolution, range_count> resolutions{{
        {"minutes", std::chrono::seconds{1}, 301},
        {"hour", std::chrono::seconds{10}, 361},
        {"day", std::chrono::seconds{300}, 289},
    }};
    [[nodiscard]] static std::optional<range> range_named(std::string_view name);

    /// Call it about once a second. A sample goes into every series whose step has passed
    /// since its last one.
    void add(moment now, values const& what);

    /// Samples later than `after`, the oldest first.
    [[nodiscard]] std::vector<sample> since(range which, unix_ms after) const;

private:
    struct series {
        std::vector<sample> ring; ///< grows to its size, then `next` is the oldest
        std::size_t next = 0;
        std::optional<time_point> last;
    };
    std::array<series, range_count> m_series;
};

} // namespace tau::tracker
