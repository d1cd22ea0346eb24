#pragma once

#include "core/rate_limiter.hpp"
#include "overlay/introducer.hpp"
#include "plugins/swarm/swarm_plugin.hpp"
#include "wire/tracker_answer.hpp"

#include <map>
#include <optional>
#include <vector>

namespace tau {

/// How we come to be linked with a wallet: who accepts connections is dialled, and to who is
/// behind a NAT a neighbour of both introduces us.
///
/// Source:    docs/wire/hello.md, "Rendezvous". Threading: tau thread. Errors: what does not
///            succeed leaves no trace.
class approach final : public overlay::introducer_port {
public:
    /// The same wallet is not dialled, nor an introduction to it asked for, sooner again.
    static constexpr std::chrono::seconds pause{20};
    /// Swarms that are joined to meet somebody; the oldest is left for a new one.
    static constexpr std::size_t max_joined = 16;
    static constexpr int connections = 3; ///< in one of them
    /// Neighbours that are asked for one introduction.
    static constexpr std::size_t max_introducers = 2;

    /// All outlive it. `base`: how the swarms of others are joined, but for their size.
    approach(plugins::swarm_plugin& swarm, clock_source const& clock, wallet_address const& own,
             plugins::swarm_options base);

    /// Meets a wallet in its own swarm, at `where` if given.
    void dial(wallet_address const& who, std::optional<endpoint> where);
    /// Asks some of the neighbours `by` to introduce us to `who`, with whom they are linked.
    void be_introduced(wallet_address const& who, std::vector<wallet_address> const& by);
    /// Approaches the wallet that these paths of a tracker, the best first, lead to.
    void follow(std::vector<wire::hop_path> const& paths);
    [[nodiscard]] overlay::introducer& introductions() { return m_introducer; }

    // overlay::introducer_port
    [[nodiscard]] bool is_linked(wallet_address const& who) const override;
    [[nodiscard]] std::optional<endpoint> seen_at(wallet_address const& who) const override;
    void send(wallet_address const& to, wire::link_kind kind, byte_view body) override;
    void meet(wallet_address const& who, endpoint const& where) override;

private:
    void join(info_hash const& swarm, plugins::swarm_options const& options);

    plugins::swarm_plugin& m_swarm;
    clock_source const& m_clock;
    wallet_address m_own;
    plugins::swarm_options m_options;
    std::map<info_hash, time_point> m_joined;
    overlay::introducer m_introducer{*this};
    rate_limiter<wallet_address> m_introductions;
};

} // namespace tau
