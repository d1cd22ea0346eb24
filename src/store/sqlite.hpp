#pragma once

#include "core/bytes.hpp"
#include "core/clock.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

struct sqlite3;
struct sqlite3_stmt;

namespace tau::store {

/// A prepared statement in use; returns to its connection's cache when destroyed.
/// Binding errors are kept and reported by the next step().
class statement {
public:
    explicit statement(sqlite3_stmt* stmt) : m_stmt(stmt) {}
    ~statement();
    statement(statement const&) = delete;
    statement& operator=(statement const&) = delete;

    statement& bind(std::int64_t value);
    statement& bind(byte_view value);
    statement& bind(std::string_view value);
    statement& bind_null();
    statement& bind(unix_ms value) { return bind(value.time_since_epoch().count()); }
    template <class T>
    statement& bind(std::optional<T> const& value) {
        return value ? bind(*value) : bind_null();
    }

    /// True: a row is there to be read. False: finished.
    [[nodiscard]] result<bool> step();
    /// step() to the end, rows ignored.
    [[nodiscard]] error_code run();

    // The next column of the row, left to right.
    [[nodiscard]] bool is_null() const;
    [[nodiscard]] std::int64_t integer();
    [[nodiscard]] bytes blob();
    [[nodiscard]] std::string text();
    [[nodiscard]] unix_ms time() { return unix_ms{std::chrono::milliseconds{integer()}}; }
    /// A blob of exactly the type's size; zero octets if the database holds another.
    template <class Fixed>
    [[nodiscard]] Fixed fixed() {
        auto const made = Fixed::from(blob());
        return made ? made.value() : Fixed{};
    }
    void skip() { ++m_column; }

private:
    sqlite3_stmt* m_stmt;
    int m_parameter = 0;
    int m_column = 0;
    int m_failure = 0;
};

/// One SQLite database file, opened by one process at a time.
///
/// Threading: one thread at a time. Errors: errc::disk_full, errc::locked (another
/// process has it), errc::storage_failed for anything else.
class connection {
public:
    /// Opens or creates `path` with mode 0600, WAL and synchronous=FULL.
    [[nodiscard]] static result<connection> open(std::string const& path);
    connection(connection&&) noexcept;
    connection& operator=(connection&&) noexcept;
    ~connection();

    /// `sql` must be a literal: the prepared statement is cached under its address.
    [[nodiscard]] result<std::unique_ptr<statement>> prepare(char const* sql);
    /// Prepares, binds the values in order and runs to the end.
    template <class... Values>
    [[nodiscard]] error_code run(char const* sql, Values const&... values) {
        auto const prepared = prepare(sql);
        if (!prepared)
            return prepared.error();
        (prepared.value()->bind(values), ...);
        return prepared.value()->run();
    }
    /// Runs statements that return nothing of interest; not cached.
    [[nodiscard]] error_code execute(std::string const& sql);
    /// The first column of the first row of `sql`.
    [[nodiscard]] result<std::int64_t> number(std::string const& sql);
    [[nodiscard]] std::int64_t changes() const;

    /// The whole database as the bytes of a file.
    [[nodiscard]] result<bytes> image();
    /// Replaces the whole content by that of an image. errc::invalid_encoding if it
    /// is not a sound database.
    [[nodiscard]] error_code replace_by(byte_view image);
    /// Copies the database to a new file of mode 0600.
    [[nodiscard]] error_code copy_to(std::string const& path);

private:
    explicit connection(sqlite3* db) : m_db(db) {}
    void close();

    sqlite3* m_db = nullptr;
    std::unordered_map<char const*, sqlite3_stmt*> m_cache;
};

/// Begins a transaction; rolls back when destroyed without commit().
class transaction {
public:
    [[nodiscard]] static result<std::unique_ptr<transaction>> begin(connection& db);
    ~transaction();
    transaction(transaction const&) = delete;
    transaction& operator=(transaction const&) = delete;
    [[nodiscard]] error_code commit();

private:
    explicit transaction(connection& db) : m_db(&db) {}
    connection* m_db;
};

/// What an SQLite result code means to us; success for SQLITE_OK, ROW and DONE.
[[nodiscard]] error_code from_sqlite(int code);

} // namespace tau::store
