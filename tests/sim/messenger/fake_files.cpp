#include "sim/messenger/fake_files.hpp"

#include "sim/messenger/world.hpp"

#include <gtest/gtest.h>

namespace tau::test {

using namespace std::chrono_literals;

void fake_files::later(std::chrono::milliseconds delay, std::function<void()> what) {
    m_world.later(delay, [alive = std::weak_ptr<int>(m_alive), what = std::move(what)] {
        if (!alive.expired())
            what();
    });
}

result<fake_files::upload_id> fake_files::open(messenger::file_sealer sealer) {
    if (disk_full)
        return errc::disk_full;
    m_uploads.emplace(++m_last, std::move(sealer));
    return m_last;
}

void fake_files::write(upload_id id, bytes plain, done_handler done) {
    auto const nowhere = [](byte_view) { return error_code{}; };
    auto const ec = m_uploads.at(id).write(plain, nowhere);
    later(1ms, [ec, done = std::move(done)] { done(ec); });
}

void fake_files::finish(upload_id id, std::function<void(result<messenger::sealed_file>)> done) {
    auto made = std::make_shared<result<messenger::sealed_file>>(
        m_uploads.at(id).finish([](byte_view) { return error_code{}; }));
    m_uploads.erase(id);
    if (*made)
        m_infos[made->value().ref.torrent] = made->value().info;
    if (*made)
        m_disk[made->value().ref.torrent] = made->value().ref.size;
    later(1ms, [made, done = std::move(done)] { done(std::move(*made)); });
}

error_code fake_files::fetch(wire::file_ref const& file) {
    if (disk_full)
        return errc::disk_full;
    m_moving.try_emplace(file.torrent, mover{file});
    m_disk.try_emplace(file.torrent, 0);
    later(step, [this, torrent = file.torrent] { tick(torrent); });
    return {};
}

void fake_files::remove(info_hash const& torrent) {
    m_moving.erase(torrent);
    m_disk.erase(torrent);
}

void fake_files::connect(info_hash const& torrent, endpoint const& where) {
    auto const place = m_world.places.find(where);
    auto const mine = m_moving.find(torrent);
    if (fenced || place == m_world.places.end() || mine == m_moving.end()
        || !place->second->is_up())
        return;
    auto& theirs = place->second->files().m_moving;
    if (auto const found = theirs.find(torrent); found != theirs.end()) {
        found->second.peers.insert(&m_owner);
        mine->second.peers.insert(place->second);
    }
}

void fake_files::tick(info_hash const& torrent) {
    auto const found = m_moving.find(torrent);
    if (found == m_moving.end())
        return;
    auto const size = found->second.file.size;
    auto& here = m_disk[torrent];
    std::size_t peers = 0;
    for (auto* const peer : found->second.peers) {
        if (!peer->is_up() || !peer->files().is_moving(torrent))
            continue;
        ++peers;
        here = std::min({size, here + bytes_per_step, peer->disk[torrent]});
        if (auto const& told = peer->files().m_observer.on_progress)
            told(torrent, {here, bytes_per_step * 10, 1});
    }
    if (m_observer.on_progress)
        m_observer.on_progress(torrent, {here, peers * bytes_per_step * 10, peers});
    if (here == size)
        return m_observer.on_complete(torrent);
    later(step, [this, torrent] { tick(torrent); });
}

// Pieces come in order here: what is on the disk is a beginning of the file.
std::vector<std::uint32_t> fake_files::missing(info_hash const& torrent, std::size_t limit) const {
    std::vector<std::uint32_t> out;
    auto const found = m_moving.find(torrent);
    if (found == m_moving.end() || !m_infos.contains(torrent))
        return out;
    auto const& file = found->second.file;
    auto const opened =
        wire::file_piece_bytes(file.size) / wire::sealed_chunk_bytes * wire::file_chunk_bytes;
    for (auto i = (m_disk.at(torrent) + opened - 1) / opened;
         i < wire::file_pieces(file.size) && out.size() < limit; ++i)
        out.push_back(static_cast<std::uint32_t>(i));
    return out;
}

void fake_files::add_piece(info_hash const& torrent, std::uint32_t piece, bytes octets) {
    auto const& file = m_moving.at(torrent).file;
    auto const opened =
        wire::file_piece_bytes(file.size) / wire::sealed_chunk_bytes * wire::file_chunk_bytes;
    m_brought.insert(piece);
    EXPECT_EQ(octets.size() % wire::sealed_chunk_bytes, 0U);
    auto& here = m_disk[torrent];
    while (m_brought.contains(static_cast<std::uint32_t>((here + opened - 1) / opened))
           && here < file.size)
        here = std::min(file.size, here + opened);
}

void fake_files::read_info(wire::file_ref const& file, std::function<void(result<bytes>)> done) {
    later(1ms, [this, torrent = file.torrent, done = std::move(done)] { done(m_infos[torrent]); });
}

void fake_files::read_sealed(wire::file_ref const& file, std::uint64_t, std::size_t count,
                             std::function<void(result<bytes>)> done) {
    later(1ms, [here = m_disk.contains(file.torrent), count, done = std::move(done)] {
        done(here ? result<bytes>(bytes(count, 1)) : errc::not_found);
    });
}

void fake_files::read(wire::file_ref const& file, std::uint64_t from, std::size_t count,
                      std::function<void(result<bytes>)> done) {
    auto const here = m_disk.contains(file.torrent);
    auto const size = std::min<std::uint64_t>(count, file.size - std::min(from, file.size));
    later(1ms, [=] {
        done(here ? result<bytes>(bytes(static_cast<std::size_t>(size))) : errc::not_found);
    });
}

void fake_files::keep_only(std::set<info_hash> const& named) {
    std::erase_if(m_disk, [&](auto const& entry) { return !named.contains(entry.first); });
}

} // namespace tau::test
