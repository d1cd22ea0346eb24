#pragma once

#include "store/changes.hpp"
#include "store/sqlite.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tau::store {

/// What the messenger keeps in memory, read once at the start.
struct snapshot {
    std::vector<friend_row> friends;
    std::vector<hash256> outbox; ///< ids, the oldest first
    std::vector<authored_row> authored;
    std::vector<missing_row> missing;
    std::vector<endpoint_row> endpoints;
    std::vector<held_row> held; ///< without values
    std::vector<std::pair<std::string, bytes>> meta;
};

/// What a conversation needs to go on: its ends.
struct conversation_ends {
    std::vector<message_row> newest_out; ///< newest first, erased and hidden ones included
    std::vector<message_row> newest_in;
};

/// The messenger's database: one SQLite file, all tables.
///
/// Source:    docs/messenger.md, "What is on disk".
/// Threading: one thread at a time; port serialises. Errors: by value; see connection.
class database {
public:
    /// The version of the tables that this code writes (PRAGMA user_version).
    static std::int64_t const current_version;

    /// Opens or creates. An older database is copied to `<path>.v<N>.bak` and migrated;
    /// a newer one is errc::unsupported_version and left alone.
    [[nodiscard]] static result<database> open(std::string const& path);

    /// All or nothing. errc::disk_full: nothing was changed.
    [[nodiscard]] error_code apply(batch const& changes, durability how);
    /// Several batches in one transaction; all or nothing.
    [[nodiscard]] error_code apply_all(std::vector<batch const*> const& batches, durability how);

    /// Inserts those of `rows` that are new and applies `rest`, all or nothing; the ids
    /// of the new ones, in the order given.
    [[nodiscard]] result<std::vector<hash256>> take_in(std::vector<message_row> const& rows,
                                                       batch const& rest);

    [[nodiscard]] result<snapshot> load();
    [[nodiscard]] result<conversation_ends> ends(public_key const& peer, std::size_t count);
    [[nodiscard]] result<std::vector<message_row>> messages(message_query const& query);
    /// errc::not_found; erased and hidden ones included.
    [[nodiscard]] result<message_row> message(hash256 const& id);
    [[nodiscard]] result<message_row> message_by_root(target const& root);
    /// Those of `roots` that are stored.
    [[nodiscard]] result<std::vector<target>> known_of(std::vector<target> const& roots);
    /// The rows of the ids, in that order; unknown ids are left out.
    [[nodiscard]] result<std::vector<message_row>> messages_of(std::vector<hash256> const& ids);
    /// Incoming messages of a peer that are not hidden, the oldest first, at most `limit`.
    [[nodiscard]] result<std::vector<message_row>> incoming(public_key const& peer,
                                                            std::size_t limit);
    /// Incoming messages of a peer that are listed and have a state below `state`.
    [[nodiscard]] result<std::uint64_t> count_below(public_key const& peer, std::int64_t state);
    [[nodiscard]] result<std::vector<item_row>> items_of(hash256 const& message);
    [[nodiscard]] result<item_row> item(target const& what);
    /// Manifests among the items of a message.
    [[nodiscard]] result<std::vector<target>> manifests_of(hash256 const& message);
    /// All files, but those of messages that were erased.
    [[nodiscard]] result<std::vector<file_row>> files();
    /// The octets of a held item; errc::not_found.
    [[nodiscard]] result<bytes> held(target const& what);
    /// Attachment items of the newest messages, at most `max_bytes` of values.
    [[nodiscard]] result<std::vector<item_row>> newest_items(std::size_t max_bytes);

    /// Everything, with a magic and a checksum. Source: docs/messenger.md, "Backup".
    [[nodiscard]] result<bytes> export_all();
    /// errc::already_exists unless this database holds no friend and no message;
    /// errc::invalid_encoding, errc::invalid_checksum, errc::unsupported_version.
    [[nodiscard]] error_code import_all(byte_view blob);

    /// For tests of full disks: pages of 4096 octets that the file may have.
    [[nodiscard]] error_code limit_pages(std::int64_t pages);

private:
    explicit database(connection db) : m_db(std::move(db)) {}
    [[nodiscard]] error_code set_durability(durability how);
    [[nodiscard]] error_code apply_in_transaction(batch const& changes);

    connection m_db;
    durability m_durability = durability::full;
};

} // namespace tau::store
