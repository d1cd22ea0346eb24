#pragma once

#include "core/bytes.hpp"
#include "core/clock.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace tau::wire {

inline constexpr std::uint8_t gossip_version = 1;
/// Octets of a vector: what channel::box_value() takes.
inline constexpr std::size_t max_gossip_bytes = 950;
/// Entries of a vector. The smallest have 6 octets, so the size ends most vectors first.
inline constexpr std::size_t max_gossip_entries = 160;

/// S1-38: four octets of a public key. A hint: keys collide, and an attacker finds one for a
/// given id, so whoever reads it tries all that match and believes full keys only.
using pk_id = fixed_bytes<4, struct pk_id_tag>;

/// Which four octets a vector's ids are: the source says the last, its first program the
/// first ones.
enum class pk_id_form : std::uint8_t { last, first };
[[nodiscard]] pk_id pk_id_of(public_key const& key, pk_id_form form = pk_id_form::last);

/// Unix minutes, as entries give time.
[[nodiscard]] std::int64_t minute_of(unix_ms time);

/// What an entry says. The numbers are the wire's.
enum class gossip_type : std::uint8_t {
    message_root = 1,     ///< sender has a sealed message for receiver at `hash`
    bundle = 2,           ///< `hash` lists more items of the message before it (manifest)
    read_root = 3,        ///< sender has receiver's messages up to `hash`
    receipt = 4,          ///< `hash` is sender's sealed acknowledgement to receiver
    demand = 5,           ///< sender wants the item `hash` of receiver
    writing = 6,          ///< sender is writing to receiver
    seen = 7,             ///< sender was there
    frequency = 8,        ///< sender publishes each `value` seconds while something changes
    endpoint_changed = 9, ///< sender's `cidr` channel has news
};

[[nodiscard]] bool has_hash(gossip_type type);

/// S1-37: (sender, receiver, type, hash, timestamp).
struct gossip_entry {
    pk_id sender;
    pk_id receiver;
    gossip_type type = gossip_type::seen;
    target hash{};           ///< zero unless has_hash(type)
    std::uint8_t value = 0;  ///< frequency only: seconds
    std::int64_t minute = 0; ///< unix minutes at which it became true

    friend bool operator==(gossip_entry const&, gossip_entry const&) = default;
};

/// What one key says at one time. Newest and most wanted first.
struct gossip_vector {
    unix_ms time{}; ///< a reader ignores a vector that is not newer than the last
    pk_id_form form = pk_id_form::last;
    /// Everything that waits for a friend of the sender is listed, here or in the pages: what
    /// is absent is nothing.
    bool own_complete = true;
    std::vector<gossip_entry> entries;

    friend bool operator==(gossip_vector const&, gossip_vector const&) = default;
};

/// Pages that a reader follows in one vector.
inline constexpr std::size_t max_gossip_pages = 8;
/// An entry that names a page: an immutable item with more entries of the same vector. A bundle
/// of nothing that its sender has for itself, so that whoever knows no pages passes it over.
[[nodiscard]] gossip_entry page_entry(pk_id const& own, target const& page, std::int64_t minute);
[[nodiscard]] bool is_page(gossip_entry const& entry, pk_id const& own);

/// Minutes that an entry may be older than its vector; older ones count as this old.
inline constexpr std::int64_t max_gossip_age_minutes = 0x7fff;

/// Octets of an entry in a vector whose entry before it is `before`; `own` is the id of the
/// vector's sender, which is left out.
[[nodiscard]] std::size_t gossip_cost(gossip_entry const& entry, gossip_entry const* before,
                                      pk_id const& own, std::int64_t vector_minute);
/// Octets of a vector without entries.
inline constexpr std::size_t gossip_header_bytes = 10;

/// errc::too_large above a limit, errc::invalid_argument for an entry that cannot be written
/// (an unknown type, a minute after the vector's time).
///
/// Source: docs/wire/gossip.md. Threading: any.
[[nodiscard]] result<bytes> encode(gossip_vector const& what, public_key const& sender);

/// Total. Entries of unknown types end nothing: a type says by its number whether it has a
/// hash, so they are passed over. errc::unsupported_version, errc::too_large,
/// errc::invalid_encoding.
[[nodiscard]] result<gossip_vector> decode_gossip(byte_view data, public_key const& sender);

/// Targets that one manifest lists.
inline constexpr std::size_t max_manifest_targets = 46;

/// The items that belong to one message besides its sealed root: their targets in the clear,
/// since whoever holds them sees those anyway. errc::too_large, errc::invalid_argument.
[[nodiscard]] result<bytes> encode_manifest(std::vector<target> const& items);
[[nodiscard]] result<std::vector<target>> decode_manifest(byte_view data);

} // namespace tau::wire
