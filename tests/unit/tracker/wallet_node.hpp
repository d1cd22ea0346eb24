#pragma once

#include "net/tracker_server.hpp"
#include "net/tracker_shared_store.hpp"
#include "overlay/presence.hpp"
#include "support/test_keys.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <utility> // Boost 1.74's asio.hpp needs it first in C++20

#include <functional>
#include <memory>
#include <vector>

namespace tau::net {

/// A node's presence at a real tracker.
struct wallet_node {
    wallet_node(std::unique_ptr<overlay::tracker_port> trackers, std::uint64_t seed)
        : keys(test::keys_of(seed)), random(seed), client(std::move(trackers)),
          logic(*keys, random, *client) {
        logic.on_clock([this] { return clock.now(); });
        logic.observe({[this](auto const&, auto const& all) { peers = all; },
                       [this](auto const&, auto const& paths) {
                           ++routes;
                           if (!paths.empty())
                               best = paths.front();
                       }});
        logic.set_port(static_cast<std::uint16_t>(7000 + seed), true, clock.now());
    }
    [[nodiscard]] wallet_address const& wallet() const { return keys->wallet(); }

    system_clock_source clock;
    std::shared_ptr<identity::keyring const> keys;
    seeded_random random;
    std::unique_ptr<overlay::tracker_port> client;
    overlay::presence logic;
    std::vector<endpoint> peers;
    std::size_t routes = 0;
    wire::hop_path best{};
};

/// A real tracker on loopback, and a context for its clients.
struct tracker_fixture : testing::Test {
    system_clock_source clock;
    seeded_random random{1};
    tracker_shared_store store{{}, {}, 7, clock};
    boost::asio::io_context io;

    std::unique_ptr<tracker_server> start() {
        tracker_server_config config;
        config.udp = {parse_endpoint("127.0.0.1:0").value()};
        config.http = config.udp;
        config.threads = 1;
        auto out = std::make_unique<tracker_server>(
            config, store, std::make_shared<tracker::policy const>(), clock, random);
        out->start();
        return out;
    }
    bool run_until(std::vector<wallet_node*> const& nodes, std::function<bool()> const& done) {
        auto const end = clock.now().mono + std::chrono::seconds(20);
        while (!done() && clock.now().mono < end) {
            for (auto* one : nodes)
                one->logic.on_time(clock.now());
            io.restart();
            io.run_one_for(std::chrono::milliseconds(10));
        }
        return done();
    }
};

} // namespace tau::net
