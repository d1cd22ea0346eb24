#pragma once

#include "messenger/sealed_file.hpp"

#include <filesystem>
#include <set>
#include <string>

namespace tau::plugins {

/// Where sealed files lie: a folder of mode 0700 for each, named by its info-hash, with the
/// sealed octets under the torrent's own name and the info dictionary as `info`.
///
/// Source:    docs/messenger.md, "Files". Threading: any; every function blocks on the disk.
/// Errors:    errc::disk_full, errc::not_found, errc::storage_failed.
class file_folder {
public:
    /// Room that is left to others on the disk, the database above all.
    static constexpr std::uint64_t reserve_bytes = 64 * 1024 * 1024;

    explicit file_folder(std::filesystem::path root) : m_root(std::move(root)) {}

    [[nodiscard]] std::filesystem::path const& root() const { return m_root; }
    [[nodiscard]] std::filesystem::path folder_of(info_hash const& torrent) const;
    [[nodiscard]] std::filesystem::path octets_of(wire::file_ref const& file) const;
    [[nodiscard]] std::filesystem::path upload_folder(std::uint64_t id) const;

    /// Makes the root.
    [[nodiscard]] error_code make() const;
    /// errc::disk_full unless `bytes` more, and the reserve, have room.
    [[nodiscard]] error_code check_room(std::uint64_t bytes) const;
    /// Octets on disk that belong to this file already.
    [[nodiscard]] std::uint64_t allocated(wire::file_ref const& file) const;

    /// Makes the folder of a torrent and its info dictionary, if there is one yet.
    [[nodiscard]] result<bytes> prepare(info_hash const& torrent) const;
    [[nodiscard]] error_code save_info(info_hash const& torrent, byte_view info) const;
    /// errc::not_found unless all sealed octets are there; the info dictionary.
    [[nodiscard]] result<bytes> load_whole(wire::file_ref const& file) const;
    void remove(info_hash const& torrent) const;

    /// Names in the root: files, and uploads that a crash cut off.
    [[nodiscard]] std::set<std::string> entries() const;
    void remove_entry(std::string const& name) const;

private:
    std::filesystem::path m_root;
};

/// An open file; closed when destroyed.
class file_handle {
public:
    explicit file_handle(int fd = -1) : m_fd(fd) {}
    ~file_handle();
    file_handle(file_handle&& other) noexcept : m_fd(std::exchange(other.m_fd, -1)) {}
    file_handle& operator=(file_handle&& other) noexcept {
        std::swap(m_fd, other.m_fd);
        return *this;
    }
    [[nodiscard]] int get() const { return m_fd; }
    [[nodiscard]] bool is_open() const { return m_fd >= 0; }
    [[nodiscard]] error_code write(byte_view data) const;
    /// Fills `out`; errc::not_found at the end of the file.
    [[nodiscard]] error_code read_at(std::uint64_t offset, std::span<std::uint8_t> out) const;
    [[nodiscard]] error_code sync() const;

private:
    int m_fd;
};
[[nodiscard]] result<file_handle> open_for_reading(std::filesystem::path const& path);

/// Writes the sealed octets of one upload. What was not finished goes when it is destroyed.
/// Threading: one thread at a time; blocks on the disk.
class upload_writer {
public:
    upload_writer(file_folder folder, std::uint64_t id, messenger::file_sealer sealer);
    ~upload_writer();
    upload_writer(upload_writer const&) = delete;
    upload_writer& operator=(upload_writer const&) = delete;

    [[nodiscard]] error_code write(byte_view plain);
    /// The file is whole, in its place, and survives a power failure.
    [[nodiscard]] result<messenger::sealed_file> finish();

private:
    [[nodiscard]] error_code open();

    file_folder m_folder;
    std::filesystem::path m_place;
    messenger::file_sealer m_sealer;
    file_handle m_file;
    messenger::file_sealer::sink m_sink;
    bool m_is_finished = false;
};

/// Octets of the file itself, opened chunk by chunk; fewer than `count` at its end.
[[nodiscard]] result<bytes> read_sealed(std::filesystem::path const& octets,
                                        wire::file_ref const& file, std::uint64_t from,
                                        std::size_t count);

} // namespace tau::plugins
