#pragma once

#include "core/bytes.hpp"
#include "core/clock.hpp"
#include "core/random.hpp"
#include "gossip/config.hpp"

#include <map>
#include <optional>

namespace tau::gossip {

/// Whom to visit next: round robin, those first whom gossip names (they write, have news, were
/// seen), each friend ever more rarely while visits bring nothing. However many friends are
/// due, visits begin no faster than a pace, and silence costs ever less.
///
/// A pure state machine. Threading: one thread.
class visit_planner {
public:
    visit_planner(config const& settings, random_source& random)
        : m_settings(settings), m_random(random) {}

    /// The device is there (again): everybody is due, at the fast pace for a while.
    void start(moment now);
    void add(public_key const& who, time_point now);
    void remove(public_key const& who) { m_friends.erase(who); }

    /// Something says that a visit will bring news.
    void refer(public_key const& who, time_point now);
    /// A visit ended, or their vector came another way. `news`: it said something new.
    void on_visited(public_key const& who, bool news, time_point now);

    /// A visit has ended, perhaps without on_visited().
    void on_visit_ended(public_key const& who, time_point now);

    /// Whom to visit now, if anybody; on_visit_ended() must follow.
    [[nodiscard]] std::optional<public_key> next(time_point now);
    [[nodiscard]] std::optional<time_point> wake_at() const;

private:
    struct state {
        time_point due{};
        std::chrono::milliseconds pause{0};
        bool referred = false;
        bool under_way = false;
    };
    [[nodiscard]] bool is_eager(time_point now) const;
    /// When a visit of this kind may begin at the earliest.
    [[nodiscard]] time_point earliest(state const& of) const;

    config const& m_settings;
    random_source& m_random;
    std::map<public_key, state> m_friends;
    time_point m_started{};
    std::optional<time_point> m_last{};
};

} // namespace tau::gossip
