#pragma once

#include "core/error.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>

namespace tau::identity {

/// One running device per data folder: an exclusive lock on `<folder>/lock`.
///
/// The kernel drops it when the process dies, so a crash leaves no stale lock. The file
/// names the holder's process id, for the message to the user. It is an open file
/// description lock (fcntl F_OFD_SETLK): like flock, but one can ask for it without taking it.
/// Threading: any. Errors: errc::locked, errc::not_found, errc::storage_failed.
class data_lock {
public:
    [[nodiscard]] static result<data_lock> acquire(std::filesystem::path const& folder);
    /// Who holds the lock now; nullopt if nobody does or it cannot be told.
    [[nodiscard]] static std::optional<std::int64_t> holder(std::filesystem::path const& folder);

    data_lock(data_lock&& other) noexcept;
    data_lock& operator=(data_lock&& other) noexcept;
    data_lock(data_lock const&) = delete;
    data_lock& operator=(data_lock const&) = delete;
    ~data_lock();

private:
    explicit data_lock(int fd) : m_fd(fd) {}

    int m_fd = -1;
};

} // namespace tau::identity
