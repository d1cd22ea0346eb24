#pragma once

#include "core/bytes.hpp"
#include "core/clock.hpp"
#include "gossip/party.hpp"
#include "wire/gossip_vector.hpp"

#include <optional>
#include <variant>

namespace tau::gossip {

// What the adapter is asked to do. None of it blocks, all of it may fail.

/// Put our vector for everybody (engine::vector_for_all()) into the own gossip channel.
struct publish {
    bool renewal = false; ///< the first one, or the last is about to be forgotten by nodes
};
/// Exchange with a friend who is online: our vector for it, and what we hold for it.
struct tell {
    public_key to;
};
/// Read a friend's gossip: by exchange, else from its channel. Answer with on_vector() or
/// on_visited().
struct visit {
    public_key who;
};
/// Box a page of our vectors, put it, and answer with on_page_made().
struct make_page {
    std::uint64_t id;
    wire::gossip_vector what;
};
/// A page that no vector names any longer.
struct drop_page {
    target what;
};
/// Get a page that `from` named; ask `from` first. Answer with on_page() or on_no_page().
struct fetch_page {
    public_key from;
    target what;
};
/// Get an item to hold it; ask `holder` first. Answer with on_fetched() or on_not_fetched().
struct fetch_item {
    target what;
    party sender;
    party receiver; ///< one of both is a friend
    public_key holder;
    target parent; ///< the message it belongs to; itself for a sealed item
    wire::gossip_type type = wire::gossip_type::message_root; ///< or receipt, bundle
    bool is_manifest = false;
    std::int64_t minute = 0;
};
/// Forget a held item.
struct drop_item {
    target what;
};
/// Put a held item into the DHT: its receiver is about and does not have it.
struct put_item {
    target what;
};
/// Keep the newest vector that a friend signed, and put it with those of its pages that name
/// what we hold, unless copies are fresh: receivers whom we do not know read of their mail there.
struct carry_vector {
    public_key who;
    std::int64_t minute = 0; ///< of the newest mail that the vector should name
};
/// Somebody asks for an item: of ours, or held. `to` may have it if the adapter finds it
/// and engine::may_serve() allows its size.
struct serve_item {
    target what;
    public_key to;       ///< on whose account
    bool direct = false; ///< `to` asks for itself and is online: hand it over
};
/// `from` has sealed something for us at `root`. Unproven unless told_by == from.
struct root_told {
    public_key from;
    target root;
    public_key told_by;
    bool holder_online = false;
    bool is_receipt = false;
};
/// A friend says by its own vector that it has nothing else for us, or that we must look.
struct tip_wanted {
    public_key who;
};
struct friend_writes {
    public_key who;
};
/// Somebody says that a friend was there; `by_itself` is proof.
struct friend_seen {
    public_key who;
    unix_ms when;
    bool by_itself = false;
};
struct endpoint_news {
    public_key who;
};

using action = std::variant<publish, make_page, drop_page, tell, visit, fetch_page, fetch_item,
                            drop_item, put_item, carry_vector, serve_item, root_told, tip_wanted,
                            friend_writes, friend_seen, endpoint_news>;

} // namespace tau::gossip
