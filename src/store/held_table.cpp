#include "store/tables.hpp"

namespace tau::store {
namespace tables {
namespace {

held_row take_held(statement& row) {
    held_row out;
    out.target = row.fixed<target>();
    out.sender = row.fixed<public_key>();
    out.receiver = row.fixed<public_key>();
    out.parent = row.fixed<target>();
    out.type = row.integer();
    out.is_manifest = row.integer() != 0;
    out.minute = row.integer();
    out.received = row.time();
    if (row.is_null())
        row.skip();
    else
        out.put = row.time();
    out.size = row.integer();
    out.stranger = row.blob();
    out.addressee = row.blob();
    return out;
}

} // namespace

error_code apply(connection& db, put_held const& change) {
    auto const& row = change.row;
    return db.run("INSERT INTO held VALUES (?,?,?,?,?,?,?,?,NULL,?,?,?) ON CONFLICT DO NOTHING",
                  row.target, row.sender, row.receiver, row.parent, row.type,
                  std::int64_t{row.is_manifest}, row.minute, row.received, row.value, row.stranger,
                  row.addressee);
}

error_code apply(connection& db, note_held_put const& change) {
    return db.run("UPDATE held SET put=? WHERE target=?", change.when, change.target);
}

error_code apply(connection& db, remove_held const& change) {
    return db.run("DELETE FROM held WHERE target=?", change.target);
}

result<std::vector<held_row>> all_held(connection& db) {
    TAU_TRY(stmt,
            db.prepare(
                "SELECT target, sender, receiver, parent, type, manifest, minute,"
                " received, put, length(value), stranger, addressee FROM held ORDER BY received"));
    return rows_of(*stmt, take_held);
}

} // namespace tables

result<bytes> database::held(target const& what) {
    TAU_TRY(stmt, m_db.prepare("SELECT value FROM held WHERE target=?"));
    TAU_TRY(found, stmt->bind(what.view()).step());
    if (!found)
        return errc::not_found;
    return stmt->blob();
}

result<std::vector<target>> database::manifests_of(hash256 const& message) {
    // The items of a content tree all have the largest size; a manifest is smaller.
    static_assert(wire::max_value_bytes == 1000);
    TAU_TRY(stmt, m_db.prepare("SELECT target FROM items WHERE message=? AND length(value)<1000"));
    return tables::rows_of(stmt->bind(message.view()),
                           [](statement& row) { return row.fixed<target>(); });
}

} // namespace tau::store
