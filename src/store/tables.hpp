#pragma once

#include "store/changes.hpp"
#include "store/database.hpp"
#include "store/sqlite.hpp"

/// The statements of each table family. All run inside a transaction of the caller.
namespace tau::store::tables {

// friends_table.cpp: friends, endpoints.
[[nodiscard]] error_code apply(connection& db, put_friend const& change);
[[nodiscard]] error_code apply(connection& db, remove_friend const& change);
[[nodiscard]] error_code apply(connection& db, put_endpoint const& change);
[[nodiscard]] result<std::vector<friend_row>> all_friends(connection& db);
[[nodiscard]] result<std::vector<endpoint_row>> all_endpoints(connection& db);

// messages_table.cpp: messages, outbox.
[[nodiscard]] error_code apply(connection& db, put_message const& change);
[[nodiscard]] error_code apply(connection& db, set_message_state const& change);
[[nodiscard]] error_code apply(connection& db, set_fetched const& change);
[[nodiscard]] error_code apply(connection& db, erase_message const& change);
[[nodiscard]] error_code apply(connection& db, leave_outbox const& change);
[[nodiscard]] result<std::vector<hash256>> outbox(connection& db);

// items_table.cpp: items, missing.
[[nodiscard]] error_code apply(connection& db, put_item const& change);
[[nodiscard]] error_code apply(connection& db, put_missing const& change);
[[nodiscard]] error_code apply(connection& db, remove_missing const& change);
[[nodiscard]] result<std::vector<missing_row>> all_missing(connection& db);

// held_table.cpp
[[nodiscard]] error_code apply(connection& db, put_held const& change);
[[nodiscard]] error_code apply(connection& db, note_held_put const& change);
[[nodiscard]] error_code apply(connection& db, remove_held const& change);
[[nodiscard]] result<std::vector<held_row>> all_held(connection& db);

// files_table.cpp
[[nodiscard]] error_code apply(connection& db, put_file const& change);
[[nodiscard]] error_code apply(connection& db, set_file_state const& change);

// meta_table.cpp: authored, meta.
[[nodiscard]] error_code apply(connection& db, put_authored const& change);
[[nodiscard]] error_code apply(connection& db, remove_authored const& change);
[[nodiscard]] error_code apply(connection& db, put_meta const& change);
[[nodiscard]] result<std::vector<authored_row>> all_authored(connection& db);
[[nodiscard]] result<std::vector<std::pair<std::string, bytes>>> all_meta(connection& db);

/// Every row of a statement, read by `take(statement&)`.
template <class Take>
[[nodiscard]] auto rows_of(statement& stmt, Take take)
    -> result<std::vector<std::invoke_result_t<Take, statement&>>> {
    std::vector<std::invoke_result_t<Take, statement&>> out;
    for (;;) {
        TAU_TRY(more, stmt.step());
        if (!more)
            return out;
        out.push_back(take(stmt));
    }
}

/// The next column, or nullopt if it is NULL.
template <class Fixed>
[[nodiscard]] std::optional<Fixed> optional_fixed(statement& stmt) {
    if (stmt.is_null()) {
        stmt.skip();
        return std::nullopt;
    }
    return stmt.fixed<Fixed>();
}

} // namespace tau::store::tables
