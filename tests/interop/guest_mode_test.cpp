#include "plugins/session/host.hpp"
#include "plugins/session/settings.hpp"
#include "plugins/tau/plugin_set.hpp"
#include "support/private_dht.hpp"
#include "support/test_keys.hpp"

#include <libtorrent/alert_types.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

namespace tau::plugins {
namespace {

using namespace std::chrono_literals;

lt::session_params client_params() {
    test::skip_certificates();
    lt::settings_pack settings;
    prepare_private(settings);
    settings.set_str(lt::settings_pack::listen_interfaces, "127.0.0.1:0");
    settings.set_int(lt::settings_pack::alert_mask, 0);
    return lt::session_params(std::move(settings));
}

std::optional<lt::sha1_hash> node_id(lt::dht_stats_alert const& alert) {
    return alert.nid;
}

/// Pops alerts as a client does, until `done`.
void pop_until(lt::session& session, std::function<bool()> const& done) {
    std::vector<lt::alert*> alerts;
    while (!done()) {
        session.wait_for_alert(20ms);
        session.pop_alerts(&alerts);
    }
}

TEST(GuestMode, HandlesAlertsOnItsOwnContext) {
    lt::session client(client_params());
    auto const context = std::make_shared<boost::asio::io_context>();
    host guest(client, context);
    std::optional<std::thread::id> handled_on;
    guest.alerts().route<lt::dht_stats_alert>(
        node_id, [&](lt::sha1_hash const&) { handled_on = std::this_thread::get_id(); });
    guest.attach();
    pop_until(client, [&] {
        client.post_dht_stats();
        context->restart();
        context->poll();
        return handled_on.has_value();
    });
    EXPECT_EQ(*handled_on, std::this_thread::get_id());
}

TEST(GuestMode, IsNotCalledAfterItDetached) {
    lt::session client(client_params());
    auto const context = std::make_shared<boost::asio::io_context>();
    auto guest = std::make_unique<host>(client, context);
    guest->attach();
    guest.reset();
    client.post_dht_stats();
    EXPECT_EQ(context->poll(), 0U);
}

TEST(GuestMode, RefusesCallsOnASessionThatEnded) {
    auto client = std::make_unique<lt::session>(client_params());
    auto const context = std::make_shared<boost::asio::io_context>();
    host guest(*client, context);
    guest.attach();
    EXPECT_FALSE(guest.call([](lt::session_handle& session) { session.post_dht_stats(); }));
    client.reset();
    EXPECT_EQ(guest.call([](lt::session_handle& session) { session.post_dht_stats(); }),
              errc::cancelled);
}

TEST(GuestMode, RunsAPluginSetBesideAClient) {
    lt::session client(client_params());
    plugin_set guest(client, test::keys_of(1));
    std::promise<std::thread::id> ran;
    guest.post([&] { ran.set_value(std::this_thread::get_id()); });
    auto const where = ran.get_future().get();
    EXPECT_NE(where, std::this_thread::get_id());
}

TEST(GuestMode, OutlivesTheClientsSession) {
    auto client = std::make_unique<lt::session>(client_params());
    plugin_set guest(*client, test::keys_of(1));
    client.reset();
    std::promise<void> ran;
    guest.post([&] { ran.set_value(); });
    ran.get_future().get();
}

/// A client with stock alert settings in a private network, and Tau as its guest.
struct GuestInNetwork : testing::Test {
    GuestInNetwork() : author_session(dht.add_session()), author(author_session, test::keys_of(1)) {
        auto params = client_params();
        params.settings.set_str(lt::settings_pack::listen_interfaces, "127.99.1.1:0");
        client = std::make_unique<lt::session>(std::move(params));
        int nodes = 0;
        while (nodes < dht.network().usable_table()) {
            dht.network().introduce(*client); // forgotten if the client does not listen yet
            client->post_dht_stats();
            turn();
            for (auto const* alert : alerts)
                if (auto const* stats = lt::alert_cast<lt::dht_stats_alert>(alert))
                    for (nodes = 0; auto const& bucket : stats->routing_table)
                        nodes += bucket.num_nodes;
        }
        guest = std::make_unique<plugin_set>(*client, test::keys_of(2));
    }

    /// Lets the network live and the client pop its alerts.
    void turn() {
        dht.run_for(5ms);
        client->pop_alerts(&alerts);
    }

    test::private_dht dht{12};
    plugins::owned_session& author_session;
    plugin_set author;
    std::unique_ptr<lt::session> client;
    std::unique_ptr<plugin_set> guest;
    std::vector<lt::alert*> alerts;
};

TEST_F(GuestInNetwork, ReadsAndWritesLikeAnOwner) {
    auto const chan = wire::salt::from("chan").value();
    std::atomic<int> authored = -1, stored = -1, seen = -1;
    (void)author.dht().put(chan, 7, to_bytes("5:hello"),
                           [&](dht::put_report report) { authored = report.nodes; });
    while (authored < 0)
        turn();
    for (auto const mode : {dht::get_mode::recursive, dht::get_mode::direct}) {
        seen = -1;
        guest->post([&] {
            guest->dht().get(
                {{author.keys().key(), chan}, mode, test::private_dht::endpoint_of(author_session)},
                {[&](dht::got_item const& got) { seen = int(got.item.seq); },
                 [&](error_code ec) { seen = ec ? 0 : seen.load(); }});
        });
        while (seen < 0)
            turn();
        EXPECT_EQ(seen, 7);
    }

    guest->post([&] {
        (void)guest->dht().put(chan, 8, to_bytes("5:guest"),
                               [&](dht::put_report report) { stored = report.nodes; });
    });
    while (stored < 0)
        turn();
    EXPECT_GT(stored, 0);
}

TEST_F(GuestInNetwork, ServesItsItemsOnTheClientsThread) {
    auto const chan = wire::salt::from("chan").value();
    guest->post([&] { (void)guest->dht().put(chan, 8, to_bytes("5:guest"), {}); });
    auto const where = endpoint(boost::asio::ip::make_address("127.99.1.1"), client->listen_port());
    std::optional<dht::got_item> got;
    // The guest's thread may not have come to the put yet; the test's time limit bounds this.
    while (!got) {
        bool done = false;
        author.dht().get(
            {{guest->keys().key(), chan}, dht::get_mode::direct, where},
            {[&](dht::got_item const& item) { got = item; }, [&](error_code) { done = true; }});
        while (!done)
            turn();
    }
    EXPECT_EQ(got->item.seq, 8);
}

TEST(OwnerMode, ShutsDownInOrder) {
    test::private_dht dht(4);
    auto& session = dht.add_session();
    auto set = std::make_unique<plugin_set>(session, test::keys_of(1));
    dht.run_for(20ms);
    set.reset();
    dht.run_for(20ms);
}

} // namespace
} // namespace tau::plugins
