#include "tau_node/json_view.hpp"

#include "core/hex.hpp"
#include "core/text.hpp"
#include "identity/wallet.hpp"
#include "tau_node/failure.hpp"
#include "tau_node/time_text.hpp"

#include <libtorrent/bdecode.hpp>

#include <nlohmann/json.hpp>

namespace tau::node {

using nlohmann::json;

namespace {

json file_json(messenger::attachment_view const& file) {
    json out{{"name", file.name},
             {"bytes", file.size_bytes},
             {"sha256", to_hex(file.sha256)},
             {"fetched_bytes", file.fetched_bytes}};
    if (!file.state)
        return out;
    out["state"] = name_of(*file.state);
    out["bytes_per_s"] = file.bytes_per_s;
    out["receiver_bytes"] = file.receiver_bytes;
    if (file.trouble)
        out["trouble"] = name_of(file.trouble);
    return out;
}

json optional_time(std::optional<unix_ms> const& time) {
    return time ? json(to_rfc3339(*time)) : json();
}

} // namespace

char const* name_of(messenger::friend_contact contact) {
    switch (contact) {
    case messenger::friend_contact::never:
        return "never";
    case messenger::friend_contact::before:
        return "before";
    case messenger::friend_contact::online:
        break;
    }
    return "online";
}

char const* name_of(messenger::message_state state) {
    switch (state) {
    case messenger::message_state::stored:
        return "stored";
    case messenger::message_state::published:
        return "published";
    case messenger::message_state::delivered:
        return "delivered";
    case messenger::message_state::read:
        break;
    }
    return "read";
}

char const* name_of(messenger::delivery_way way) {
    switch (way) {
    case messenger::delivery_way::none:
        return "none";
    case messenger::delivery_way::connection:
        return "connection";
    case messenger::delivery_way::direct:
        return "direct";
    case messenger::delivery_way::path:
        return "path";
    case messenger::delivery_way::dht:
        return "dht";
    case messenger::delivery_way::friends:
        break;
    }
    return "friends";
}

char const* name_of(messenger::file_state state) {
    switch (state) {
    case messenger::file_state::waiting:
        return "waiting";
    case messenger::file_state::moving:
        return "moving";
    case messenger::file_state::complete:
        return "complete";
    case messenger::file_state::failed:
        return "failed";
    case messenger::file_state::removed:
        break;
    }
    return "removed";
}

char const* name_of(messenger::friend_state state) {
    switch (state) {
    case messenger::friend_state::pending:
        return "pending";
    case messenger::friend_state::requested:
        return "requested";
    case messenger::friend_state::accepted:
        return "accepted";
    case messenger::friend_state::blocked:
        break;
    }
    return "blocked";
}

char const* name_of(messenger::waiting_reason reason) {
    switch (reason) {
    case messenger::waiting_reason::not_waiting:
        return "not_waiting";
    case messenger::waiting_reason::first_contact:
        return "first_contact";
    case messenger::waiting_reason::no_endpoint:
        return "no_endpoint";
    case messenger::waiting_reason::no_answer:
        return "no_answer";
    case messenger::waiting_reason::not_acknowledged:
        return "not_acknowledged";
    case messenger::waiting_reason::with_friends:
        return "with_friends";
    case messenger::waiting_reason::blocked:
        break;
    }
    return "blocked";
}

char const* name_of(dht::get_source source) {
    switch (source) {
    case dht::get_source::local:
        return "local";
    case dht::get_source::direct:
        return "direct";
    case dht::get_source::recursive:
        break;
    }
    return "recursive";
}

char const* name_of(dht::nat_kind kind) {
    switch (kind) {
    case dht::nat_kind::unknown:
        return "unknown";
    case dht::nat_kind::none:
        return "none";
    case dht::nat_kind::cone:
        return "cone";
    case dht::nat_kind::symmetric:
        break;
    }
    return "symmetric";
}

json to_json(messenger::message_view const& message) {
    json out{{"id", to_hex(message.id)},
             {"from", to_hex(message.from)},
             {"to", to_hex(message.to)},
             {"time", to_rfc3339(message.time)},
             {"received", to_rfc3339(message.received)},
             {"state", name_of(message.state)},
             {"way", name_of(message.way)}};
    if (message.file)
        out["file"] = file_json(*message.file);
    else
        out["text"] = message.text;
    if (message.waiting_first_contact)
        out["waiting_first_contact"] = true;
    return out;
}

json to_json(messenger::friend_view const& who) {
    return {{"public_key", to_hex(who.key)},
            {"name", who.name},
            {"wallet", who.wallet ? json(identity::to_eip55(*who.wallet)) : json()},
            {"state", name_of(who.state)},
            {"last_seen", optional_time(who.last_seen)},
            {"contact", name_of(who.contact)},
            {"last_message", optional_time(who.last_message)},
            {"seen_by_friends", optional_time(who.seen_by_friends)},
            {"writes_until", optional_time(who.writes_until)},
            {"unread", who.unread}};
}

json to_json(messenger::waiting_message const& what) {
    return {{"id", to_hex(what.id)},           {"to", to_hex(what.to)},
            {"time", to_rfc3339(what.time)},   {"reason", name_of(what.why.reason)},
            {"published", what.why.published}, {"carried_by", what.why.carriers},
            {"tries", what.why.tries},         {"next_try", optional_time(what.why.next_try)}};
}

json to_json(gossip::counts const& c) {
    return {{"held_items", c.held_items},
            {"held_bytes", c.held_bytes},
            {"relayed", c.relayed},
            {"lone_receipts", c.lone_receipts},
            {"demands", c.demands},
            {"served_demands", c.served_demands},
            {"refused_demands", c.refused_demands},
            {"vectors", c.vectors},
            {"refused_vectors", c.refused_vectors},
            {"online", c.online}};
}

json to_json(dht::stats const& s) {
    return {{"gets",
             {{"local", s.gets_local},
              {"direct", s.gets_direct},
              {"recursive", s.gets_recursive},
              {"not_found", s.gets_not_found},
              {"failed", s.gets_failed},
              {"joined", s.gets_joined},
              {"in_flight", s.gets_in_flight},
              {"queued", s.gets_queued}}},
            {"puts",
             {{"started", s.puts_started},
              {"done", s.puts_done},
              {"retried", s.puts_retried},
              {"failed", s.puts_failed},
              {"in_flight", s.puts_in_flight},
              {"queued", s.puts_queued}}},
            {"exchanges",
             {{"out", s.exchanges_out},
              {"answered", s.exchanges_answered},
              {"failed", s.exchanges_failed},
              {"in", s.exchanges_in}}},
            {"queries",
             {{"sent", s.queries_sent},
              {"resent", s.queries_resent},
              {"paced", s.queries_paced},
              {"served", s.gets_served}}},
            {"dropped",
             {{"malformed", s.dropped_malformed},
              {"bad_signature", s.dropped_bad_signature},
              {"stale", s.dropped_stale},
              {"wrong_source", s.dropped_wrong_source},
              {"unasked", s.dropped_unasked},
              {"replayed", s.dropped_replayed},
              {"bad_proof", s.dropped_bad_proof},
              {"rate_limited", s.dropped_rate_limited}}},
            {"known_keys", s.known_keys},
            {"served_items", s.served_items}};
}

json value_to_json(byte_view bencoded) {
    lt::error_code ec;
    lt::span<char const> const octets(reinterpret_cast<char const*>(bencoded.data()),
                                      static_cast<std::ptrdiff_t>(bencoded.size()));
    auto const node = lt::bdecode(octets, ec);
    if (ec || node.type() != lt::bdecode_node::string_t)
        return {{"value_hex", to_hex(bencoded)}, {"bencoded", true}};
    auto const view = node.string_value();
    std::string_view const text(view.data(), view.size());
    if (is_utf8(text))
        return {{"value", std::string(text)}};
    return {{"value_hex", to_hex(as_bytes(text))}};
}

bytes to_bencoded_string(byte_view octets) {
    auto out = to_bytes(std::to_string(octets.size()) + ":");
    out.insert(out.end(), octets.begin(), octets.end());
    return out;
}

} // namespace tau::node
