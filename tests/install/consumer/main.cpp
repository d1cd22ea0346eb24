// A client that exists already and takes the plugin set in: see docs/embedding.md.
#include "plugins/tau/plugin_set.hpp"

#include <libtorrent/session.hpp>
#include <libtorrent/session_params.hpp>

#include <future>
#include <iostream>

int main() {
    lt::settings_pack settings;
    settings.set_str(lt::settings_pack::listen_interfaces, "127.0.0.1:0");
    settings.set_str(lt::settings_pack::dht_bootstrap_nodes, "");
    settings.set_bool(lt::settings_pack::enable_lsd, false);
    settings.set_bool(lt::settings_pack::enable_upnp, false);
    settings.set_bool(lt::settings_pack::enable_natpmp, false);
    tau::plugin_set::recommend(settings);
    lt::session client{lt::session_params(settings)};

    tau::system_random random;
    auto const secret = tau::identity::identity_secret::make(random, {});
    auto const keys = std::make_shared<tau::identity::keyring const>(
        tau::identity::keyring::from(secret).value());
    tau::plugin_set tau(client, keys);

    // Reading is asked for on the tau thread, and answered there.
    std::promise<tau::error_code> ended;
    tau.post([&] {
        tau.dht().get(
            {{keys->key(), tau::wire::salt::from("channel").value()}, tau::dht::get_mode::direct},
            {{}, [&](tau::error_code ec) { ended.set_value(ec); }});
    });
    auto const ec = ended.get_future().get();
    std::cout << "nobody was asked: " << ec.message() << '\n';
    return ec == tau::errc::unreachable ? 0 : 1;
}
