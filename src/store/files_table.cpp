#include "store/database.hpp"
#include "store/tables.hpp"

namespace tau::store {
namespace tables {

error_code apply(connection& db, put_file const& change) {
    auto const& row = change.row;
    return db.run("INSERT INTO files VALUES (?,?,?,?,?,?) ON CONFLICT DO NOTHING", row.message,
                  row.peer, row.torrent, static_cast<std::int64_t>(row.direction), row.state,
                  row.changed);
}

error_code apply(connection& db, set_file_state const& change) {
    return db.run("UPDATE files SET state=?2, changed=?3 WHERE message=?1", change.message,
                  change.state, change.changed);
}

} // namespace tables

result<std::vector<file_row>> database::files() {
    TAU_TRY(stmt, m_db.prepare("SELECT message, files.peer, torrent, files.direction, files.state,"
                               " changed, content FROM files JOIN messages ON id=message"
                               " WHERE erased=0"));
    return tables::rows_of(*stmt, [](statement& row) {
        file_row out;
        out.message = row.fixed<hash256>();
        out.peer = row.fixed<public_key>();
        out.torrent = row.fixed<info_hash>();
        out.direction = static_cast<direction>(row.integer());
        out.state = row.integer();
        out.changed = row.time();
        out.content = row.blob();
        return out;
    });
}

} // namespace tau::store
