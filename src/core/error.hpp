#pragma once

#include <boost/outcome/boost_result.hpp>
#include <boost/outcome/try.hpp>
#include <boost/system/error_code.hpp>

namespace tau {

using error_code = boost::system::error_code;

/// Every way in which our own code can refuse or fail. The outside world fails
/// by value: functions return result<T> or error_code, never a string or -1.
enum class errc {
    ok = 0,
    invalid_length,       ///< a fixed-size field has another size
    invalid_encoding,     ///< not hex, not bencode, not UTF-8, not a URI: bytes do not parse
    invalid_argument,     ///< parsed, but the value is outside what is allowed
    invalid_signature,    ///< signature, key, salt, seq and value disagree
    invalid_checksum,     ///< EIP-55 case, file checksum or content hash does not match
    unsupported_version,  ///< made by a newer or unknown version of the format
    too_large,            ///< above a named limit
    stale,                ///< older than what is already known (seq, time)
    replayed,             ///< a nonce or time that was seen before
    not_found,            ///< nobody has it
    timed_out,            ///< no answer before the deadline
    refused,              ///< the remote answered with an error
    rate_limited,         ///< a limit of ours or theirs forbids it now; try later
    wrong_passphrase,     ///< key file did not open
    passphrase_required,  ///< the file is encrypted and no passphrase was given
    insecure_permissions, ///< a secret file that others may read
    wrong_owner,          ///< a secret file or folder of another user
    already_exists,       ///< would overwrite
    locked,               ///< another process holds it
    disk_full,            ///< no space left; nothing was changed
    storage_failed,       ///< database or file system error other than disk_full
    not_a_friend,         ///< the key is not in the friend list
    blocked,              ///< the key was blocked by the user
    cancelled,            ///< given up by our side
    unreachable,          ///< no endpoint or path is known
    out_of_memory,        ///< less memory than the operation needs (Argon2id)
};

[[nodiscard]] boost::system::error_category const& tau_category();
[[nodiscard]] error_code make_error_code(errc e);

/// The entry's own name, "timed_out": what machines are told where people read message().
[[nodiscard]] char const* name_of(errc e);

template <class T>
using result = boost::outcome_v2::boost_result<T>;

using boost::outcome_v2::success;

} // namespace tau

template <>
struct boost::system::is_error_code_enum<tau::errc> : std::true_type {};

/// TAU_TRY(name, expression): returns the error of a result<> expression to the
/// caller, or binds its value to a new `name`. Without a name only the check is made.
#define TAU_TRY(...) BOOST_OUTCOME_TRY(__VA_ARGS__)
