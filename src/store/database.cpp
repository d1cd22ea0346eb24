#include "store/database.hpp"

#include "store/schema.hpp"
#include "store/tables.hpp"

#include <sodium.h>

#include <algorithm>

namespace tau::store {
namespace {

constexpr std::string_view backup_magic = "tau-store-v1\n";

hash256 sha256_of(byte_view data) {
    hash256 out;
    crypto_hash_sha256(out.data(), data.data(), data.size());
    return out;
}

error_code apply_one(connection& db, change const& what) {
    return std::visit([&db](auto const& c) { return tables::apply(db, c); }, what);
}

} // namespace

std::int64_t const database::current_version = schema_version();

result<database> database::open(std::string const& path) {
    TAU_TRY(db, connection::open(path));
    if (auto const ec = migrate(db, path))
        return ec;
    return database(std::move(db));
}

error_code database::set_durability(durability how) {
    if (how == m_durability)
        return {};
    m_durability = how;
    return m_db.execute(how == durability::full ? "PRAGMA synchronous=FULL"
                                                : "PRAGMA synchronous=NORMAL");
}

error_code database::apply_in_transaction(batch const& changes) {
    for (auto const& one : changes)
        if (auto const ec = apply_one(m_db, one))
            return ec;
    return {};
}

error_code database::apply(batch const& changes, durability how) {
    return apply_all({&changes}, how);
}

error_code database::apply_all(std::vector<batch const*> const& batches, durability how) {
    if (auto const ec = set_durability(how))
        return ec;
    auto const work = transaction::begin(m_db);
    if (!work)
        return work.error();
    for (auto const* changes : batches)
        if (auto const ec = apply_in_transaction(*changes))
            return ec;
    return work.value()->commit();
}

result<snapshot> database::load() {
    snapshot out;
    TAU_TRY(friends, tables::all_friends(m_db));
    TAU_TRY(outbox, tables::outbox(m_db));
    TAU_TRY(authored, tables::all_authored(m_db));
    TAU_TRY(missing, tables::all_missing(m_db));
    TAU_TRY(endpoints, tables::all_endpoints(m_db));
    TAU_TRY(held, tables::all_held(m_db));
    TAU_TRY(meta, tables::all_meta(m_db));
    out.friends = std::move(friends);
    out.outbox = std::move(outbox);
    out.authored = std::move(authored);
    out.missing = std::move(missing);
    out.endpoints = std::move(endpoints);
    out.held = std::move(held);
    out.meta = std::move(meta);
    return out;
}

result<bytes> database::export_all() {
    TAU_TRY(image, m_db.image());
    bytes out = to_bytes(backup_magic);
    auto const sum = sha256_of(image);
    out.insert(out.end(), sum.begin(), sum.end());
    out.insert(out.end(), image.begin(), image.end());
    return out;
}

error_code database::import_all(byte_view blob) {
    auto const head = backup_magic.size() + hash256::size_bytes;
    if (blob.size() < head || as_text(blob.first(backup_magic.size())) != backup_magic)
        return errc::invalid_encoding;
    auto const image = blob.subspan(head);
    auto const sum = sha256_of(image);
    if (!std::equal(sum.begin(), sum.end(), blob.begin() + backup_magic.size()))
        return errc::invalid_checksum;
    auto const used = m_db.number("SELECT (SELECT count(*) FROM friends)"
                                  " + (SELECT count(*) FROM messages)");
    if (!used)
        return used.error();
    if (used.value() > 0)
        return errc::already_exists;
    // Octets 60 to 63 of an SQLite file are its user_version.
    std::int64_t version = 0;
    for (std::size_t at = 60; at < 64; ++at)
        version = version * 256 + (at < image.size() ? image[at] : 0);
    if (version < 1 || version > schema_version())
        return version > schema_version() ? errc::unsupported_version : errc::invalid_encoding;
    if (auto const ec = m_db.replace_by(image))
        return ec;
    return migrate(m_db, {});
}

error_code database::limit_pages(std::int64_t pages) {
    return m_db.execute("PRAGMA max_page_count=" + std::to_string(pages));
}

} // namespace tau::store
