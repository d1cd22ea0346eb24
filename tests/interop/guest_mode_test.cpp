#include "plugins/session/host.hpp"
#include "plugins/session/settings.hpp"
#include "plugins/tau/plugin_set.hpp"
#include "support/private_dht.hpp"
#include "support/test_keys.hpp"

#include <libtorrent/alert_types.hpp>

#include <gtest/gtest.h>

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
