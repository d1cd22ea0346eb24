#pragma once

#include "identity/secret.hpp"

#include <filesystem>

namespace tau::identity {

/// Whether a file that exists is an error or is replaced.
enum class write_mode { create, replace };

/// Writes a file of mode 0600 that is complete or absent, whatever happens: a new file
/// beside it, fsync, rename, fsync of the folder. errc::already_exists (create),
/// errc::not_found (no such folder), errc::disk_full, errc::storage_failed.
/// Threading: any; blocks on the disk.
[[nodiscard]] error_code write_private_file(std::filesystem::path const& path, byte_view content,
                                            write_mode mode);

/// Removes what writers of `path` that were killed left beside it: hidden files that may
/// hold its secrets. Only while nobody else writes it.
void remove_unfinished(std::filesystem::path const& path);

/// Whether a file must be ours alone, or is encrypted and may lie anywhere.
enum class read_check { private_to_us, none };

/// Reads a regular file. errc::not_found, errc::wrong_owner,
/// errc::insecure_permissions (any right for group or others), errc::invalid_argument
/// (not a regular file), errc::too_large, errc::storage_failed.
[[nodiscard]] result<secret_bytes> read_private_file(std::filesystem::path const& path,
                                                     std::size_t max_bytes,
                                                     read_check check = read_check::private_to_us);

/// Makes a folder of mode 0700, parents included. One that exists must be ours and
/// not writable by others: errc::wrong_owner, errc::insecure_permissions.
[[nodiscard]] error_code make_private_folder(std::filesystem::path const& path);

} // namespace tau::identity
