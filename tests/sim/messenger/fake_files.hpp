#pragma once

#include "messenger/file_port.hpp"

#include <map>
#include <memory>
#include <set>

namespace tau::test {

class world;
class person;

/// What stays of somebody's sealed files when the node dies: octets of each.
using file_disk = std::map<info_hash, std::uint64_t>;

/// messenger::file_port in virtual time: octets flow between two nodes that both move a
/// torrent, once either has connected to the other.
class fake_files final : public messenger::file_port {
public:
    static constexpr std::chrono::milliseconds step{100};
    static constexpr std::uint64_t bytes_per_step = 1024 * 1024;

    fake_files(world& w, person& owner, file_disk& disk)
        : m_world(w), m_owner(owner), m_disk(disk) {}

    void observe(messenger::file_observer observer) override { m_observer = std::move(observer); }
    [[nodiscard]] result<upload_id> open(messenger::file_sealer sealer) override;
    void write(upload_id id, bytes plain, done_handler done) override;
    void finish(upload_id id, std::function<void(result<messenger::sealed_file>)> done) override;
    void drop(upload_id id) override { m_uploads.erase(id); }
    void seed(wire::file_ref const& file) override {
        m_moving.try_emplace(file.torrent, mover{file});
    }
    [[nodiscard]] error_code fetch(wire::file_ref const& file) override;
    void rest(info_hash const& torrent) override { m_moving.erase(torrent); }
    void remove(info_hash const& torrent) override;
    void connect(info_hash const& torrent, endpoint const& where) override;
    [[nodiscard]] bool has_info(info_hash const& torrent) const override {
        return m_infos.contains(torrent);
    }
    void add_info(info_hash const& torrent, byte_view info) override {
        m_infos[torrent] = to_bytes(info);
    }
    [[nodiscard]] std::vector<std::uint32_t> missing(info_hash const& torrent,
                                                     std::size_t limit) const override;
    void add_piece(info_hash const& torrent, std::uint32_t piece, bytes octets) override;
    void read_info(wire::file_ref const& file, std::function<void(result<bytes>)> done) override;
    void read_sealed(wire::file_ref const& file, std::uint64_t from, std::size_t count,
                     std::function<void(result<bytes>)> done) override;
    void read(wire::file_ref const& file, std::uint64_t from, std::size_t count,
              std::function<void(result<bytes>)> done) override;
    void keep_only(std::set<info_hash> const& named) override;

    [[nodiscard]] bool is_moving(info_hash const& torrent) const {
        return m_moving.contains(torrent);
    }
    bool disk_full = false;
    bool fenced = false; ///< no connections

private:
    struct mover {
        wire::file_ref file;
        std::set<person*> peers{};
    };
    void tick(info_hash const& torrent);
    void later(std::chrono::milliseconds delay, std::function<void()> what);

    world& m_world;
    person& m_owner;
    file_disk& m_disk;
    messenger::file_observer m_observer;
    std::map<upload_id, messenger::file_sealer> m_uploads;
    upload_id m_last = 0;
    std::map<info_hash, mover> m_moving;
    std::map<info_hash, bytes> m_infos;
    std::set<std::uint32_t> m_brought; // pieces that came by another way
    std::shared_ptr<int> m_alive = std::make_shared<int>(0);
};

} // namespace tau::test
