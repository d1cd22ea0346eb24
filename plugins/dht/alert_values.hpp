#pragma once

#include "core/endpoint.hpp"
#include "dht/engine.hpp"
#include "wire/krpc.hpp"
#include "wire/mutable_item.hpp"

#include <libtorrent/client_data.hpp>
#include <libtorrent/fwd.hpp>
#include <libtorrent/sha1_hash.hpp>

#include <optional>
#include <string>
#include <vector>

namespace tau::plugins {

// What the DHT alerts say, copied out of libtorrent's memory. Each capture gives
// nullopt for an alert that is not of interest. Threading: any, they hold no state.

/// Marks the user data of our direct requests, so that those of others are not taken.
/// The pointer is the request id in disguise and is never followed.
struct request_tag;
[[nodiscard]] lt::client_data_t to_user_data(dht::request_id id);

struct direct_response {
    dht::request_id id;
    endpoint from;
    std::string message; ///< empty: an error reply, or the session gave up
};
[[nodiscard]] std::optional<direct_response> capture(lt::dht_direct_response_alert const& alert);

struct traversal_item {
    wire::item_address what;
    std::optional<wire::mutable_item> item; ///< not verified
    bool is_last;                           ///< the traversal has ended
};
[[nodiscard]] std::optional<traversal_item> capture(lt::dht_mutable_item_alert const& alert);

struct traversal_value {
    target what;
    bytes value; ///< bencoded; empty if nobody had it
};
[[nodiscard]] std::optional<traversal_value> capture(lt::dht_immutable_item_alert const& alert);

struct put_outcome {
    target what;
    std::int64_t seq; ///< 0 for an immutable item
    int nodes;
};
[[nodiscard]] std::optional<put_outcome> capture(lt::dht_put_alert const& alert);

struct table_owner {
    lt::sha1_hash node_id;
    endpoint local;
};
[[nodiscard]] std::optional<table_owner> capture(lt::dht_stats_alert const& alert);

[[nodiscard]] std::optional<std::vector<wire::node_info>>
capture(lt::dht_live_nodes_alert const& alert);

[[nodiscard]] std::optional<ip_address> capture(lt::external_ip_alert const& alert);

/// A bencoded value as an entry that is sent exactly as it is.
[[nodiscard]] lt::entry verbatim(byte_view bencoded);

} // namespace tau::plugins
