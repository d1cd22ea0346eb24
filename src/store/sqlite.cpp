#include "store/sqlite.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

namespace tau::store {
namespace {

/// Creates the file with mode 0600 if it is missing; SQLite gives its WAL the same mode.
error_code make_private_file(std::string const& path, int extra_flags) {
    int const fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | extra_flags, 0600);
    if (fd < 0)
        return errno == ENOSPC ? errc::disk_full
                               : (errno == EEXIST ? errc::already_exists : errc::storage_failed);
    ::close(fd);
    return {};
}

result<std::int64_t> first_number(sqlite3* db, std::string const& sql) {
    sqlite3_stmt* stmt = nullptr;
    if (int const code = sqlite3_prepare_v2(db, sql.c_str(), -1, &stmt, nullptr); code != SQLITE_OK)
        return from_sqlite(code);
    int const code = sqlite3_step(stmt);
    std::int64_t const value = code == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : 0;
    sqlite3_finalize(stmt);
    if (code != SQLITE_ROW)
        return code == SQLITE_DONE ? error_code(errc::not_found) : from_sqlite(code);
    return value;
}

error_code copy_database(sqlite3* from, sqlite3* to) {
    sqlite3_backup* const job = sqlite3_backup_init(to, "main", from, "main");
    if (!job)
        return from_sqlite(sqlite3_errcode(to));
    sqlite3_backup_step(job, -1);
    return from_sqlite(sqlite3_backup_finish(job));
}

struct database_closer {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
};
using database_handle = std::unique_ptr<sqlite3, database_closer>;

result<database_handle> open_file(char const* path, int flags) {
    sqlite3* db = nullptr;
    int const code = sqlite3_open_v2(path, &db, flags, nullptr);
    database_handle handle(db);
    if (code != SQLITE_OK)
        return from_sqlite(code);
    return handle;
}

} // namespace

error_code from_sqlite(int code) {
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return {};
    case SQLITE_FULL:
        return errc::disk_full;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return errc::locked;
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        return errc::invalid_encoding;
    default:
        return errc::storage_failed;
    }
}

statement::~statement() {
    sqlite3_reset(m_stmt);
    sqlite3_clear_bindings(m_stmt);
}

statement& statement::bind(std::int64_t value) {
    m_failure |= sqlite3_bind_int64(m_stmt, ++m_parameter, value);
    return *this;
}

statement& statement::bind(byte_view value) {
    // A null pointer would bind NULL instead of an empty blob.
    void const* const data = value.empty() ? static_cast<void const*>("") : value.data();
    m_failure |= sqlite3_bind_blob64(m_stmt, ++m_parameter, data, value.size(), SQLITE_TRANSIENT);
    return *this;
}

statement& statement::bind(std::string_view value) {
    m_failure |= sqlite3_bind_text64(m_stmt, ++m_parameter, value.empty() ? "" : value.data(),
                                     value.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
    return *this;
}

statement& statement::bind_null() {
    m_failure |= sqlite3_bind_null(m_stmt, ++m_parameter);
    return *this;
}

result<bool> statement::step() {
    if (m_failure != SQLITE_OK)
        return errc::storage_failed;
    m_column = 0;
    int const code = sqlite3_step(m_stmt);
    if (code == SQLITE_ROW)
        return true;
    if (code == SQLITE_DONE)
        return false;
    return from_sqlite(code);
}

error_code statement::run() {
    for (;;) {
        auto const more = step();
        if (!more)
            return more.error();
        if (!more.value())
            return {};
    }
}

bool statement::is_null() const {
    return sqlite3_column_type(m_stmt, m_column) == SQLITE_NULL;
}

std::int64_t statement::integer() {
    return sqlite3_column_int64(m_stmt, m_column++);
}

bytes statement::blob() {
    int const column = m_column++;
    auto const* data = static_cast<std::uint8_t const*>(sqlite3_column_blob(m_stmt, column));
    auto const size = static_cast<std::size_t>(sqlite3_column_bytes(m_stmt, column));
    return data ? bytes(data, data + size) : bytes{};
}

std::string statement::text() {
    return std::string(as_text(blob()));
}

result<connection> connection::open(std::string const& path) {
    if (auto const ec = make_private_file(path, 0))
        return ec;
    auto handle = open_file(path.c_str(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX);
    if (!handle)
        return handle.error();
    connection db(handle.value().release());
    sqlite3_extended_result_codes(db.m_db, 1);
    // Exclusive: a second process that opens the same folder must fail, not interleave.
    if (auto const ec = db.execute("PRAGMA locking_mode=EXCLUSIVE; PRAGMA trusted_schema=OFF;"
                                   "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                                   "PRAGMA foreign_keys=ON; PRAGMA cache_size=-2048;"
                                   "PRAGMA journal_size_limit=4194304;"
                                   "BEGIN IMMEDIATE; COMMIT;"))
        return ec;
    return db;
}

connection::connection(connection&& other) noexcept
    : m_db(std::exchange(other.m_db, nullptr)), m_cache(std::exchange(other.m_cache, {})) {}

connection& connection::operator=(connection&& other) noexcept {
    if (this != &other) {
        close();
        m_db = std::exchange(other.m_db, nullptr);
        m_cache = std::exchange(other.m_cache, {});
    }
    return *this;
}

connection::~connection() {
    close();
}

void connection::close() {
    for (auto const& [sql, stmt] : m_cache)
        sqlite3_finalize(stmt);
    m_cache.clear();
    sqlite3_close_v2(m_db);
    m_db = nullptr;
}

result<std::unique_ptr<statement>> connection::prepare(char const* sql) {
    auto& stmt = m_cache[sql];
    if (!stmt) {
        int const code =
            sqlite3_prepare_v3(m_db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, nullptr);
        if (code != SQLITE_OK) {
            m_cache.erase(sql);
            return from_sqlite(code);
        }
    }
    return std::make_unique<statement>(stmt);
}

error_code connection::execute(std::string const& sql) {
    return from_sqlite(sqlite3_exec(m_db, sql.c_str(), nullptr, nullptr, nullptr));
}

result<std::int64_t> connection::number(std::string const& sql) {
    return first_number(m_db, sql);
}

std::int64_t connection::changes() const {
    return sqlite3_changes64(m_db);
}

result<bytes> connection::image() {
    auto memory = open_file(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    if (!memory)
        return memory.error();
    if (auto const ec = copy_database(m_db, memory.value().get()))
        return ec;
    // A WAL database cannot be opened from memory, so the image says rollback journal.
    sqlite3_exec(memory.value().get(), "PRAGMA journal_mode=MEMORY", nullptr, nullptr, nullptr);
    sqlite3_int64 size = 0;
    std::unique_ptr<unsigned char, decltype(&sqlite3_free)> const data(
        sqlite3_serialize(memory.value().get(), "main", &size, 0), &sqlite3_free);
    if (!data)
        return errc::storage_failed;
    bytes out(data.get(), data.get() + size);
    // Octets 18 and 19 of the file header: 1 is rollback journal, 2 is WAL.
    if (out.size() > 19)
        out[18] = out[19] = 1;
    return out;
}

error_code connection::replace_by(byte_view image) {
    auto memory = open_file(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    if (!memory)
        return memory.error();
    auto* const raw = static_cast<unsigned char*>(sqlite3_malloc64(image.size() + 1));
    if (!raw)
        return errc::storage_failed;
    std::copy(image.begin(), image.end(), raw);
    auto const size = static_cast<sqlite3_int64>(image.size());
    if (sqlite3_deserialize(memory.value().get(), "main", raw, size, size,
                            SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_RESIZEABLE)
        != SQLITE_OK)
        return errc::invalid_encoding;
    auto const sound = first_number(
        memory.value().get(), "SELECT count(*) FROM pragma_quick_check WHERE quick_check='ok'");
    if (!sound || sound.value() != 1)
        return errc::invalid_encoding;
    for (auto const& [sql, stmt] : m_cache)
        sqlite3_finalize(stmt);
    m_cache.clear();
    return copy_database(memory.value().get(), m_db);
}

error_code connection::copy_to(std::string const& path) {
    if (auto const ec = make_private_file(path, O_EXCL))
        return ec;
    auto file = open_file(path.c_str(), SQLITE_OPEN_READWRITE);
    auto const ec = file ? copy_database(m_db, file.value().get()) : file.error();
    if (ec)
        ::unlink(path.c_str());
    return ec;
}

result<std::unique_ptr<transaction>> transaction::begin(connection& db) {
    if (auto const ec = db.execute("BEGIN IMMEDIATE"))
        return ec;
    return std::unique_ptr<transaction>(new transaction(db));
}

transaction::~transaction() {
    if (m_db)
        (void)m_db->execute("ROLLBACK");
}

error_code transaction::commit() {
    auto const ec = m_db->execute("COMMIT");
    if (!ec)
        m_db = nullptr;
    return ec;
}

} // namespace tau::store
