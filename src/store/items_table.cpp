#include "store/tables.hpp"

namespace tau::store {
namespace tables {

error_code apply(connection& db, put_item const& change) {
    auto const& row = change.row;
    return db.run("INSERT INTO items VALUES (?,?,?) ON CONFLICT DO NOTHING", row.target,
                  row.message, row.value);
}

error_code apply(connection& db, put_missing const& change) {
    auto const& row = change.row;
    return db.run("INSERT INTO missing VALUES (?,?,?) ON CONFLICT DO NOTHING", row.root, row.peer,
                  row.found);
}

error_code apply(connection& db, remove_missing const& change) {
    return db.run("DELETE FROM missing WHERE root=?", change.root);
}

result<std::vector<missing_row>> all_missing(connection& db) {
    TAU_TRY(stmt, db.prepare("SELECT peer, root, found FROM missing ORDER BY found"));
    return rows_of(*stmt, [](statement& row) {
        missing_row out;
        out.peer = row.fixed<public_key>();
        out.root = row.fixed<target>();
        out.found = row.time();
        return out;
    });
}

} // namespace tables

namespace {

item_row take_item(statement& stmt) {
    item_row row;
    row.target = stmt.fixed<target>();
    row.message = stmt.fixed<hash256>();
    row.value = stmt.blob();
    return row;
}

} // namespace

result<std::vector<item_row>> database::items_of(hash256 const& message) {
    TAU_TRY(stmt, m_db.prepare("SELECT target, message, value FROM items WHERE message=?"));
    return tables::rows_of(stmt->bind(message.view()), take_item);
}

result<item_row> database::item(target const& what) {
    TAU_TRY(stmt, m_db.prepare("SELECT target, message, value FROM items WHERE target=? LIMIT 1"));
    TAU_TRY(rows, tables::rows_of(stmt->bind(what.view()), take_item));
    if (rows.empty())
        return errc::not_found;
    return std::move(rows.front());
}

result<std::vector<item_row>> database::newest_items(std::size_t max_bytes) {
    TAU_TRY(stmt, m_db.prepare("SELECT target, message, value FROM items JOIN messages"
                               " ON message=id WHERE direction=0 ORDER BY position DESC"));
    std::vector<item_row> out;
    std::size_t total = 0;
    for (;;) {
        TAU_TRY(more, stmt->step());
        if (!more)
            return out;
        auto row = take_item(*stmt);
        total += row.value.size();
        if (total > max_bytes)
            return out;
        out.push_back(std::move(row));
    }
}

} // namespace tau::store
