#pragma once

#include "core/bytes.hpp"
#include "core/clock.hpp"
#include "core/endpoint.hpp"
#include "identity/keyring.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tau::messenger {

using message_id = hash256; ///< Keccak-256 of the sealed bytes

/// How far an outgoing message has provably come; an incoming one is delivered or read.
enum class message_state {
    stored,    ///< on our disk
    published, ///< at least one DHT node took it
    delivered, ///< the receiver's signed acknowledgement came
    read,      ///< the receiver's chain links it as read
};

/// The way a message took, as far as it is known.
enum class delivery_way { none, connection, direct, path, dht, friends };

/// How far a file above the size of a content tree is; the numbers are stored.
enum class file_state {
    waiting,  ///< theirs: not fetched until somebody asks for it
    moving,   ///< ours: offered; theirs: being fetched
    complete, ///< ours: the receiver signed that it has all of it; theirs: all of it is here
    failed,   ///< it cannot be had; `trouble` says why
    removed,  ///< ours: complete, and its age is over
};

/// What a user sees of an attachment. `name` was chosen by the sender: never a path.
struct attachment_view {
    std::string name;
    std::uint64_t size_bytes = 0;
    hash256 sha256;
    std::uint64_t fetched_bytes = 0; ///< equals size_bytes when complete
    // Of a file that is a sealed torrent.
    std::optional<file_state> state{};
    std::uint64_t receiver_bytes = 0; ///< ours: what the receiver has
    std::uint64_t bytes_per_s = 0;    ///< of late, towards whom it goes
    error_code trouble{};             ///< why it does not come
};

/// A message as a user sees it: text, or a file.
struct message_view {
    message_id id;
    public_key from;
    public_key to;
    std::string text; ///< UTF-8; empty for a file
    std::optional<attachment_view> file;
    unix_ms time;     ///< as the sender signed it
    unix_ms received; ///< when it was stored here
    message_state state = message_state::stored;
    delivery_way way = delivery_way::none;
    /// True while it waits for the first contact with a key that never answered.
    bool waiting_first_contact = false;
};

enum class friend_state {
    pending,   ///< we added them; they never answered
    requested, ///< a stranger who wrote to us; accept, block or remove
    accepted,  ///< both sides have each other's key
    blocked,
};

/// How far the connection with a friend has come (S1-51).
enum class friend_contact {
    never,  ///< nothing signed by them has ever come
    before, ///< it has, but they are not online now as far as is known
    online, ///< they answer
};

/// A contact as a user sees it.
struct friend_view {
    public_key key;
    std::string name;                     ///< ours if we gave one, else theirs
    std::optional<wallet_address> wallet; ///< only from a verified binding
    friend_state state = friend_state::pending;
    std::optional<unix_ms> last_seen;
    std::uint64_t unread = 0;
    friend_contact contact = friend_contact::never;
    std::optional<unix_ms> last_message{};    ///< of either side
    std::optional<unix_ms> seen_by_friends{}; ///< hearsay, if later than last_seen
    std::optional<unix_ms> writes_until{};    ///< is writing to us until then, unless it sends
};

/// What one must know to add somebody: the parts of a contact URI.
struct contact_info {
    public_key key;
    std::string name{};                     ///< empty: none given
    std::optional<wallet_address> wallet{}; ///< a claim, until a binding proves it
    std::optional<identity::contact_key> contact_key{};
    std::vector<endpoint> endpoints{}; ///< asked, not believed
};

/// A file on its way out.
struct outgoing_file {
    std::string name;
    bytes content;
};

/// A large file that is being handed over in parts.
using upload_id = std::uint64_t;
struct outgoing_upload {
    upload_id id = 0;
    std::string name;
};

/// Which messages to list. Without `who`: from and to all friends. Messages of
/// strangers are listed only when `who` names one.
struct inbox_query {
    std::optional<public_key> who{};
    std::optional<unix_ms> since{}; ///< stored here at or after this time
    std::size_t limit = 100;        ///< 0: none; at most max_inbox_limit
};
inline constexpr std::size_t max_inbox_limit = 10'000;

/// Why a message of ours has not been delivered.
enum class waiting_reason {
    not_waiting,      ///< delivered or read, or not ours
    first_contact,    ///< they never answered: they must add us or accept our request
    no_endpoint,      ///< no endpoint known; the DHT channel is all there is
    no_answer,        ///< their last endpoint does not answer; tried again
    not_acknowledged, ///< handed over, but no receipt came yet
    with_friends,     ///< friends of both hold it until the receiver comes
    blocked,          ///< we blocked them
};

struct waiting_view {
    waiting_reason reason = waiting_reason::not_waiting;
    std::optional<unix_ms> next_try{};
    std::uint32_t tries = 0;  ///< direct attempts since the last answer
    std::size_t carriers = 0; ///< friends who said that they carry it
    bool published = false;   ///< DHT nodes took it, and drop it after two hours
};

/// A message of ours without a receipt, and why.
struct waiting_message {
    message_id id;
    public_key to;
    unix_ms time;
    waiting_view why;
};

/// Queue lengths and totals, for `status` and metrics.
struct engine_counts {
    std::uint64_t friends = 0; ///< accepted and pending
    std::uint64_t requests = 0;
    std::uint64_t unread = 0;
    std::uint64_t undelivered = 0;   ///< messages of ours without a receipt
    std::uint64_t unpublished = 0;   ///< of those, not even in the DHT
    std::uint64_t missing_roots = 0; ///< messages known by hash that are being fetched
    std::uint64_t fetching_attachments = 0;
    std::uint64_t fetching_files = 0;  ///< sealed torrents
    std::uint64_t offered_files = 0;   ///< sealed torrents that a friend has not got yet
    std::uint64_t waiting_commits = 0; ///< changes not yet on disk
    std::uint64_t refused_items = 0;   ///< remote items that did not verify or parse
};

} // namespace tau::messenger
