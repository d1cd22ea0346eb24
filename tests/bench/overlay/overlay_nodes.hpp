#pragma once

#include "child_process.hpp"
#include "plugins/tau/plugin_set.hpp"
#include "samples.hpp"
#include "support/private_dht.hpp"

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace tau::bench {

/// A message that was made before the measurement.
struct sealed_payload {
    bytes payload;
    hash256 id;
};
/// Each another one; another seed gives others, as nodes drop copies.
[[nodiscard]] std::vector<sealed_payload> make_payloads(std::size_t count, std::uint64_t seed,
                                                        std::size_t octets = 1024);

/// A plugin set on a session of its own, which takes what comes for it at once.
struct overlay_node {
    overlay_node(test::private_dht& loop, std::uint64_t seed, overlay_options options = {});

    [[nodiscard]] endpoint where() const { return test::private_dht::endpoint_of(session); }
    [[nodiscard]] wallet_address const& wallet() const { return keys->wallet(); }
    [[nodiscard]] overlay_set& overlay() { return tau.overlay(); }
    [[nodiscard]] bool is_linked(wallet_address const& who) {
        return overlay().links().is_linked(who);
    }
    /// Counters, for when messages stay away.
    [[nodiscard]] std::string state();

    std::shared_ptr<identity::keyring const> keys;
    plugins::owned_session& session;
    plugin_set tau;
    std::size_t arrived = 0;
    std::size_t acknowledged = 0;
    /// If set, told of what comes instead of taking it.
    std::function<void(forward::arrival const&)> on_arrival{};
    std::function<void(forward::acknowledged const&)> on_acknowledged{};
};

/// Links `a` with whoever has these keys there; throws if that fails.
void link(test::private_dht& loop, overlay_node& a, wallet_address const& other,
          endpoint const& where);
void link(test::private_dht& loop, overlay_node& a, overlay_node& b);

/// A node in a process of its own: it can be stopped, killed, and has a core for itself.
/// It passes on what comes, and floods when told to.
class overlay_process {
public:
    /// `greedy`: it ignores what a neighbour may send ahead.
    explicit overlay_process(std::uint64_t seed, bool greedy = false);

    [[nodiscard]] wallet_address wallet() const { return m_wallet; }
    [[nodiscard]] endpoint const& where() const { return m_where; }
    /// It links itself with another.
    void dial(wallet_address const& who, endpoint const& where);
    /// From now on it sends to the wallet as fast as it can, over `hop`.
    void flood(wallet_address const& whom, wallet_address const& hop);
    /// SIGKILL: its connections are reset.
    void kill() { m_child.kill(); }
    /// SIGSTOP: as a machine that lost its power, its connections fall silent.
    void freeze();
    /// Frames that it reported as crowded, those it holds, and those it passed on.
    struct counters {
        std::size_t crowded = 0, held = 0, passed_on = 0, sent = 0;
    };
    [[nodiscard]] counters count();
    [[nodiscard]] double resident_mib() const;

private:
    child_process m_child;
    wallet_address m_wallet;
    endpoint m_where;
};

} // namespace tau::bench
