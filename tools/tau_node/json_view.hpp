#pragma once

#include "dht/access.hpp"
#include "dht/stats.hpp"
#include "gossip/engine.hpp"
#include "messenger/types.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string_view>

namespace tau::node {

/// The JSON forms of docs/api.md. Keys and ids are lower-case hexadecimal, times
/// RFC 3339 in UTC. Text is as its author wrote it: escape it before showing it.
[[nodiscard]] nlohmann::json to_json(messenger::message_view const& message);
[[nodiscard]] nlohmann::json to_json(messenger::friend_view const& who);
[[nodiscard]] nlohmann::json to_json(messenger::waiting_message const& what);
[[nodiscard]] nlohmann::json to_json(gossip::counts const& counts);
[[nodiscard]] nlohmann::json to_json(dht::stats const& stats);

/// {"value"} for a bencoded string of UTF-8, {"value_hex"} of its octets for another string,
/// {"value_hex", "bencoded": true} of the whole for another bencoded value.
[[nodiscard]] nlohmann::json value_to_json(byte_view bencoded);

/// The octets as a bencoded string.
[[nodiscard]] bytes to_bencoded_string(byte_view octets);

[[nodiscard]] char const* name_of(messenger::message_state state);
[[nodiscard]] char const* name_of(messenger::delivery_way way);
[[nodiscard]] char const* name_of(messenger::friend_state state);
[[nodiscard]] char const* name_of(messenger::file_state state);
[[nodiscard]] char const* name_of(messenger::friend_contact contact);
[[nodiscard]] char const* name_of(messenger::waiting_reason reason);
[[nodiscard]] char const* name_of(dht::get_source source);
[[nodiscard]] char const* name_of(dht::nat_kind kind);

} // namespace tau::node
