#pragma once

#include "core/rate_limiter.hpp"
#include "overlay/introducer.hpp"
#include "plugins/swarm/swarm_plugin.hpp"
#include "wire/tracker_answer.hpp"

#include <functional>
#include <map>
#include <optional>
#include <vector>

namespace tau {

/// Whether to open a connection to a wallet that somebody says is reachable.
enum class dial_rule { never, when_accepted };

/// How we come to be linked with a wallet: who accepts connections is dialled, and to who is
/// behind a NAT a neighbour of both introduces us.
///
/// Source:    docs/wire/hello.md, "Rendezvous". Threading: tau thread. Errors: what does not
///            succeed leaves no trace.
class approach final : public overlay::introducer_port {
public:
    /// The same wallet is not dialled, nor an introduction to it asked for, sooner again.
    static constexpr std::chrono::seconds pause{20};
    /// Swarms of others that are joined to meet them, and swarms of a pair.
    static constexpr std::size_t max_dialled = 16;
    static constexpr std::size_t max_meetings = 16;
    static constexpr int connections = 3; ///< in one of them
    /// Neighbours that are asked for one introduction.
    static constexpr std::size_t max_introducers = 2;

    /// All outlive it. `base`: how the swarms of others are joined, but for their size.
    approach(plugins::swarm_plugin& swarm, clock_source const& clock, random_source& random,
             wallet_address const& own, plugins::swarm_options base, dial_rule rule);

    /// Wallets whom we do not meet (blocked by the user).
    void refuse(std::function<bool(wallet_address const&)> is_refused) { m_refused = is_refused; }

    /// Meets a wallet in its own swarm, at `where` if given; whatever the rule is.
    void dial(wallet_address const& who, std::optional<endpoint> where);
    /// Asks some of `by` to introduce us to `who`, with whom they say that they are linked.
    void be_introduced(wallet_address const& who, std::vector<wallet_address> by);
    /// Dials the wallet that these paths of a tracker, the best first, lead to.
    void follow(std::vector<wire::hop_path> const& paths);
    [[nodiscard]] overlay::introducer& introductions() { return m_introducer; }

    // overlay::introducer_port
    [[nodiscard]] bool is_linked(wallet_address const& who) const override;
    [[nodiscard]] std::optional<endpoint> seen_at(wallet_address const& who) const override;
    void send(wallet_address const& to, wire::link_kind kind, byte_view body) override;
    [[nodiscard]] bool meet(wallet_address const& who, endpoint const& where,
                            overlay::meeting how) override;

private:
    struct visit {
        time_point since;
        overlay::meeting how = overlay::meeting::asked;
    };
    using visits = std::map<info_hash, visit>;

    [[nodiscard]] bool is_met(info_hash const& swarm) const;
    /// The oldest where nobody is met, else the oldest; of those that `may_go`.
    template <class Filter>
    [[nodiscard]] visits::iterator whom_to_leave(visits& all, Filter may_go) const;
    void leave(visits& all, visits::iterator which);

    plugins::swarm_plugin& m_swarm;
    clock_source const& m_clock;
    random_source& m_random;
    wallet_address m_own;
    plugins::swarm_options m_options;
    dial_rule m_rule;
    std::function<bool(wallet_address const&)> m_refused{};
    visits m_dialled;
    visits m_meetings;
    overlay::introducer m_introducer{*this};
    rate_limiter<wallet_address> m_introductions;
};

} // namespace tau
