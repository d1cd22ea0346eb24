#include "core/error.hpp"

#include <string>

namespace tau {
namespace {

char const* text_of(errc e) {
    switch (e) {
    case errc::ok:
        return "success";
    case errc::invalid_length:
        return "wrong length";
    case errc::invalid_encoding:
        return "cannot be parsed";
    case errc::invalid_argument:
        return "value not allowed";
    case errc::invalid_signature:
        return "signature does not match";
    case errc::invalid_checksum:
        return "checksum does not match";
    case errc::unsupported_version:
        return "unsupported version";
    case errc::too_large:
        return "too large";
    case errc::stale:
        return "older than what is known";
    case errc::replayed:
        return "seen before";
    case errc::not_found:
        return "not found";
    case errc::timed_out:
        return "timed out";
    case errc::refused:
        return "refused by the remote side";
    case errc::rate_limited:
        return "rate limited, try again later";
    case errc::wrong_passphrase:
        return "wrong passphrase";
    case errc::passphrase_required:
        return "a passphrase is needed";
    case errc::insecure_permissions:
        return "file permissions are too open";
    case errc::wrong_owner:
        return "belongs to another user";
    case errc::already_exists:
        return "already exists";
    case errc::locked:
        return "in use by another process";
    case errc::disk_full:
        return "no space left on the disk";
    case errc::storage_failed:
        return "storage failed";
    case errc::not_a_friend:
        return "not a friend";
    case errc::blocked:
        return "blocked";
    case errc::cancelled:
        return "cancelled";
    case errc::unreachable:
        return "no way to reach it is known";
    case errc::out_of_memory:
        return "not enough memory";
    }
    return "unknown error";
}

struct category final : boost::system::error_category {
    char const* name() const noexcept override { return "tau"; }
    std::string message(int value) const override { return text_of(static_cast<errc>(value)); }
};

} // namespace

boost::system::error_category const& tau_category() {
    static category const instance;
    return instance;
}

error_code make_error_code(errc e) {
    return {static_cast<int>(e), tau_category()};
}

} // namespace tau
