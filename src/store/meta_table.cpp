#include "store/tables.hpp"

namespace tau::store::tables {

error_code apply(connection& db, put_authored const& change) {
    auto const& row = change.row;
    return db.run("INSERT OR REPLACE INTO authored VALUES (?,?,?,?)", as_bytes(row.salt.octets()),
                  row.seq, row.value, row.updated);
}

error_code apply(connection& db, remove_authored const& change) {
    return db.run("DELETE FROM authored WHERE salt=?", as_bytes(change.salt.octets()));
}

error_code apply(connection& db, put_meta const& change) {
    if (change.value.empty())
        return db.run("DELETE FROM meta WHERE name=?", change.name);
    return db.run("INSERT OR REPLACE INTO meta VALUES (?,?)", change.name, change.value);
}

result<std::vector<authored_row>> all_authored(connection& db) {
    TAU_TRY(stmt, db.prepare("SELECT salt, seq, value, updated FROM authored"));
    return rows_of(*stmt, [](statement& row) {
        authored_row out;
        if (auto const salt = wire::salt::from(row.text()))
            out.salt = salt.value();
        out.seq = row.integer();
        out.value = row.blob();
        out.updated = row.time();
        return out;
    });
}

result<std::vector<std::pair<std::string, bytes>>> all_meta(connection& db) {
    TAU_TRY(stmt, db.prepare("SELECT name, value FROM meta"));
    return rows_of(*stmt, [](statement& row) {
        std::pair<std::string, bytes> out;
        out.first = row.text();
        out.second = row.blob();
        return out;
    });
}

} // namespace tau::store::tables
