#include "plugins/files/file_plugin.hpp"

#include "core/hex.hpp"

#include <libtorrent/add_torrent_params.hpp>
#include <libtorrent/alert_types.hpp>
#include <libtorrent/peer_info.hpp>
#include <libtorrent/session_handle.hpp>
#include <libtorrent/torrent_info.hpp>
#include <libtorrent/torrent_status.hpp>

#include <algorithm>
#include <utility>

namespace tau::plugins {
namespace {

using messenger::file_progress;

lt::sha1_hash torrent_hash(info_hash const& of) {
    return lt::sha1_hash(as_text(of.view()).data());
}

std::shared_ptr<lt::torrent_info> torrent_of(byte_view info) {
    std::string text = "d4:info";
    text += as_text(info);
    text += "e";
    lt::error_code ec;
    auto out = std::make_shared<lt::torrent_info>(
        lt::span<char const>(text.data(), static_cast<std::ptrdiff_t>(text.size())), ec,
        lt::from_span);
    return ec ? nullptr : out;
}

// Octets of the file in so many sealed ones.
std::uint64_t opened_bytes(wire::file_ref const& file, std::uint64_t sealed) {
    return std::min(file.size, sealed / wire::sealed_chunk_bytes * wire::file_chunk_bytes);
}

error_code meaning_of(lt::error_code const& ec) {
    return ec == boost::system::errc::no_space_on_device ? errc::disk_full : errc::storage_failed;
}

} // namespace

// A torrent that is in the session, or about to be.
struct file_plugin::mover {
    wire::file_ref file;
    bool is_ours = false;
    lt::torrent_handle handle{};
    bool has_info = false;
    std::set<endpoint> to_connect{}; // named before the torrent was there
    file_progress told{};
    std::uint64_t whole_pieces = 0; // from the first on
    bool is_whole = false;
    bool takes_pieces = false; // it is checked and knows its dictionary
    std::vector<bool> pieces{};
    std::shared_ptr<messenger::file_check> check{};
    bool is_checking = false;
    unsigned rereads = 0;
    time_point look_at{};
    std::uint64_t rated_bytes = 0; // a second ago, or so
    time_point rated_at{};
    std::uint64_t rate = 0;

    // Octets a second, whichever way they come; once a second anew.
    std::uint64_t rate_of(std::uint64_t done, time_point now) {
        auto const passed = std::chrono::duration<double>(now - rated_at).count();
        if (rated_at == time_point{} || passed >= 1) {
            bool const is_first = rated_at == time_point{} || done < rated_bytes;
            rate =
                is_first
                    ? 0
                    : static_cast<std::uint64_t>(static_cast<double>(done - rated_bytes) / passed);
            rated_bytes = done;
            rated_at = now;
        }
        return rate;
    }
};

file_plugin::file_plugin(host& home, worker_pool& workers, clock_source const& clock,
                         std::filesystem::path folder)
    : m_host(home), m_workers(workers), m_clock(clock), m_folder(std::move(folder)),
      m_unusable(m_folder.make()), m_timer(home.context()),
      m_alive(std::make_shared<file_plugin*>(this)) {
    m_left_over = m_folder.entries();
    auto const whose = [](auto const& alert) {
        auto const hash = alert.handle.info_hashes().v1;
        return std::optional(
            info_hash::from(as_bytes({hash.data(), info_hash::size_bytes})).value());
    };
    auto const look_now = [alive = m_alive](info_hash const& torrent) {
        auto* const self = *alive;
        if (self == nullptr)
            return;
        auto const found = self->m_moving.find(torrent);
        if (found != self->m_moving.end())
            self->look_at(mover_ptr(found->second));
    };
    m_host.alerts().route<lt::metadata_received_alert>(whose, look_now);
    m_host.alerts().route<lt::torrent_finished_alert>(whose, look_now);
}

file_plugin::~file_plugin() {
    stop();
}

void file_plugin::stop() {
    if (*m_alive == nullptr)
        return;
    *m_alive = nullptr;
    m_timer.cancel();
    for (auto const& [torrent, what] : std::exchange(m_moving, {}))
        if (what->handle.is_valid())
            (void)m_host.call(
                [&](lt::session_handle& session) { session.remove_torrent(what->handle); });
    m_uploads.clear();
}

template <class Work, class Done>
void file_plugin::off_thread(Work work, Done done) {
    m_workers.run(std::move(work), [alive = m_alive, done = std::move(done)](auto value) {
        if (*alive != nullptr)
            done(std::move(value));
    });
}

bool file_plugin::is_current(mover_ptr const& what) const {
    auto const found = m_moving.find(what->file.torrent);
    return found != m_moving.end() && found->second == what;
}

result<file_plugin::upload_id> file_plugin::open(messenger::file_sealer sealer) {
    if (m_unusable)
        return m_unusable;
    if (auto const ec = m_folder.check_room(wire::sealed_file_bytes(sealer.size())))
        return ec;
    auto id = ++m_last_upload;
    while (m_left_over.contains(m_folder.upload_folder(id).filename().string()))
        id = ++m_last_upload;
    m_uploads.emplace(id, std::make_shared<upload_writer>(m_folder, id, std::move(sealer)));
    return id;
}

void file_plugin::write(upload_id id, bytes plain, done_handler done) {
    auto const found = m_uploads.find(id);
    auto const writer = found == m_uploads.end() ? nullptr : found->second;
    off_thread(
        [writer, plain = std::move(plain)]() -> error_code {
            return writer ? writer->write(plain) : error_code(errc::not_found);
        },
        std::move(done));
}

void file_plugin::finish(upload_id id, std::function<void(result<messenger::sealed_file>)> done) {
    auto const found = m_uploads.find(id);
    auto const writer = found == m_uploads.end() ? nullptr : found->second;
    off_thread(
        [writer]() -> result<messenger::sealed_file> {
            if (!writer)
                return errc::not_found;
            return writer->finish();
        },
        std::move(done));
    if (writer)
        m_uploads.erase(found);
}

void file_plugin::seed(wire::file_ref const& file) {
    if (m_moving.contains(file.torrent))
        return;
    auto const what = std::make_shared<mover>();
    what->file = file;
    what->is_ours = true;
    m_moving.emplace(file.torrent, what);
    off_thread([folder = m_folder, file] { return folder.load_whole(file); },
               [this, what](result<bytes> info) {
                   if (!is_current(what))
                       return;
                   if (!info || !wire::decode_file_info(what->file, info.value()))
                       return fail(what, info ? errc::storage_failed : info.error());
                   add(what, info.value());
               });
}

error_code file_plugin::fetch(wire::file_ref const& file) {
    if (m_unusable)
        return m_unusable;
    if (m_moving.contains(file.torrent))
        return {};
    auto const whole = wire::sealed_file_bytes(file.size);
    if (auto const ec = m_folder.check_room(whole - std::min(whole, m_folder.allocated(file))))
        return ec;
    auto const what = std::make_shared<mover>();
    what->file = file;
    what->check = std::make_shared<messenger::file_check>(file);
    m_moving.emplace(file.torrent, what);
    off_thread([folder = m_folder, torrent = file.torrent] { return folder.prepare(torrent); },
               [this, what](result<bytes> info) {
                   if (!is_current(what))
                       return;
                   if (!info)
                       return fail(what, info.error());
                   bool const is_known =
                       wire::decode_file_info(what->file, info.value()).has_value();
                   add(what, is_known ? info.value() : bytes{});
               });
    return {};
}

void file_plugin::add(mover_ptr const& what, bytes const& info) {
    using namespace lt::torrent_flags;
    lt::add_torrent_params params;
    params.info_hashes = lt::info_hash_t(torrent_hash(what->file.torrent));
    params.save_path = m_folder.folder_of(what->file.torrent).string();
    params.flags = disable_dht | disable_lsd | disable_pex | apply_ip_filter;
    params.max_connections = max_connections;
    params.storage_mode = lt::storage_mode_allocate; // a disk that is too small says so at once
    what->has_info = !info.empty();
    if (what->has_info)
        params.ti = torrent_of(info);
    if (what->is_ours)
        // It was on the disk before its message was; whoever fetches it checks each piece.
        params.have_pieces.resize(static_cast<int>(wire::file_pieces(what->file.size)), true);
    else
        params.flags |= sequential_download; // opened and checked in this order
    auto const ec = m_host.call([&](lt::session_handle& session) {
        lt::error_code refused;
        what->handle = session.add_torrent(std::move(params), refused);
    });
    if (ec || !what->handle.is_valid())
        return fail(what, errc::storage_failed);
    for (auto const& where : std::exchange(what->to_connect, {}))
        connect(what->file.torrent, where);
    arm();
}

// libtorrent made sure of its hash; it must also be what the size and the key say. This runs when
// the dictionary comes, before any octet of a file can.
void file_plugin::take_info(mover_ptr const& what) {
    auto const torrent = what->handle.torrent_file();
    if (!torrent)
        return;
    auto const section = torrent->info_section();
    auto const info =
        to_bytes(as_bytes({section.data(), static_cast<std::size_t>(section.size())}));
    if (auto const pieces = wire::decode_file_info(what->file, info); !pieces)
        return fail(what, errc::invalid_checksum);
    what->has_info = true;
    off_thread([folder = m_folder, torrent = what->file.torrent,
                info] { return folder.save_info(torrent, info); },
               [](error_code) {}); // without it the next start asks for it again
}

void file_plugin::arm() {
    if (m_is_armed || m_moving.empty())
        return;
    m_is_armed = true;
    m_timer.expires_after(look_pause);
    m_timer.async_wait([alive = m_alive](boost::system::error_code) {
        auto* const self = *alive;
        if (self == nullptr)
            return;
        self->m_is_armed = false;
        self->look();
        if (*alive != nullptr)
            self->arm();
    });
}

void file_plugin::look() {
    auto const now = m_clock.now().mono;
    auto const alive = m_alive;
    auto const all = m_moving; // whoever is told may stop some
    for (auto const& [torrent, what] : all) {
        if (*alive == nullptr)
            return;
        if (is_current(what) && what->look_at <= now)
            look_at(what);
    }
}

void file_plugin::look_at(mover_ptr const& what) {
    if (!what->handle.is_valid())
        return;
    auto const ec = m_host.call(
        [&](lt::session_handle&) { what->is_ours ? look_at_ours(what) : look_at_theirs(what); });
    if (ec) // it left the session by itself
        fail(what, errc::storage_failed);
}

void file_plugin::look_at_theirs(mover_ptr const& what) {
    auto const status = what->handle.status(lt::torrent_handle::query_pieces);
    what->look_at = m_clock.now().mono + look_pause;
    if (status.errc)
        return fail(what, meaning_of(status.errc));
    if (!what->has_info)
        return status.has_metadata ? take_info(what) : void();
    auto const& pieces = status.pieces;
    what->takes_pieces = status.state == lt::torrent_status::downloading;
    what->pieces.assign(static_cast<std::size_t>(pieces.size()), false);
    for (auto const index : pieces.range())
        what->pieces[static_cast<std::size_t>(static_cast<int>(index))] = pieces[index];
    while (std::cmp_less(what->whole_pieces, pieces.size())
           && pieces[lt::piece_index_t(static_cast<int>(what->whole_pieces))])
        ++what->whole_pieces;
    what->is_whole = what->whole_pieces == wire::file_pieces(what->file.size);
    file_progress now;
    now.bytes_done = opened_bytes(what->file, static_cast<std::uint64_t>(status.total_done));
    now.bytes_per_s =
        std::max(static_cast<std::uint64_t>(std::max(0, status.download_payload_rate)),
                 what->rate_of(now.bytes_done, m_clock.now().mono));
    now.peers = static_cast<std::size_t>(status.num_peers);
    check_more(what);
    what->told = now;
    if (is_current(what) && m_observer.on_progress)
        m_observer.on_progress(what->file.torrent, now);
}

void file_plugin::look_at_ours(mover_ptr const& what) {
    auto const status = what->handle.status({});
    if (status.errc)
        return fail(what, meaning_of(status.errc));
    // Few need to be looked at often: those that somebody fetches.
    what->look_at = m_clock.now().mono + look_pause * (status.num_peers > 0 ? 3 : 10);
    file_progress now;
    now.bytes_done = what->told.bytes_done;
    now.peers = static_cast<std::size_t>(status.num_peers);
    now.bytes_per_s = static_cast<std::uint64_t>(std::max(0, status.upload_payload_rate));
    if (now.peers > 0) {
        std::vector<lt::peer_info> peers;
        what->handle.get_peer_info(peers);
        for (auto const& peer : peers)
            now.bytes_done =
                std::max(now.bytes_done,
                         opened_bytes(what->file, static_cast<std::uint64_t>(peer.num_pieces)
                                                      * wire::file_piece_bytes(what->file.size)));
    }
    what->told = now;
    if (m_observer.on_progress)
        m_observer.on_progress(what->file.torrent, now);
}

void file_plugin::check_more(mover_ptr const& what) {
    auto const in_piece = wire::file_piece_bytes(what->file.size) / wire::sealed_chunk_bytes;
    auto const last = std::min(what->whole_pieces * in_piece, wire::file_chunks(what->file.size));
    if (what->is_checking || !what->check || last == what->check->chunks())
        return;
    what->is_checking = true;
    auto const until = std::min(last, what->check->chunks() + max_checked);
    off_thread(
        [path = m_folder.octets_of(what->file), check = what->check, until]() -> error_code {
            auto const in = open_for_reading(path);
            if (!in)
                return in.error();
            bytes sealed(wire::sealed_chunk_bytes);
            while (check->chunks() < until) {
                if (auto const ec =
                        in.value().read_at(check->chunks() * wire::sealed_chunk_bytes, sealed))
                    return ec;
                if (auto const ec = check->add(sealed))
                    return ec;
            }
            return check->is_whole() ? check->finish() : error_code{};
        },
        [this, what](error_code ec) {
            what->is_checking = false;
            if (!is_current(what))
                return;
            bool const is_over = what->check->is_whole();
            if (ec && (is_over || ++what->rereads > max_rereads))
                return fail(what, errc::invalid_checksum);
            if (ec)
                return; // looked at again
            what->rereads = 0;
            if (!is_over)
                return check_more(what);
            what->check.reset();
            if (m_observer.on_complete)
                m_observer.on_complete(what->file.torrent);
        });
}

void file_plugin::fail(mover_ptr const& what, error_code ec) {
    auto const torrent = what->file.torrent;
    rest(torrent);
    if (m_observer.on_failed)
        m_observer.on_failed(torrent, ec);
}

void file_plugin::rest(info_hash const& torrent) {
    auto const found = m_moving.find(torrent);
    if (found == m_moving.end())
        return;
    auto const what = found->second;
    m_moving.erase(found);
    if (what->handle.is_valid())
        (void)m_host.call(
            [&](lt::session_handle& session) { session.remove_torrent(what->handle); });
}

void file_plugin::remove(info_hash const& torrent) {
    if (auto const found = m_moving.find(torrent); found != m_moving.end()) {
        auto const what = found->second;
        m_moving.erase(found);
        if (what->handle.is_valid())
            (void)m_host.call([&](lt::session_handle& session) {
                session.remove_torrent(what->handle, lt::session_handle::delete_files);
            });
    }
    off_thread(
        [folder = m_folder, torrent] {
            folder.remove(torrent);
            return error_code{};
        },
        [](error_code) {});
}

void file_plugin::connect(info_hash const& torrent, endpoint const& where) {
    auto const found = m_moving.find(torrent);
    if (found == m_moving.end() || where.port() == 0)
        return;
    if (!found->second->handle.is_valid()) {
        found->second->to_connect.insert(where);
        return;
    }
    (void)m_host.call([&](lt::session_handle&) {
        found->second->handle.connect_peer({where.address(), where.port()}, {}, {});
    });
}

bool file_plugin::has_info(info_hash const& torrent) const {
    auto const found = m_moving.find(torrent);
    return found != m_moving.end() && found->second->has_info;
}

void file_plugin::add_info(info_hash const& torrent, byte_view info) {
    auto const found = m_moving.find(torrent);
    if (found == m_moving.end() || found->second->has_info || !found->second->handle.is_valid())
        return;
    auto const text = as_text(info);
    (void)m_host.call([&](lt::session_handle&) {
        found->second->handle.set_metadata(
            lt::span<char const>(text.data(), static_cast<std::ptrdiff_t>(text.size())));
    });
}

std::vector<std::uint32_t> file_plugin::missing(info_hash const& torrent, std::size_t limit) const {
    std::vector<std::uint32_t> out;
    auto const found = m_moving.find(torrent);
    if (found == m_moving.end() || !found->second->takes_pieces)
        return out;
    auto const& what = *found->second;
    for (auto i = static_cast<std::size_t>(what.whole_pieces);
         i < what.pieces.size() && out.size() < limit; ++i)
        if (!what.pieces[i])
            out.push_back(static_cast<std::uint32_t>(i));
    return out;
}

void file_plugin::add_piece(info_hash const& torrent, std::uint32_t piece, bytes octets) {
    auto const found = m_moving.find(torrent);
    if (found == m_moving.end() || !found->second->takes_pieces)
        return;
    (void)m_host.call([&](lt::session_handle&) {
        auto const text = as_text(octets);
        found->second->handle.add_piece(lt::piece_index_t(static_cast<int>(piece)),
                                        std::vector<char>(text.begin(), text.end()));
    });
}

void file_plugin::read_info(wire::file_ref const& file, std::function<void(result<bytes>)> done) {
    off_thread([folder = m_folder, file] { return folder.load_whole(file); }, std::move(done));
}

void file_plugin::read_sealed(wire::file_ref const& file, std::uint64_t from, std::size_t count,
                              std::function<void(result<bytes>)> done) {
    off_thread(
        [path = m_folder.octets_of(file), from, count]() -> result<bytes> {
            TAU_TRY(in, open_for_reading(path));
            bytes out(count);
            if (auto const ec = in.read_at(from, out))
                return ec;
            return out;
        },
        std::move(done));
}

void file_plugin::read(wire::file_ref const& file, std::uint64_t from, std::size_t count,
                       std::function<void(result<bytes>)> done) {
    off_thread([path = m_folder.octets_of(file), file, from,
                count] { return plugins::read_sealed(path, file, from, count); },
               std::move(done));
}

void file_plugin::keep_only(std::set<info_hash> const& named) {
    auto left_over = std::exchange(m_left_over, {});
    for (auto const& torrent : named)
        left_over.erase(to_hex(torrent));
    off_thread(
        [folder = m_folder, left_over = std::move(left_over)] {
            for (auto const& name : left_over)
                folder.remove_entry(name);
            return error_code{};
        },
        [](error_code) {});
}

} // namespace tau::plugins
