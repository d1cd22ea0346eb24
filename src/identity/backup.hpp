#pragma once

#include "identity/container.hpp"
#include "identity/key_file.hpp"

#include <filesystem>

namespace tau::identity {

/// The largest payload of a backup, sealed in memory at once: a choice of ours.
inline constexpr std::size_t max_backup_payload_bytes = std::size_t{256} * 1024 * 1024;

/// What a backup holds: the identity and whatever its node wants back, opaque here
/// (the messenger's export). Device ids are not part of it: a restored
/// folder is another device.
struct backup {
    identity_secret secret;
    secret_bytes payload;
};

/// One encrypted file, always under a passphrase: errc::passphrase_required without
/// one, errc::too_large. Source: docs/wire/identity.md, "Backup".
/// Threading: any thread; takes the time that the passphrase costs.
[[nodiscard]] result<secret_bytes> encode_backup(identity_secret const& secret, byte_view payload,
                                                 byte_view passphrase, random_source& random,
                                                 passphrase_cost cost = {});

/// As decode_key_file().
[[nodiscard]] result<backup> decode_backup(byte_view data, byte_view passphrase);

/// Writes a backup file, mode 0600; never overwrites. Errors of encode_backup() and
/// write_private_file().
[[nodiscard]] error_code write_backup(std::filesystem::path const& file,
                                      identity_secret const& secret, byte_view payload,
                                      byte_view passphrase, random_source& random,
                                      passphrase_cost cost = {});

/// Reads a backup file. Its permissions do not matter: it is encrypted, and it may
/// come from a stick or a mail. errc::not_found and those of decode_backup().
[[nodiscard]] result<backup> read_backup(std::filesystem::path const& file, byte_view passphrase);

} // namespace tau::identity
