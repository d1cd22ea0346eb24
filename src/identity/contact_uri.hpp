#pragma once

#include "identity/host_port.hpp"
#include "identity/keyring.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace tau::identity {

inline constexpr std::size_t max_contact_uri_bytes = 1024;
inline constexpr std::size_t max_name_bytes = 64; ///< of a nickname, UTF-8

/// True for a nickname that we accept from anybody: 1 to max_name_bytes octets of
/// UTF-8 without control and bidirectional characters, no blank at either end.
[[nodiscard]] bool is_valid_name(std::string_view name);

/// What one person hands another to be reached by. Only `key` is certain: the
/// wallet needs a binding record, name and endpoint are hints.
struct contact {
    public_key key;
    std::optional<wallet_address> wallet;
    std::string name; ///< empty if there is none
    std::optional<host_port> endpoint;
    std::optional<identity::contact_key> contact_key;

    friend bool operator==(contact const&, contact const&) = default;
};

/// Parses `tau:<64 hex>[?wallet=&name=&ep=&ck=]`, or a bare key of 64 hexadecimal digits.
/// The scheme has any case; unknown parameters are ignored, duplicates of any refused.
/// errc::too_large, errc::invalid_encoding (not such a URI), errc::invalid_length (key),
/// errc::invalid_checksum (wallet), errc::invalid_argument (name, port, duplicates, or
/// a key that sealing_key_of() refuses: nobody could write to it).
/// Source: docs/wire/identity.md, "Contact URI"; RFC 3986 percent-encoding.
[[nodiscard]] result<contact> parse_contact(std::string_view text);

/// The canonical URI; parse_contact() gives `c` back if its name and host are valid.
[[nodiscard]] std::string to_uri(contact const& c);

} // namespace tau::identity
