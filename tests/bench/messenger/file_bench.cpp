// A large file between two nodes on loopback, from the receiver's hearing of it until it has all
// of it, opened and checked; and the same octets as a plain torrent between the same two
// sessions, in turn.
// usage: file_bench [--nodes N] [--rounds N] [--bytes N]
#include "arguments.hpp"
#include "messenger/file_sender.hpp"
#include "plugins/session/settings.hpp"
#include "talkers.hpp"

#include <libtorrent/add_torrent_params.hpp>
#include <libtorrent/create_torrent.hpp>
#include <libtorrent/torrent_handle.hpp>
#include <libtorrent/torrent_info.hpp>
#include <libtorrent/torrent_status.hpp>

#include <fstream>
#include <stdexcept>

namespace tau::bench {
namespace {

constexpr auto patience = std::chrono::minutes(5);

bytes noise(std::size_t seed, std::size_t size) {
    seeded_random random(seed);
    bytes out(size);
    random.fill(out);
    return out;
}

/// The two nodes and what is done with both.
class pair_of_talkers {
public:
    pair_of_talkers(network_process const& network, test::private_dht& loop,
                    std::filesystem::path folder)
        : m_loop(loop), m_folder(std::move(folder)),
          m_alice(loop, network, m_folder, {"alice", 41, {}, {}}),
          m_bob(loop, network, m_folder, {"bob", 42, {}, {}}) {
        introduce(loop, m_alice, m_bob);
    }

    /// Sends `content` as a message; how long it was sealed, and how long it was on its way.
    void send_sealed(bytes const& content, samples& sealed, samples& moved) {
        std::optional<messenger::message_id> heard;
        std::optional<steady::time_point> begun;
        std::optional<double> took;
        auto const told = m_bob.messenger().subscribe([&](messenger::event const& event) {
            if (auto const* const came = std::get_if<messenger::message_arrived>(&event)) {
                heard = came->message.id;
                begun = steady::now();
            }
            auto const* const step = std::get_if<messenger::attachment_progress>(&event);
            if (step != nullptr && begun && step->state == messenger::file_state::complete)
                took = ms_since(*begun);
        });
        auto const start = steady::now();
        auto const id = hand_over(content);
        bool sent = false;
        m_alice.messenger().send_upload(m_bob.key(), {id, "film.mkv"}, [&](auto const& stored) {
            sealed.add(ms_since(start));
            sent = stored.has_value();
        });
        if (!m_loop.run_until([&] { return took.has_value(); }, patience) || !sent)
            throw std::runtime_error("the file did not come");
        moved.add(*took);
        m_bob.messenger().unsubscribe(told);
        forget(*heard);
    }

    /// The same octets as a torrent that both sessions know from its metadata.
    double send_plain(bytes const& content, std::size_t round) {
        auto const info = write_plain(content, round);
        lt::torrent_handle from;
        lt::torrent_handle to;
        in_loop([&] { from = add(m_alice, info, place("alice", round), true); });
        in_loop([&] { to = add(m_bob, info, place("bob", round), false); });
        auto const start = steady::now();
        in_loop([&] {
            auto const where = test::private_dht::endpoint_of(m_alice.session());
            to.connect_peer({where.address(), where.port()});
        });
        bool done = false;
        while (!done && ms_since(start) < 300'000) {
            (void)m_loop.run_until([] { return false; }, std::chrono::milliseconds(10));
            in_loop([&] { done = to.status({}).is_seeding; });
        }
        auto const out = ms_since(start);
        in_loop([&] {
            m_alice.session().session().remove_torrent(from, lt::session_handle::delete_files);
            m_bob.session().session().remove_torrent(to, lt::session_handle::delete_files);
        });
        if (!done)
            throw std::runtime_error("the plain torrent did not come");
        return out;
    }

private:
    messenger::upload_id hand_over(bytes const& content) {
        auto const id = m_alice.messenger().begin_upload(content.size());
        if (!id)
            throw std::runtime_error("no upload: " + id.error().message());
        for (std::size_t at = 0; at < content.size();) {
            auto const count =
                std::min(messenger::file_sender::max_part_bytes, content.size() - at);
            std::optional<error_code> done;
            m_alice.messenger().write_upload(id.value(), at,
                                             to_bytes(byte_view(content).subspan(at, count)),
                                             [&](error_code ec) { done = ec; });
            if (!m_loop.run_until([&] { return done.has_value(); }, patience) || *done)
                throw std::runtime_error("the part was not taken");
            at += count;
        }
        return id.value();
    }

    void forget(messenger::message_id const& id) {
        for (auto* const who : {&m_alice, &m_bob}) {
            bool done = false;
            who->messenger().erase(id, [&](error_code) { done = true; });
            (void)m_loop.run_until([&] { return done; }, patience);
        }
    }

    /// Runs `work` where the sessions may be called.
    template <class Work>
    void in_loop(Work work) {
        bool done = false;
        boost::asio::post(m_loop.context(), [&] {
            work();
            done = true;
        });
        if (!m_loop.run_until([&] { return done; }, patience))
            throw std::runtime_error("the loop stands still");
    }

    std::filesystem::path place(std::string const& who, std::size_t round) const {
        return m_folder / ("plain-" + who + std::to_string(round));
    }

    std::shared_ptr<lt::torrent_info> write_plain(bytes const& content, std::size_t round) const {
        auto const folder = place("alice", round);
        std::filesystem::create_directories(folder);
        std::ofstream(folder / "film.mkv", std::ios::binary)
            .write(as_text(content).data(), static_cast<std::streamsize>(content.size()));
        lt::file_storage files;
        files.add_file("film.mkv", static_cast<std::int64_t>(content.size()));
        lt::create_torrent torrent(files, static_cast<int>(wire::file_piece_bytes(content.size())),
                                   lt::create_torrent::v1_only);
        lt::set_piece_hashes(torrent, folder.string());
        std::vector<char> buffer;
        lt::bencode(std::back_inserter(buffer), torrent.generate());
        return std::make_shared<lt::torrent_info>(buffer, lt::from_span);
    }

    static lt::torrent_handle add(talker& who, std::shared_ptr<lt::torrent_info> const& info,
                                  std::filesystem::path const& folder, bool is_whole) {
        lt::add_torrent_params params;
        params.ti = std::make_shared<lt::torrent_info>(*info);
        params.save_path = folder.string();
        params.flags = lt::torrent_flags::disable_dht | lt::torrent_flags::disable_lsd
                       | lt::torrent_flags::disable_pex;
        params.storage_mode = lt::storage_mode_allocate;
        if (is_whole)
            params.have_pieces.resize(info->num_pieces(), true);
        return who.session().session().add_torrent(std::move(params));
    }

    test::private_dht& m_loop;
    std::filesystem::path m_folder;
    talker m_alice;
    talker m_bob;
};

void report_rate(std::string const& who, std::string const& metric, samples const& seen,
                 std::size_t size) {
    report("large_file", who, metric, static_cast<double>(size) / 1e6 / (seen.quantile(0.5) / 1e3));
}

int run(arguments const& given) {
    auto const size = given.number("--bytes", 256 * 1024 * 1024);
    network_process network({given.number("--nodes", 30), 0});
    test::temp_folder const folder;
    test::private_dht loop(0);
    pair_of_talkers both(network, loop, folder.path());
    auto const content = noise(7, size);
    samples sealed;
    samples moved;
    samples plain;
    for (std::size_t round = 0; round < given.number("--rounds", 5); ++round) {
        both.send_sealed(content, sealed, moved);
        plain.add(both.send_plain(content, round));
    }
    report_rate("tau", "sealed_mb_s", sealed, size);
    report_rate("tau", "mb_s", moved, size);
    report_rate("libtorrent", "mb_s", plain, size);
    return 0;
}

} // namespace
} // namespace tau::bench

int main(int count, char** words) {
    return tau::bench::run({count, words});
}
