#pragma once

#include "core/bytes.hpp"
#include "core/clock.hpp"
#include "gossip/config.hpp"

#include <deque>
#include <unordered_map>

namespace tau::gossip {

/// What demands may cost us: octets on each friend's account in any minute, and one put of
/// an item in an hour, whoever asks.
///
/// Threading: one thread. Bounded: accounts are of friends only, puts are forgotten after
/// their hour and at most max_remembered are remembered, beyond which none is made.
class serve_budget {
public:
    static constexpr std::size_t max_remembered = 16'384;

    explicit serve_budget(config const& settings) : m_settings(settings) {}

    /// Takes `size` octets from the account of `who`; false if they are not there.
    [[nodiscard]] bool charge(public_key const& who, std::size_t size, time_point now);
    /// Notes a put; false if the item was put less than an hour ago.
    [[nodiscard]] bool may_put(target const& what, time_point now);
    /// It was put otherwise.
    void on_put(target const& what, time_point now);
    void forget(public_key const& who) { m_accounts.erase(who); }

private:
    struct spent {
        time_point at;
        std::size_t octets;
    };
    struct account {
        std::deque<spent> last_minute;
        std::size_t sum = 0;
    };
    void expire(time_point now);

    config const& m_settings;
    std::unordered_map<public_key, account> m_accounts;
    std::unordered_map<target, time_point> m_put;
    std::deque<std::pair<time_point, target>> m_put_order;
};

} // namespace tau::gossip
