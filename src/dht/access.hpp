#pragma once

#include "core/endpoint.hpp"
#include "wire/endpoint_value.hpp"
#include "wire/mutable_item.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace tau::dht {

/// Which ways a get may go.
enum class get_mode {
    automatic, ///< local, then direct, then after the direct timeout recursive
    direct,    ///< local, then direct only
    recursive, ///< local, then recursive only
    elsewhere, ///< recursive only, even for an item of ours: what others hold of it
};

/// Which way a value came.
enum class get_source { local, direct, recursive };

/// What to read: a channel of somebody, or an immutable item by its target.
struct get_request {
    wire::item_address what;
    get_mode mode = get_mode::automatic;
    /// Asked first, before what the endpoint book knows of the key.
    std::optional<endpoint> ask_at{};
    /// Items with a seq up to this are known to the caller and not reported; -1: any.
    std::int64_t known_seq = -1;
    /// What rides on a direct query, asked for when one goes to an endpoint that the key has
    /// proved: boxed for it by the layer above, one bencoded string up to wire::max_get_gossip;
    /// empty: nothing. Called from within get() or later; must not call back.
    std::function<bytes()> gossip{};
};

/// One verified value on its way to the caller.
struct got_item {
    wire::mutable_item item;
    get_source source;
    std::chrono::microseconds elapsed; ///< since get() was called
};

struct got_immutable {
    bytes value; ///< bencoded
    get_source source;
    std::chrono::microseconds elapsed;
};

/// How a get is told to its caller. on_item comes for the first verified value at
/// once, and again for each later one with a higher seq; on_done comes exactly
/// once and last: success if any on_item came, else errc::not_found (asked, nothing
/// newer than known_seq), errc::timed_out, errc::unreachable or errc::cancelled.
/// on_gossip comes at most once, if the key's node took what rode along, with what it
/// has for us, boxed, or nothing.
struct get_observer {
    std::function<void(got_item const&)> on_item;
    std::function<void(error_code)> on_done;
    std::function<void(bytes const&)> on_gossip{};
};

struct get_immutable_observer {
    std::function<void(got_immutable const&)> on_value;
    std::function<void(error_code)> on_done;
};

/// How many nodes took a put: told once, as soon as enough did or an attempt ended with
/// any at all; 0 when every attempt has failed.
struct put_report {
    int nodes = 0;
};
using put_observer = std::function<void(put_report)>;

/// What one side hands the other in an exchange: signed channel items and immutable
/// values. All of it authenticates itself, so it may come from anybody.
struct parcel {
    std::vector<wire::mutable_item> items;
    std::vector<bytes> immutables; ///< bencoded, each up to wire::max_value_bytes
    /// Boxed for the other side by the layer above, one bencoded string; empty: none.
    bytes gossip{};

    [[nodiscard]] bool empty() const {
        return items.empty() && immutables.empty() && gossip.empty();
    }
};

/// Success carries what the other side handed back (already verified).
using exchange_observer = std::function<void(result<parcel>)>;

/// An exchange that somebody began with us, after verification of every item, or gossip that
/// rode on a get.
/// `from` is the key that the sender claims; `proven` says that it signed our fresh
/// nonce for this endpoint. `value` items of unknown origin are still safe to store.
struct incoming_parcel {
    public_key from;
    bool proven;
    endpoint source;
    dht::parcel parcel;
};

/// The DHT as the layers above see it. Implemented by plugins/dht on libtorrent and
/// by the simulator on a model.
///
/// Threading: tau thread only; observers run on it, never before the call returned.
/// Errors: by value. Nothing blocks. Observers may be empty.
class access {
public:
    virtual ~access() = default;

    /// Reads a mutable item. Concurrent gets for one address are one get.
    virtual void get(get_request request, get_observer observer) = 0;

    /// Reads an immutable item. `holder` is asked directly first, if its endpoint is known.
    virtual void get_immutable(target const& what, std::optional<public_key> holder,
                               get_immutable_observer observer) = 0;

    /// Signs and publishes our own item, put and forget: recursive, resent under
    /// loss, and served by us from now on to whoever asks. Replaces an item of ours
    /// with the same salt. errc::too_large for a value above BEP 44's limit,
    /// errc::invalid_encoding if it is not one bencoded value, errc::stale unless
    /// seq exceeds that of the item it replaces.
    [[nodiscard]] virtual error_code put(wire::salt const& salt, std::int64_t seq, bytes value,
                                         put_observer observer) = 0;

    /// Publishes an item that somebody else signed, as anybody may (BEP 44), put and forget;
    /// we do not serve it. errc::invalid_argument for an item of ours, else what wire::verify()
    /// finds wrong. Nodes that have a newer one refuse it.
    [[nodiscard]] virtual error_code republish(wire::mutable_item item, put_observer observer) = 0;

    /// Publishes an immutable item and serves it from now on. Errors as put().
    [[nodiscard]] virtual result<target> put_immutable(bytes value, put_observer observer) = 0;

    /// Serves an immutable item directly to those who ask us, without publishing it.
    [[nodiscard]] virtual result<target> serve_immutable(bytes value) = 0;
    /// Stops serving and re-sending an immutable item.
    virtual void forget_immutable(target const& what) = 0;

    /// Hands a parcel to the key's node, wherever its endpoint is believed to be, in as
    /// few datagrams as fit. errc::unreachable if no endpoint is known, errc::timed_out
    /// if none answered. `ask_at` is tried first.
    virtual void exchange(public_key const& to, parcel what, std::optional<endpoint> ask_at,
                          exchange_observer observer) = 0;

    /// What we hand back at once to `to` when it has proven itself; replaces the last.
    virtual void offer(public_key const& to, parcel what) = 0;

    /// Who is told of parcels that others bring. One at a time.
    virtual void on_parcel(std::function<void(incoming_parcel const&)> handler) = 0;

    /// Last endpoint that the key proved, if any; for display and diagnostics.
    [[nodiscard]] virtual std::optional<endpoint> endpoint_of(public_key const& key) const = 0;
    /// Tells of an endpoint that the user or a contact URI gave; asked, not believed.
    virtual void hint_endpoint(public_key const& key, endpoint const& where) = 0;
    /// hint_endpoint() for all that a `cidr` value of the key says. Two keys behind
    /// symmetric NATs are not asked directly: it is known not to work.
    virtual void hint_endpoints(public_key const& key, wire::endpoint_value const& value) {
        for (auto const& where : value.endpoints)
            hint_endpoint(key, where);
    }
    /// What our own `cidr` value should say now; nullopt while we do not know where we are.
    [[nodiscard]] virtual std::optional<wire::endpoint_value> own_endpoints() const {
        return std::nullopt;
    }
};

} // namespace tau::dht
