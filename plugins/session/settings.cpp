#include "plugins/session/settings.hpp"

#include <libtorrent/alert.hpp>
#include <libtorrent/settings_pack.hpp>

#include <algorithm>

namespace tau::plugins {
namespace {

using pack = lt::settings_pack;

constexpr int dht_bytes_per_second = 1'000'000; // what one DSL line can send
constexpr int dht_packets_per_second = 1'000;   // from one address before it is ignored
constexpr int socket_buffer_bytes = 2 << 20;    // a lost datagram costs a traversal 15 s
constexpr int alert_queue_entries = 10'000;
constexpr int unlimited = 100'000'000; // zero divides by zero in libtorrent 2.0.8

void at_least(pack& settings, int name, int value) {
    // get_int() of a pack that does not hold the setting gives libtorrent's default.
    settings.set_int(name, std::max(value, settings.get_int(name)));
}

} // namespace

void recommend(pack& settings) {
    at_least(settings, pack::dht_upload_rate_limit, dht_bytes_per_second);
    at_least(settings, pack::dht_block_ratelimit, dht_packets_per_second);
    at_least(settings, pack::recv_socket_buffer_size, socket_buffer_bytes);
    at_least(settings, pack::send_socket_buffer_size, socket_buffer_bytes);
    at_least(settings, pack::alert_queue_size, alert_queue_entries);
}

void prepare_owned(pack& settings) {
    at_least(settings, pack::alert_queue_size, alert_queue_entries);
    auto const wanted = lt::alert_category::dht | lt::alert_category::dht_operation
                        | lt::alert_category::error | lt::alert_category::status
                        | lt::alert_category::stats;
    auto const mask = static_cast<std::uint32_t>(settings.get_int(pack::alert_mask));
    settings.set_int(pack::alert_mask, static_cast<int>(mask | static_cast<std::uint32_t>(wanted)));
}

void prepare_private(pack& settings) {
    for (int const off :
         {pack::enable_lsd, pack::enable_upnp, pack::enable_natpmp, pack::dht_restrict_routing_ips,
          pack::dht_restrict_search_ips, pack::dht_prefer_verified_node_ids,
          pack::dht_enforce_node_id, pack::dht_ignore_dark_internet})
        settings.set_bool(off, false);
    settings.set_bool(pack::enable_dht, true);
    settings.set_bool(pack::allow_multiple_connections_per_ip, true);
    settings.set_str(pack::dht_bootstrap_nodes, "");
    settings.set_int(pack::max_retry_port_bind, 0); // else a taken port becomes the next one
    settings.set_int(pack::dht_upload_rate_limit, unlimited);
    settings.set_int(pack::dht_block_ratelimit, unlimited);
    at_least(settings, pack::recv_socket_buffer_size, socket_buffer_bytes);
    at_least(settings, pack::send_socket_buffer_size, socket_buffer_bytes);
}

} // namespace tau::plugins
