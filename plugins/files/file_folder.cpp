#include "plugins/files/file_folder.hpp"

#include "core/hex.hpp"
#include "identity/private_file.hpp"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace tau::plugins {
namespace {

namespace fs = std::filesystem;

constexpr char const* info_name = "info";
constexpr std::size_t max_info_bytes = wire::max_file_pieces * wire::piece_hash::size_bytes + 1024;
constexpr std::size_t block_bytes = 512; // of st_blocks

error_code last_error() {
    switch (errno) {
    case ENOSPC:
    case EDQUOT:
        return errc::disk_full;
    case ENOENT:
        return errc::not_found;
    default:
        return errc::storage_failed;
    }
}

error_code sync_folder(fs::path const& path) {
    file_handle const folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return folder.is_open() ? folder.sync() : last_error();
}

} // namespace

fs::path file_folder::folder_of(info_hash const& torrent) const {
    return m_root / to_hex(torrent);
}

fs::path file_folder::octets_of(wire::file_ref const& file) const {
    return folder_of(file.torrent) / wire::sealed_file_name(file.key);
}

fs::path file_folder::upload_folder(std::uint64_t id) const {
    return m_root / ("upload-" + std::to_string(id));
}

error_code file_folder::make() const {
    return identity::make_private_folder(m_root);
}

error_code file_folder::check_room(std::uint64_t bytes) const {
    struct statvfs disk {};
    if (::statvfs(m_root.c_str(), &disk) != 0)
        return last_error();
    auto const free = std::uint64_t{disk.f_bavail} * disk.f_frsize;
    return free >= bytes + reserve_bytes ? error_code{} : errc::disk_full;
}

std::uint64_t file_folder::allocated(wire::file_ref const& file) const {
    struct stat found {};
    if (::stat(octets_of(file).c_str(), &found) != 0)
        return 0;
    return static_cast<std::uint64_t>(found.st_blocks) * block_bytes;
}

result<bytes> file_folder::prepare(info_hash const& torrent) const {
    auto const folder = folder_of(torrent);
    if (auto const ec = identity::make_private_folder(folder))
        return ec;
    auto const info = identity::read_private_file(folder / info_name, max_info_bytes);
    return info ? to_bytes(info.value().view()) : bytes{};
}

error_code file_folder::save_info(info_hash const& torrent, byte_view info) const {
    return identity::write_private_file(folder_of(torrent) / info_name, info,
                                        identity::write_mode::replace);
}

result<bytes> file_folder::load_whole(wire::file_ref const& file) const {
    struct stat found {};
    if (::stat(octets_of(file).c_str(), &found) != 0)
        return last_error();
    if (std::cmp_not_equal(found.st_size, wire::sealed_file_bytes(file.size)))
        return errc::not_found;
    TAU_TRY(info, identity::read_private_file(folder_of(file.torrent) / info_name, max_info_bytes));
    return to_bytes(info.view());
}

void file_folder::remove(info_hash const& torrent) const {
    remove_entry(to_hex(torrent));
}

std::set<std::string> file_folder::entries() const {
    std::set<std::string> out;
    std::error_code ec;
    for (fs::directory_iterator at(m_root, ec), end; !ec && at != end; at.increment(ec))
        out.insert(at->path().filename().string());
    return out;
}

void file_folder::remove_entry(std::string const& name) const {
    std::error_code ignored; // what stays is removed at the next start
    fs::remove_all(m_root / name, ignored);
}

file_handle::~file_handle() {
    if (is_open())
        ::close(m_fd);
}

error_code file_handle::write(byte_view data) const {
    while (!data.empty()) {
        auto const count = ::write(m_fd, data.data(), data.size());
        if (count < 0 && errno != EINTR)
            return last_error();
        if (count > 0)
            data = data.subspan(static_cast<std::size_t>(count));
    }
    return {};
}

error_code file_handle::read_at(std::uint64_t offset, std::span<std::uint8_t> out) const {
    while (!out.empty()) {
        auto const count = ::pread(m_fd, out.data(), out.size(), static_cast<off_t>(offset));
        if (count < 0 && errno != EINTR)
            return last_error();
        if (count == 0)
            return errc::not_found;
        if (count > 0) {
            offset += static_cast<std::uint64_t>(count);
            out = out.subspan(static_cast<std::size_t>(count));
        }
    }
    return {};
}

error_code file_handle::sync() const {
    return ::fsync(m_fd) == 0 ? error_code{} : last_error();
}

result<file_handle> open_for_reading(fs::path const& path) {
    file_handle out(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!out.is_open())
        return last_error();
    return out;
}

upload_writer::upload_writer(file_folder folder, std::uint64_t id, messenger::file_sealer sealer)
    : m_folder(std::move(folder)), m_place(m_folder.upload_folder(id)), m_sealer(std::move(sealer)),
      m_sink([this](byte_view sealed) { return m_file.write(sealed); }) {}

upload_writer::~upload_writer() {
    if (!m_is_finished && m_file.is_open())
        m_folder.remove_entry(m_place.filename().string());
}

error_code upload_writer::open() {
    if (m_file.is_open())
        return {};
    if (auto const ec = identity::make_private_folder(m_place))
        return ec;
    auto const path = m_place / wire::sealed_file_name(m_sealer.key());
    m_file = file_handle(
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!m_file.is_open())
        return last_error();
    auto const size = static_cast<off_t>(wire::sealed_file_bytes(m_sealer.size()));
    // So that a disk that is too small says so now.
    if (::fallocate(m_file.get(), 0, 0, size) != 0 && errno != EOPNOTSUPP)
        return last_error();
    return {};
}

error_code upload_writer::write(byte_view plain) {
    if (auto const ec = open())
        return ec;
    return m_sealer.write(plain, m_sink);
}

result<messenger::sealed_file> upload_writer::finish() {
    TAU_TRY(made, m_sealer.finish(m_sink));
    if (auto const ec = m_file.sync())
        return ec;
    if (auto const ec = identity::write_private_file(m_place / info_name, made.info,
                                                     identity::write_mode::create))
        return ec;
    std::error_code moved;
    fs::rename(m_place, m_folder.folder_of(made.ref.torrent), moved);
    if (moved)
        return errc::storage_failed;
    m_is_finished = true;
    if (auto const ec = sync_folder(m_folder.root()))
        return ec;
    return made;
}

result<bytes> read_sealed(fs::path const& octets, wire::file_ref const& file, std::uint64_t from,
                          std::size_t count) {
    if (from >= file.size || count == 0)
        return bytes{};
    TAU_TRY(in, open_for_reading(octets));
    auto const end = from + std::min<std::uint64_t>(count, file.size - from);
    bytes out;
    out.reserve(static_cast<std::size_t>(end - from));
    bytes sealed(wire::sealed_chunk_bytes);
    bytes plain(wire::file_chunk_bytes);
    for (auto index = from / wire::file_chunk_bytes; index * wire::file_chunk_bytes < end;
         ++index) {
        if (auto const ec = in.read_at(index * wire::sealed_chunk_bytes, sealed))
            return ec;
        if (auto const ec = messenger::open_chunk(file.key, index, sealed, plain))
            return ec;
        auto const start = index * wire::file_chunk_bytes;
        auto const first = static_cast<std::ptrdiff_t>(std::max(from, start) - start);
        auto const last =
            static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(end - start, plain.size()));
        out.insert(out.end(), plain.begin() + first, plain.begin() + last);
    }
    return out;
}

} // namespace tau::plugins
