#include "store/tables.hpp"

namespace tau::store::tables {
namespace {

friend_row take_friend(statement& stmt) {
    friend_row row;
    row.key = stmt.fixed<public_key>();
    row.own_name = stmt.text();
    row.their_name = stmt.text();
    row.wallet = optional_fixed<wallet_address>(stmt);
    row.state = stmt.integer();
    row.contact_key = optional_fixed<hash256>(stmt);
    row.has_our_key = stmt.integer();
    row.added = stmt.time();
    if (!stmt.is_null())
        row.last_seen = stmt.time();
    return row;
}

} // namespace

error_code apply(connection& db, put_friend const& change) {
    auto const& row = change.row;
    return db.run("INSERT INTO friends VALUES (?,?,?,?,?,?,?,?,?)"
                  " ON CONFLICT (key) DO UPDATE SET own_name=excluded.own_name,"
                  " their_name=excluded.their_name, wallet=excluded.wallet,"
                  " state=excluded.state, contact_key=excluded.contact_key,"
                  " has_our_key=excluded.has_our_key, added=excluded.added,"
                  " last_seen=excluded.last_seen",
                  row.key, row.own_name, row.their_name, row.wallet, row.state, row.contact_key,
                  row.has_our_key, row.added, row.last_seen);
}

error_code apply(connection& db, remove_friend const& change) {
    for (char const* const sql :
         {"DELETE FROM items WHERE message IN (SELECT id FROM messages WHERE peer=?)",
          "DELETE FROM files WHERE peer=?", "DELETE FROM outbox WHERE peer=?",
          "DELETE FROM messages WHERE peer=?", "DELETE FROM missing WHERE peer=?",
          "DELETE FROM endpoints WHERE key=?", "DELETE FROM friends WHERE key=?"})
        if (auto const ec = db.run(sql, change.key))
            return ec;
    return {};
}

error_code apply(connection& db, put_endpoint const& change) {
    auto const& row = change.row;
    if (auto const ec = db.run("INSERT OR REPLACE INTO endpoints VALUES (?,?,?)", row.key,
                               to_compact(row.where), row.seen))
        return ec;
    // The four newest of each key are enough to find somebody again.
    return db.run("DELETE FROM endpoints WHERE key=?1 AND place NOT IN (SELECT place"
                  " FROM endpoints WHERE key=?1 ORDER BY seen DESC LIMIT 4)",
                  row.key);
}

result<std::vector<friend_row>> all_friends(connection& db) {
    TAU_TRY(stmt, db.prepare("SELECT key, own_name, their_name, wallet, state, contact_key,"
                             " has_our_key, added, last_seen FROM friends ORDER BY added, key"));
    return rows_of(*stmt, take_friend);
}

result<std::vector<endpoint_row>> all_endpoints(connection& db) {
    TAU_TRY(stmt, db.prepare("SELECT key, place, seen FROM endpoints ORDER BY seen DESC"));
    return rows_of(*stmt, [](statement& row) {
        endpoint_row out;
        out.key = row.fixed<public_key>();
        if (auto const place = from_compact(row.blob()))
            out.where = place.value();
        out.seen = row.time();
        return out;
    });
}

} // namespace tau::store::tables
