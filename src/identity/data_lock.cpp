#include "identity/data_lock.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <string>
#include <unistd.h>
#include <utility>

namespace tau::identity {
namespace {

std::string lock_path(std::filesystem::path const& folder) {
    return (folder / "lock").string();
}

struct flock whole_file(short type) {
    struct flock out {};
    out.l_type = type;
    out.l_whence = SEEK_SET;
    return out;
}

bool write_pid(int fd) {
    auto const text = std::to_string(::getpid()) + "\n";
    return ::ftruncate(fd, 0) == 0
           && ::pwrite(fd, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
}

std::optional<std::int64_t> read_pid(int fd) {
    std::array<char, 32> text{};
    auto const size = ::pread(fd, text.data(), text.size(), 0);
    std::int64_t pid = 0;
    if (size <= 0 || std::from_chars(text.data(), text.data() + size, pid).ec != std::errc{}
        || pid <= 0)
        return std::nullopt;
    return pid;
}

} // namespace

result<data_lock> data_lock::acquire(std::filesystem::path const& folder) {
    data_lock out(
        ::open(lock_path(folder).c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (out.m_fd < 0)
        return errno == ENOENT ? errc::not_found : errc::storage_failed;
    auto wanted = whole_file(F_WRLCK);
    if (::fcntl(out.m_fd, F_OFD_SETLK, &wanted) != 0)
        return errno == EAGAIN || errno == EACCES ? errc::locked : errc::storage_failed;
    if (!write_pid(out.m_fd))
        return errno == ENOSPC ? errc::disk_full : errc::storage_failed;
    return out;
}

std::optional<std::int64_t> data_lock::holder(std::filesystem::path const& folder) {
    data_lock const file(::open(lock_path(folder).c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
    auto asked = whole_file(F_WRLCK);
    if (file.m_fd < 0 || ::fcntl(file.m_fd, F_OFD_GETLK, &asked) != 0 || asked.l_type == F_UNLCK)
        return std::nullopt;
    return read_pid(file.m_fd);
}

data_lock::data_lock(data_lock&& other) noexcept : m_fd(std::exchange(other.m_fd, -1)) {}

data_lock& data_lock::operator=(data_lock&& other) noexcept {
    std::swap(m_fd, other.m_fd);
    return *this;
}

data_lock::~data_lock() {
    if (m_fd >= 0)
        ::close(m_fd);
}

} // namespace tau::identity
