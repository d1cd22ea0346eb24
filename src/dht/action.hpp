#pragma once

#include "core/endpoint.hpp"
#include "wire/mutable_item.hpp"

#include <libtorrent/entry.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <variant>

namespace tau::dht {

/// Names one direct query; unique for the life of an engine, never zero.
using request_id = std::uint64_t;

/// Send `query` to `to` as a KRPC query (session_handle::dht_direct_request with
/// `id` as its user data). The sender adds `t`, `y` and `a.id`; `q` and the rest of
/// `a` are there. Report what comes with on_response() or on_no_response(); reporting
/// nothing is allowed, every query has its own deadline here.
struct send_query {
    request_id id;
    endpoint to;
    lt::entry query;
};

/// Begin a traversal for a mutable item (session_handle::dht_get_item). Every value goes
/// to on_recursive_item(), the end of the traversal to on_recursive_done().
struct start_get {
    wire::item_address what;
};

/// Begin a traversal for an immutable item; answer with on_recursive_immutable().
struct start_get_immutable {
    target what;
};

/// Begin a recursive put of a signed item (session_handle::dht_put_item; the callback
/// must hand over exactly this seq, value and signature). Answer with on_put_done().
struct start_put {
    wire::mutable_item item;
};

/// Begin a recursive put of an immutable item; answer with on_put_done().
struct start_put_immutable {
    target what;
    bytes value; ///< bencoded
};

/// Ask the session for the nodes in its routing table (session_handle::dht_live_nodes for
/// each of its node ids); answer with on_nodes(). They seed our own store traversals.
struct want_nodes {};

/// Check the signature of this item (wire::verify(), 40 us), on any thread; answer with
/// on_checked(). Only asked for with config::check_by_action.
struct check_item {
    std::uint64_t id;
    std::shared_ptr<wire::mutable_item const> item;
};

/// Call this: an observer of a layer above, with its value bound. It may call the
/// engine again. Never run it inside the call of the layer above that caused it.
struct deliver {
    std::function<void()> call;
};

using action = std::variant<send_query, start_get, start_get_immutable, start_put,
                            start_put_immutable, want_nodes, check_item, deliver>;

} // namespace tau::dht
