#include "identity/private_file.hpp"

#include "core/hex.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tau::identity {
namespace {

namespace fs = std::filesystem;

constexpr mode_t others_any = S_IRWXG | S_IRWXO;
constexpr mode_t others_write = S_IWGRP | S_IWOTH;

class descriptor {
public:
    explicit descriptor(int fd) : m_fd(fd) {}
    descriptor(descriptor const&) = delete;
    descriptor& operator=(descriptor const&) = delete;
    ~descriptor() {
        if (m_fd >= 0)
            ::close(m_fd);
    }
    [[nodiscard]] int get() const { return m_fd; }
    [[nodiscard]] bool is_open() const { return m_fd >= 0; }

private:
    int m_fd;
};

errc last_error() {
    switch (errno) {
    case ENOENT:
    case ENOTDIR:
        return errc::not_found;
    case EEXIST:
        return errc::already_exists;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return errc::disk_full;
    default:
        return errc::storage_failed;
    }
}

error_code write_all(int fd, byte_view content) {
    while (!content.empty()) {
        auto const written = ::write(fd, content.data(), content.size());
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return last_error();
        content = content.subspan(static_cast<std::size_t>(written));
    }
    return {};
}

error_code sync_folder_of(fs::path const& path) {
    auto const folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
    descriptor const fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd.is_open())
        return last_error();
    // EINVAL: a file system that orders names by itself and cannot sync a folder.
    return ::fsync(fd.get()) == 0 || errno == EINVAL ? error_code() : last_error();
}

error_code write_new(fs::path const& path, byte_view content) {
    descriptor const fd(
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    // fchmod because a umask may have taken rights away from us too.
    if (!fd.is_open() || ::fchmod(fd.get(), 0600) != 0)
        return last_error();
    if (auto const problem = write_all(fd.get(), content))
        return problem;
    if (::fsync(fd.get()) != 0)
        return last_error();
    return {};
}

// A file that is being written is called ".<name>.<random digits>".
constexpr std::size_t suffix_digits = 8;

std::string temporary_prefix(fs::path const& path) {
    return "." + path.filename().string() + ".";
}

// Gives the finished file its name. link() fails where rename() would overwrite.
error_code give_name(fs::path const& from, fs::path const& to, write_mode mode) {
    if (mode == write_mode::replace)
        return std::rename(from.c_str(), to.c_str()) == 0 ? error_code() : last_error();
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0)
        return {};
    if (errno != EINVAL && errno != ENOSYS)
        return last_error();
    // A file system without that flag; a hard link does not overwrite either.
    if (::link(from.c_str(), to.c_str()) != 0)
        return last_error();
    ::unlink(from.c_str());
    return {};
}

error_code check_owner(struct stat const& status, mode_t forbidden) {
    if (status.st_uid != ::geteuid())
        return errc::wrong_owner;
    if ((status.st_mode & forbidden) != 0)
        return errc::insecure_permissions;
    return {};
}

// Reads at most `max_bytes`; the size in `status` is a hint, the file may still grow.
result<secret_bytes> read_all(int fd, struct stat const& status, std::size_t max_bytes) {
    auto const size = static_cast<std::size_t>(status.st_size);
    if (size > max_bytes)
        return errc::too_large;
    secret_bytes out(size);
    std::size_t done = 0;
    while (done < size) {
        auto const got = ::read(fd, out.data() + done, size - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return last_error();
        if (got == 0)
            return errc::storage_failed; // somebody is cutting it under our hands
        done += static_cast<std::size_t>(got);
    }
    return out;
}

} // namespace

error_code write_private_file(fs::path const& path, byte_view content, write_mode mode) {
    struct stat status {};
    if (mode == write_mode::create && ::lstat(path.c_str(), &status) == 0)
        return errc::already_exists;
    auto const suffix = to_hex(system_random().make<nonce>());
    auto temporary = path;
    temporary.replace_filename(temporary_prefix(path) + suffix.substr(0, suffix_digits));
    auto problem = write_new(temporary, content);
    if (!problem)
        problem = give_name(temporary, path, mode);
    if (problem) {
        ::unlink(temporary.c_str());
        return problem;
    }
    return sync_folder_of(path);
}

void remove_unfinished(fs::path const& path) {
    auto const folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
    auto const prefix = temporary_prefix(path);
    std::error_code problem; // a folder that cannot be read has nothing of ours to remove
    for (fs::directory_iterator at(folder, problem), end; !problem && at != end;
         at.increment(problem)) {
        auto const name = at->path().filename().string();
        if (name.starts_with(prefix) && name.size() == prefix.size() + suffix_digits
            && name.find_first_not_of("0123456789abcdef", prefix.size()) == std::string::npos)
            ::unlink(at->path().c_str());
    }
}

result<secret_bytes> read_private_file(fs::path const& path, std::size_t max_bytes,
                                       read_check check) {
    // O_NONBLOCK: a FIFO put in its place must not hang us.
    descriptor const fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    struct stat status {};
    if (!fd.is_open() || ::fstat(fd.get(), &status) != 0)
        return last_error();
    if (!S_ISREG(status.st_mode))
        return errc::invalid_argument;
    if (check == read_check::private_to_us)
        if (auto const problem = check_owner(status, others_any))
            return problem;
    return read_all(fd.get(), status, max_bytes);
}

error_code make_private_folder(fs::path const& path) {
    fs::path made;
    for (auto const& part : path) {
        made /= part;
        if (::mkdir(made.c_str(), 0700) != 0 && errno != EEXIST && errno != EISDIR)
            return last_error();
    }
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0)
        return last_error();
    if (!S_ISDIR(status.st_mode))
        return errc::already_exists;
    return check_owner(status, others_write);
}

} // namespace tau::identity
