#include "store/tables.hpp"

namespace tau::store {
namespace tables {

error_code apply(connection& db, put_message const& change) {
    auto const& row = change.row;
    if (auto const ec =
            db.run("INSERT INTO messages (id, root, peer, direction, kind, state, way,"
                   " time, received, content, sealed, fetched, hidden, erased)"
                   " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING",
                   row.id, row.root, row.peer, static_cast<std::int64_t>(row.direction), row.kind,
                   row.state, row.way, row.time, row.received, row.content, row.sealed, row.fetched,
                   std::int64_t{row.hidden}, std::int64_t{row.erased}))
        return ec;
    if (!change.to_deliver)
        return {};
    return db.run("INSERT INTO outbox (id, peer) VALUES (?,?) ON CONFLICT DO NOTHING", row.id,
                  row.peer);
}

error_code apply(connection& db, set_message_state const& change) {
    return db.run("UPDATE messages SET state=?2, way=CASE WHEN ?3=0 THEN way ELSE ?3 END"
                  " WHERE id=?1 AND state<=?2",
                  change.id, change.state, change.way);
}

error_code apply(connection& db, set_fetched const& change) {
    return db.run("UPDATE messages SET fetched=?2 WHERE id=?1", change.id, change.octets);
}

error_code apply(connection& db, erase_message const& change) {
    if (auto const ec = db.run("UPDATE messages SET content=?2, sealed=x'', erased=1 WHERE id=?1",
                               change.id, change.content))
        return ec;
    for (char const* const sql :
         {"DELETE FROM items WHERE message=?", "DELETE FROM files WHERE message=?"})
        if (auto const ec = db.run(sql, change.id))
            return ec;
    return apply(db, leave_outbox{change.id});
}

error_code apply(connection& db, leave_outbox const& change) {
    return db.run("DELETE FROM outbox WHERE id=?", change.id);
}

result<std::vector<hash256>> outbox(connection& db) {
    TAU_TRY(stmt, db.prepare("SELECT id FROM outbox ORDER BY position"));
    return rows_of(*stmt, [](statement& row) { return row.fixed<hash256>(); });
}

} // namespace tables

namespace {

message_row take_message(statement& stmt) {
    message_row row;
    row.id = stmt.fixed<hash256>();
    row.root = stmt.fixed<target>();
    row.peer = stmt.fixed<public_key>();
    row.direction = static_cast<direction>(stmt.integer());
    row.kind = stmt.integer();
    row.state = stmt.integer();
    row.way = stmt.integer();
    row.time = stmt.time();
    row.received = stmt.time();
    row.content = stmt.blob();
    row.sealed = stmt.blob();
    row.fetched = stmt.integer();
    row.hidden = stmt.integer() != 0;
    row.erased = stmt.integer() != 0;
    return row;
}

result<message_row> one_message(connection& db, char const* sql, byte_view key) {
    TAU_TRY(stmt, db.prepare(sql));
    TAU_TRY(rows, tables::rows_of(stmt->bind(key), take_message));
    if (rows.empty())
        return errc::not_found;
    return std::move(rows.front());
}

} // namespace

result<conversation_ends> database::ends(public_key const& peer, std::size_t count) {
    conversation_ends out;
    for (auto const side : {direction::out, direction::in}) {
        TAU_TRY(stmt, m_db.prepare("SELECT * FROM message_rows WHERE peer=? AND direction=?"
                                   " ORDER BY time DESC, id DESC LIMIT ?"));
        stmt->bind(peer.view()).bind(static_cast<std::int64_t>(side));
        stmt->bind(static_cast<std::int64_t>(count));
        TAU_TRY(rows, tables::rows_of(*stmt, take_message));
        (side == direction::out ? out.newest_out : out.newest_in) = std::move(rows);
    }
    return out;
}

result<std::vector<message_row>> database::messages(message_query const& query) {
    std::int64_t const since = query.since ? query.since->time_since_epoch().count() : 0;
    std::int64_t states = 0; // a bit for each wanted state
    for (auto const state : query.peer_states)
        states |= std::int64_t{1} << state;
    auto prepared =
        query.peer ? m_db.prepare(
            "SELECT * FROM message_rows WHERE hidden=0 AND erased=0 AND received>=?1 AND peer=?3"
            " ORDER BY time DESC, id DESC LIMIT ?2")
                   : m_db.prepare("SELECT * FROM message_rows WHERE hidden=0 AND erased=0 AND "
                                  "received>=?1 AND peer IN"
                                  " (SELECT key FROM friends WHERE (1 << state) & ?3)"
                                  " ORDER BY time DESC, id DESC LIMIT ?2");
    TAU_TRY(stmt, std::move(prepared));
    stmt->bind(since).bind(static_cast<std::int64_t>(query.limit));
    query.peer ? stmt->bind(query.peer->view()) : stmt->bind(states);
    TAU_TRY(rows, tables::rows_of(*stmt, take_message));
    return std::vector<message_row>(std::make_move_iterator(rows.rbegin()),
                                    std::make_move_iterator(rows.rend()));
}

result<message_row> database::message(hash256 const& id) {
    return one_message(m_db, "SELECT * FROM message_rows WHERE id=?", id);
}

result<message_row> database::message_by_root(target const& root) {
    return one_message(m_db, "SELECT * FROM message_rows WHERE root=?", root);
}

result<std::vector<target>> database::known_of(std::vector<target> const& roots) {
    std::vector<target> out;
    for (auto const& root : roots) {
        TAU_TRY(stmt, m_db.prepare("SELECT 1 FROM messages WHERE root=?"));
        TAU_TRY(found, stmt->bind(root.view()).step());
        if (found)
            out.push_back(root);
    }
    return out;
}

result<std::vector<message_row>> database::messages_of(std::vector<hash256> const& ids) {
    std::vector<message_row> out;
    for (auto const& id : ids) {
        auto row = message(id);
        if (row)
            out.push_back(std::move(row).value());
        else if (row.error() != error_code(errc::not_found))
            return row.error();
    }
    return out;
}

result<std::vector<message_row>> database::incoming(public_key const& peer, std::size_t limit) {
    TAU_TRY(stmt, m_db.prepare("SELECT * FROM message_rows WHERE peer=? AND direction=1 AND"
                               " hidden=0 AND erased=0 ORDER BY time, id LIMIT ?"));
    stmt->bind(peer.view()).bind(static_cast<std::int64_t>(limit));
    return tables::rows_of(*stmt, take_message);
}

result<std::vector<hash256>> database::take_in(std::vector<message_row> const& rows,
                                               batch const& rest) {
    if (auto const ec = set_durability(durability::full))
        return ec;
    TAU_TRY(work, transaction::begin(m_db));
    std::vector<hash256> fresh;
    for (auto const& row : rows) {
        if (auto const ec = tables::apply(m_db, put_message{row}))
            return ec;
        if (m_db.changes() > 0)
            fresh.push_back(row.id);
    }
    if (auto const ec = apply_in_transaction(rest))
        return ec;
    if (auto const ec = work->commit())
        return ec;
    return fresh;
}

result<std::uint64_t> database::count_below(public_key const& peer, std::int64_t state) {
    TAU_TRY(stmt, m_db.prepare("SELECT count(*) FROM messages WHERE peer=? AND state<?"
                               " AND direction=1 AND hidden=0 AND erased=0"));
    TAU_TRY(found, stmt->bind(peer.view()).bind(state).step());
    return found ? static_cast<std::uint64_t>(stmt->integer()) : 0;
}

} // namespace tau::store
