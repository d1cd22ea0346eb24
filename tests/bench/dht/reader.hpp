#pragma once

#include "network_process.hpp"
#include "plugins/tau/plugin_set.hpp"
#include "samples.hpp"
#include "support/private_dht.hpp"
#include "support/test_keys.hpp"

#include <libtorrent/alert_types.hpp>

#include <functional>
#include <map>
#include <string>

namespace tau::bench {

/// Whose items the network holds.
[[nodiscard]] public_key const& author_key();

/// The measured side: one Tau node and one stock libtorrent session in this process,
/// both introduced to a network_process.
class reader {
public:
    /// `adjust` changes the settings of the Tau node's session; may be empty.
    explicit reader(network_process const& network,
                    std::function<void(lt::settings_pack&)> adjust = {});

    [[nodiscard]] dht::access& tau() { return m_tau.dht(); }
    [[nodiscard]] public_key const& tau_key() const { return m_tau.keys().key(); }
    [[nodiscard]] plugins::owned_session& tau_session() { return m_tau_session; }
    [[nodiscard]] plugins::owned_session& stock_session() { return m_stock_session; }
    /// One more stock session in the network.
    plugins::owned_session& add_session();
    [[nodiscard]] test::private_dht& loop() { return m_loop; }

    /// Runs `count` gets by way of `begin(index, done)`, `in_flight` at a time, and gives
    /// the seconds it took. `done` must come once for each index.
    using begin_get = std::function<void(std::size_t index, std::function<void()> done)>;
    double run_gets(std::size_t count, std::size_t in_flight, begin_get const& begin);

    /// A get of the author's item through Tau; the time of its first value is added.
    begin_get tau_get(endpoint const& ask_at, dht::get_mode mode, samples& first_value);
    /// The same by stock libtorrent, ended by its authoritative answer.
    begin_get stock_get(samples& first_value, samples& authoritative);

    static constexpr std::chrono::minutes patience{10};

private:
    struct pending {
        steady::time_point begun;
        samples* first;
        samples* last;
        bool seen = false;
        std::function<void()> done;
    };
    struct stock_item {
        std::string salt;
        bool has_value;
        bool is_last;
    };

    void introduce(plugins::owned_session& session);
    void on_stock_item(stock_item const& item);

    network_process const& m_network;
    test::private_dht m_loop{0};
    plugins::owned_session& m_tau_session;
    plugins::owned_session& m_stock_session;
    plugin_set m_tau;
    std::map<std::string, pending> m_pending;
};

} // namespace tau::bench
