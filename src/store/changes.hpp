#pragma once

#include "store/rows.hpp"

#include <variant>
#include <vector>

namespace tau::store {

/// One change to the tables. Every change may be repeated without harm.
struct put_friend {
    friend_row row; ///< inserted, or replaces the row of that key
};
struct remove_friend {
    public_key key; ///< with its messages, items, missing roots and endpoints
};
struct put_message {
    message_row row;         ///< ignored if the id is known
    bool to_deliver = false; ///< also enters the outbox
};
/// Raises the state; a lower one than the stored one is ignored. A way of 0 keeps the old.
struct set_message_state {
    hash256 id;
    std::int64_t state = 0;
    std::int64_t way = 0;
};
/// Octets of the attachment that are here.
struct set_fetched {
    hash256 id;
    std::int64_t octets = 0;
};
/// Keeps id, root and what is left in `content`; forgets items, leaves the outbox.
struct erase_message {
    hash256 id;
    bytes content;
};
struct leave_outbox {
    hash256 id;
};
struct put_item {
    item_row row;
};
struct put_authored {
    authored_row row; ///< replaces the row of that salt
};
struct remove_authored {
    wire::salt salt;
};
struct put_missing {
    missing_row row;
};
struct remove_missing {
    target root;
};
struct put_endpoint {
    endpoint_row row;
};
struct put_held {
    held_row row; ///< ignored if the target is known
};
struct note_held_put {
    tau::target target;
    unix_ms when{};
};
struct remove_held {
    tau::target target;
};
struct put_file {
    file_row row; ///< ignored if the message is known
};
struct set_file_state {
    hash256 message;
    std::int64_t state = 0;
    unix_ms changed{};
};
/// A named value; an empty one removes it.
struct put_meta {
    std::string name;
    bytes value;
};

using change = std::variant<put_friend, remove_friend, put_message, set_message_state, set_fetched,
                            erase_message, leave_outbox, put_item, put_authored, remove_authored,
                            put_missing, remove_missing, put_endpoint, put_held, note_held_put,
                            remove_held, put_file, set_file_state, put_meta>;

/// Changes that become visible and durable together or not at all.
using batch = std::vector<change>;

/// How soon a batch must be on the disk. `lazy` ones survive a crash of the process;
/// a power failure may take back the newest.
enum class durability { lazy, full };

} // namespace tau::store
