#include "core/error.hpp"

#include <iterator>
#include <string>

namespace tau {
namespace {

struct entry {
    errc value;
    char const* name;
    char const* text;
};

// In the order of the enumeration, one row an entry.
constexpr entry entries[] = {
    {errc::ok, "ok", "success"},
    {errc::invalid_length, "invalid_length", "wrong length"},
    {errc::invalid_encoding, "invalid_encoding", "cannot be parsed"},
    {errc::invalid_argument, "invalid_argument", "value not allowed"},
    {errc::invalid_signature, "invalid_signature", "signature does not match"},
    {errc::invalid_checksum, "invalid_checksum", "checksum does not match"},
    {errc::unsupported_version, "unsupported_version", "unsupported version"},
    {errc::too_large, "too_large", "too large"},
    {errc::stale, "stale", "older than what is known"},
    {errc::replayed, "replayed", "seen before"},
    {errc::not_found, "not_found", "not found"},
    {errc::timed_out, "timed_out", "timed out"},
    {errc::refused, "refused", "refused by the remote side"},
    {errc::rate_limited, "rate_limited", "rate limited, try again later"},
    {errc::wrong_passphrase, "wrong_passphrase", "wrong passphrase"},
    {errc::passphrase_required, "passphrase_required", "a passphrase is needed"},
    {errc::insecure_permissions, "insecure_permissions", "file permissions are too open"},
    {errc::wrong_owner, "wrong_owner", "belongs to another user"},
    {errc::already_exists, "already_exists", "already exists"},
    {errc::locked, "locked", "in use by another process"},
    {errc::disk_full, "disk_full", "no space left on the disk"},
    {errc::storage_failed, "storage_failed", "storage failed"},
    {errc::not_a_friend, "not_a_friend", "not a friend"},
    {errc::blocked, "blocked", "blocked"},
    {errc::cancelled, "cancelled", "cancelled"},
    {errc::unreachable, "unreachable", "no way to reach it is known"},
    {errc::out_of_memory, "out_of_memory", "not enough memory"},
};

constexpr bool is_in_order() {
    for (std::size_t i = 0; i < std::size(entries); ++i) {
        if (static_cast<std::size_t>(entries[i].value) != i)
            return false;
    }
    return std::end(entries)[-1].value == errc::out_of_memory;
}
static_assert(is_in_order());

entry const* find(int value) {
    auto const index = static_cast<std::size_t>(value);
    return index < std::size(entries) ? &entries[index] : nullptr;
}

struct category final : boost::system::error_category {
    char const* name() const noexcept override { return "tau"; }
    std::string message(int value) const override {
        auto const* const e = find(value);
        return e != nullptr ? e->text : "unknown error";
    }
};

} // namespace

boost::system::error_category const& tau_category() {
    static category const instance;
    return instance;
}

error_code make_error_code(errc e) {
    return {static_cast<int>(e), tau_category()};
}

char const* name_of(errc e) {
    auto const* const found = find(static_cast<int>(e));
    return found != nullptr ? found->name : "unknown";
}

} // namespace tau
