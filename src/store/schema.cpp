#include "store/schema.hpp"

#include <array>

namespace tau::store {
namespace {

// Step N leads from version N to version N + 1. Steps that were released never change.
constexpr std::array<char const*, 5> steps{R"sql(
CREATE TABLE friends (
    key BLOB PRIMARY KEY CHECK (length(key) = 32),
    own_name TEXT NOT NULL,
    their_name TEXT NOT NULL,
    wallet BLOB,
    state INTEGER NOT NULL,
    contact_key BLOB,
    has_our_key INTEGER NOT NULL,
    added INTEGER NOT NULL,
    last_seen INTEGER
) WITHOUT ROWID;

CREATE TABLE messages (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 32),
    root BLOB NOT NULL UNIQUE CHECK (length(root) = 20),
    peer BLOB NOT NULL,
    direction INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    state INTEGER NOT NULL,
    way INTEGER NOT NULL,
    time INTEGER NOT NULL,
    received INTEGER NOT NULL,
    content BLOB NOT NULL,
    sealed BLOB NOT NULL,
    fetched INTEGER NOT NULL,
    hidden INTEGER NOT NULL,
    erased INTEGER NOT NULL
);
CREATE INDEX messages_of_peer ON messages (peer, direction, time, id);
CREATE INDEX messages_by_time ON messages (time, id);
CREATE INDEX messages_unread ON messages (peer, state) WHERE direction = 1;

CREATE VIEW message_rows AS
    SELECT id, root, peer, direction, kind, state, way, time, received, content, sealed, fetched,
        hidden, erased FROM messages;

CREATE TABLE outbox (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL UNIQUE,
    peer BLOB NOT NULL
);
CREATE INDEX outbox_of_peer ON outbox (peer);

CREATE TABLE items (
    target BLOB NOT NULL,
    message BLOB NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (message, target)
) WITHOUT ROWID;
CREATE INDEX items_by_target ON items (target);

CREATE TABLE authored (
    salt BLOB PRIMARY KEY,
    seq INTEGER NOT NULL,
    value BLOB NOT NULL,
    updated INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE missing (
    root BLOB PRIMARY KEY,
    peer BLOB NOT NULL,
    found INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX missing_of_peer ON missing (peer);

CREATE TABLE endpoints (
    key BLOB NOT NULL,
    place BLOB NOT NULL,
    seen INTEGER NOT NULL,
    PRIMARY KEY (key, place)
) WITHOUT ROWID;

CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;
)sql",
                                           R"sql(
CREATE TABLE held (
    target BLOB PRIMARY KEY CHECK (length(target) = 20),
    sender BLOB NOT NULL,
    receiver BLOB NOT NULL,
    parent BLOB NOT NULL,
    type INTEGER NOT NULL,
    manifest INTEGER NOT NULL,
    minute INTEGER NOT NULL,
    received INTEGER NOT NULL,
    put INTEGER,
    value BLOB NOT NULL
) WITHOUT ROWID;
)sql",
                                           R"sql(
CREATE TABLE files (
    message BLOB PRIMARY KEY CHECK (length(message) = 32),
    peer BLOB NOT NULL,
    torrent BLOB NOT NULL CHECK (length(torrent) = 20),
    direction INTEGER NOT NULL,
    state INTEGER NOT NULL,
    changed INTEGER NOT NULL
) WITHOUT ROWID;
)sql",
                                           R"sql(
ALTER TABLE held ADD COLUMN stranger BLOB NOT NULL DEFAULT x'';
)sql",
                                           R"sql(
ALTER TABLE held ADD COLUMN addressee BLOB NOT NULL DEFAULT x'';
)sql"};

error_code run_step(connection& db, std::size_t from) {
    auto const work = transaction::begin(db);
    if (!work)
        return work.error();
    if (auto const ec = db.execute(steps[from]))
        return ec;
    if (auto const ec = db.execute("PRAGMA user_version=" + std::to_string(from + 1)))
        return ec;
    return work.value()->commit();
}

} // namespace

std::int64_t schema_version() {
    return static_cast<std::int64_t>(steps.size());
}

error_code migrate(connection& db, std::string const& path) {
    auto const found = db.number("PRAGMA user_version");
    if (!found)
        return found.error();
    auto const version = found.value();
    if (version < 0 || version > schema_version())
        return errc::unsupported_version;
    if (version == schema_version())
        return {};
    auto const tables = db.number("SELECT count(*) FROM sqlite_master");
    if (!tables)
        return tables.error();
    if (tables.value() > 0) {
        auto const ec = db.copy_to(path + ".v" + std::to_string(version) + ".bak");
        if (ec && ec != error_code(errc::already_exists))
            return ec;
    }
    for (auto at = static_cast<std::size_t>(version); at < steps.size(); ++at)
        if (auto const ec = run_step(db, at))
            return ec;
    return {};
}

} // namespace tau::store
