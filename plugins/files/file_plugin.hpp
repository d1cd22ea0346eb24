#pragma once

#include "core/clock.hpp"
#include "core/worker_pool.hpp"
#include "messenger/file_port.hpp"
#include "plugins/files/file_folder.hpp"
#include "plugins/session/host.hpp"

#include <libtorrent/torrent_handle.hpp>

#include <boost/asio/steady_timer.hpp>

#include <map>
#include <memory>

namespace tau::plugins {

/// Sealed files on disk and as torrents of a session that is ours.
///
/// A torrent of a file is told to nobody: no DHT, no local discovery, no exchange of peers.
/// Who has its info-hash came by it with the message. libtorrent moves the sealed octets; they
/// are opened and checked as they come, in order, on the worker pool.
///
/// Source:    docs/messenger.md, "Files". Threading: tau thread.
/// Errors:    by value, or told to the observer.
class file_plugin final : public messenger::file_port {
public:
    /// Connections of one torrent.
    static constexpr int max_connections = 8;
    /// How often progress is looked at.
    static constexpr std::chrono::milliseconds look_pause{100};
    /// Chunks that are checked at one go: a worker is not held for longer.
    static constexpr std::uint64_t max_checked = 256;
    /// A piece that libtorrent has may not be in the file yet: how often it is read again.
    static constexpr unsigned max_rereads = 50;

    /// Owner mode only; all outlive the plugin.
    file_plugin(host& home, worker_pool& workers, clock_source const& clock,
                std::filesystem::path folder);
    ~file_plugin() override;
    file_plugin(file_plugin const&) = delete;
    file_plugin& operator=(file_plugin const&) = delete;

    /// Leaves the session; nobody is told anything any more.
    void stop();

    // messenger::file_port
    void observe(messenger::file_observer observer) override { m_observer = std::move(observer); }
    [[nodiscard]] result<upload_id> open(messenger::file_sealer sealer) override;
    void write(upload_id id, bytes plain, done_handler done) override;
    void finish(upload_id id, std::function<void(result<messenger::sealed_file>)> done) override;
    void drop(upload_id id) override { m_uploads.erase(id); }
    void seed(wire::file_ref const& file) override;
    [[nodiscard]] error_code fetch(wire::file_ref const& file) override;
    void rest(info_hash const& torrent) override;
    void remove(info_hash const& torrent) override;
    void connect(info_hash const& torrent, endpoint const& where) override;
    [[nodiscard]] bool has_info(info_hash const& torrent) const override;
    void add_info(info_hash const& torrent, byte_view info) override;
    [[nodiscard]] std::vector<std::uint32_t> missing(info_hash const& torrent,
                                                     std::size_t limit) const override;
    void add_piece(info_hash const& torrent, std::uint32_t piece, bytes octets) override;
    void read_info(wire::file_ref const& file, std::function<void(result<bytes>)> done) override;
    void read_sealed(wire::file_ref const& file, std::uint64_t from, std::size_t count,
                     std::function<void(result<bytes>)> done) override;
    void read(wire::file_ref const& file, std::uint64_t from, std::size_t count,
              std::function<void(result<bytes>)> done) override;
    void keep_only(std::set<info_hash> const& named) override;

private:
    struct mover;
    using mover_ptr = std::shared_ptr<mover>;

    /// `work()` on a worker, then `done(its value)` here unless we are gone by then.
    template <class Work, class Done>
    void off_thread(Work work, Done done);
    void add(mover_ptr const& what, bytes const& info);
    void take_info(mover_ptr const& what);
    void look();
    void look_at(mover_ptr const& what);
    void look_at_theirs(mover_ptr const& what);
    void look_at_ours(mover_ptr const& what);
    void check_more(mover_ptr const& what);
    void fail(mover_ptr const& what, error_code ec);
    void arm();
    [[nodiscard]] bool is_current(mover_ptr const& what) const;

    host& m_host;
    worker_pool& m_workers;
    clock_source const& m_clock;
    file_folder m_folder;
    std::set<std::string> m_left_over; // found at the start
    error_code m_unusable;
    messenger::file_observer m_observer;
    std::map<upload_id, std::shared_ptr<upload_writer>> m_uploads;
    upload_id m_last_upload = 0;
    std::map<info_hash, mover_ptr> m_moving;
    boost::asio::steady_timer m_timer;
    bool m_is_armed = false;
    std::shared_ptr<file_plugin*> m_alive;
};

} // namespace tau::plugins
