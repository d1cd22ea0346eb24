#pragma once

#include "core/endpoint.hpp"
#include "messenger/sealed_file.hpp"

#include <functional>
#include <set>

namespace tau::messenger {

/// How far a sealed file has come, in octets of the file.
struct file_progress {
    std::uint64_t bytes_done = 0;  ///< here if it is theirs, at the receiver if it is ours
    std::uint64_t bytes_per_s = 0; ///< towards whom it goes, of late
    std::size_t peers = 0;         ///< connections of its torrent
};

/// Who is told of sealed files. Not called from within a call of file_port.
struct file_observer {
    std::function<void(info_hash const&, file_progress const&)> on_progress{};
    /// All of a file that is fetched is here, and it is the one that its sender signed.
    std::function<void(info_hash const&)> on_complete{};
    /// It stopped for good: errc::invalid_checksum (the sender made it wrongly),
    /// errc::disk_full, errc::not_found (our own octets are gone), errc::storage_failed.
    std::function<void(info_hash const&, error_code)> on_failed{};
};

/// Keeps sealed files on disk and moves them between friends' nodes.
///
/// What it holds is sealed: the key stays with the messages, and comes with a file_ref.
/// Threading: tau thread. Answers never come before the call returned, each once.
/// Errors:    by value.
class file_port {
public:
    using done_handler = std::function<void(error_code)>;
    using upload_id = std::uint64_t;

    virtual ~file_port() = default;
    virtual void observe(file_observer observer) = 0;

    // A file of ours, as it is handed over.
    /// errc::disk_full unless all of it has room.
    [[nodiscard]] virtual result<upload_id> open(file_sealer sealer) = 0;
    /// In order; one at a time. After an error only drop() is of use.
    virtual void write(upload_id id, bytes plain, done_handler done) = 0;
    /// Once it answers the sealed file is on disk and survives a crash.
    virtual void finish(upload_id id, std::function<void(result<sealed_file>)> done) = 0;
    virtual void drop(upload_id id) = 0;

    // Moving.
    /// Offers a file of ours, which is on disk, to whoever asks for its torrent.
    virtual void seed(wire::file_ref const& file) = 0;
    /// Fetches, going on from what is here; errc::disk_full unless the rest has room.
    [[nodiscard]] virtual error_code fetch(wire::file_ref const& file) = 0;
    /// No peer may have it any more; the octets stay.
    virtual void rest(info_hash const& torrent) = 0;
    /// rest(), and the octets go.
    virtual void remove(info_hash const& torrent) = 0;
    /// A node that may have it or want it.
    virtual void connect(info_hash const& torrent, endpoint const& where) = 0;

    // What comes and goes by another way than the torrent's connections.
    /// Whether the dictionary of a file that is being fetched is here.
    [[nodiscard]] virtual bool has_info(info_hash const& torrent) const = 0;
    virtual void add_info(info_hash const& torrent, byte_view info) = 0;
    /// Pieces that are missing, the first ones; none while it cannot take any.
    [[nodiscard]] virtual std::vector<std::uint32_t> missing(info_hash const& torrent,
                                                             std::size_t limit) const = 0;
    /// Takes a whole piece; one with another hash stays missing.
    virtual void add_piece(info_hash const& torrent, std::uint32_t piece, bytes octets) = 0;
    virtual void read_info(wire::file_ref const& file, std::function<void(result<bytes>)> done) = 0;
    /// Octets as they are sealed; exactly `count` of them.
    virtual void read_sealed(wire::file_ref const& file, std::uint64_t from, std::size_t count,
                             std::function<void(result<bytes>)> done) = 0;

    /// Up to `count` octets of a file that is here from `from` on, fewer at its end.
    /// errc::not_found.
    virtual void read(wire::file_ref const& file, std::uint64_t from, std::size_t count,
                      std::function<void(result<bytes>)> done) = 0;

    /// Removes what a crash left of files that no message names.
    virtual void keep_only(std::set<info_hash> const& named) = 0;
};

} // namespace tau::messenger
