#pragma once

#include "identity/container.hpp"
#include "identity/keyring.hpp"

#include <filesystem>

namespace tau::identity {

/// The key file's name in a data folder.
inline constexpr char const* key_file_name = "identity.key";

/// The octets of a key file; see container.hpp for passphrase, cost and errors.
[[nodiscard]] result<secret_bytes> encode_key_file(identity_secret const& secret,
                                                   byte_view passphrase, passphrase_cost cost,
                                                   random_source& random);
/// As open_container(), and errc::invalid_encoding for a body that is no identity.
[[nodiscard]] result<identity_secret> decode_key_file(byte_view data, byte_view passphrase);

/// The block that key file and backup begin their bodies with.
inline constexpr std::size_t secret_block_bytes = 73;
[[nodiscard]] secret_bytes encode_secret_block(identity_secret const& secret);
/// `data` has secret_block_bytes octets. errc::invalid_length or errc::invalid_encoding.
[[nodiscard]] result<identity_secret> decode_secret_block(byte_view data);

/// The file that holds an identity: mode 0600, owned by us, written atomically.
///
/// No call leaves a half-written file, and a call that fails leaves the file as it was.
///
/// Source:    docs/wire/identity.md, "Key file".
/// Threading: blocks on the disk and on Argon2id; start-up or the worker pool.
/// Errors:    not_found, wrong_owner, insecure_permissions, invalid_encoding (no key
///            file), unsupported_version, invalid_length (truncated), invalid_checksum
///            (damaged), passphrase_required, wrong_passphrase, already_exists,
///            disk_full, storage_failed.
class key_file {
public:
    explicit key_file(std::filesystem::path path) : m_path(std::move(path)) {}

    /// Writes a new file; never overwrites (already_exists). Empty passphrase: none.
    [[nodiscard]] error_code create(identity_secret const& secret, byte_view passphrase,
                                    random_source& random, passphrase_cost cost = {}) const;
    [[nodiscard]] result<identity_secret> load(byte_view passphrase) const;
    /// Whether a passphrase is needed; the errors of load() that come before it.
    [[nodiscard]] result<bool> is_protected() const;
    /// Replaces the passphrase; an empty `new_passphrase` removes it. An unprotected
    /// file needs no old one.
    [[nodiscard]] error_code change_passphrase(byte_view old_passphrase, byte_view new_passphrase,
                                               random_source& random,
                                               passphrase_cost cost = {}) const;

    [[nodiscard]] std::filesystem::path const& path() const { return m_path; }

private:
    std::filesystem::path m_path;
};

} // namespace tau::identity
