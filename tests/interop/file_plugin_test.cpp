#include "messenger/file_port.hpp"
#include "plugins/tau/plugin_set.hpp"
#include "support/private_dht.hpp"
#include "support/temp_folder.hpp"
#include "support/test_keys.hpp"

#include <gtest/gtest.h>

namespace tau {
namespace {

using namespace std::chrono_literals;
using messenger::file_progress;

/// A node's files, without a messenger: the test says what the messages would.
struct shelf {
    shelf(test::private_dht& loop, std::uint64_t seed)
        : dht(loop), session(loop.add_session()), tau(session, test::keys_of(seed), options()) {
        messenger::file_observer told;
        told.on_progress = [this](auto const&, file_progress const& p) { progress = p; };
        told.on_complete = [this](info_hash const& t) { complete.push_back(t); };
        told.on_failed = [this](info_hash const&, error_code ec) { failure = ec; };
        files().observe(std::move(told));
    }
    [[nodiscard]] plugin_set_options options() const {
        plugin_set_options out;
        out.files_folder = folder / "files";
        return out;
    }
    messenger::file_port& files() { return *tau.files(); }
    [[nodiscard]] endpoint where() const { return test::private_dht::endpoint_of(session); }

    wire::file_ref make(bytes const& content) {
        system_random random;
        auto sealer = messenger::file_sealer::of(content.size(), random);
        auto const id = files().open(std::move(sealer).value()).value();
        std::optional<result<messenger::sealed_file>> made;
        files().write(id, content, [&, id](error_code ec) {
            ASSERT_FALSE(ec) << ec.message();
            files().finish(id, [&](auto file) { made = std::move(file); });
        });
        EXPECT_TRUE(dht.run_until([&] { return made.has_value(); }));
        return made->value().ref;
    }
    result<bytes> read(wire::file_ref const& file, std::uint64_t from, std::size_t count) {
        std::optional<result<bytes>> out;
        files().read(file, from, count, [&](result<bytes> got) { out = std::move(got); });
        EXPECT_TRUE(dht.run_until([&] { return out.has_value(); }));
        return *out;
    }

    test::private_dht& dht;
    test::temp_folder folder;
    plugins::owned_session& session;
    plugin_set tau;
    file_progress progress{};
    std::vector<info_hash> complete;
    error_code failure;
};

struct FilePlugin : testing::Test {
    test::private_dht dht{2};
    shelf a{dht, 41};
    shelf b{dht, 42};
    bytes content = [] {
        bytes out(3 * 1024 * 1024 + 123);
        seeded_random(4).fill(out);
        return out;
    }();

    bool runs_until(std::function<bool()> const& done) { return dht.run_until(done, 60s); }
};

TEST_F(FilePlugin, MovesAFileBetweenTwoSessions) {
    auto const file = a.make(content);
    a.files().seed(file);
    ASSERT_FALSE(b.files().fetch(file));
    b.files().connect(file.torrent, a.where());
    ASSERT_TRUE(runs_until([&] { return !b.complete.empty(); })) << b.progress.bytes_done;
    EXPECT_EQ(b.complete, std::vector{file.torrent});
    EXPECT_EQ(b.read(file, 0, content.size()).value(), content);
    EXPECT_EQ(b.read(file, 70'000, 5).value(),
              bytes(content.begin() + 70'000, content.begin() + 70'005));
    EXPECT_EQ(b.read(file, content.size() - 3, 100).value().size(), 3U);
    EXPECT_FALSE(b.failure);
}

TEST_F(FilePlugin, TheOneWhoHasItMayConnectToo) {
    auto const file = a.make(content);
    a.files().seed(file);
    ASSERT_FALSE(b.files().fetch(file));
    a.files().connect(file.torrent, b.where());
    EXPECT_TRUE(runs_until([&] { return !b.complete.empty(); }));
}

TEST_F(FilePlugin, GoesOnWithWhatIsHereAndChecksItAgain) {
    auto const file = a.make(content);
    a.files().seed(file);
    ASSERT_FALSE(b.files().fetch(file));
    b.files().connect(file.torrent, a.where());
    ASSERT_TRUE(runs_until([&] { return !b.complete.empty(); }));
    b.files().rest(file.torrent);
    a.files().rest(file.torrent);
    ASSERT_FALSE(b.files().fetch(file)); // nobody is there to ask
    EXPECT_TRUE(runs_until([&] { return b.complete.size() == 2; }));
}

TEST_F(FilePlugin, RefusesATorrentThatIsNotTheFileOfTheMessage) {
    auto file = a.make(content);
    a.files().seed(file);
    file.size += 10 * wire::file_chunk_bytes;
    ASSERT_FALSE(b.files().fetch(file));
    b.files().connect(file.torrent, a.where());
    ASSERT_TRUE(runs_until([&] { return bool(b.failure); }));
    EXPECT_EQ(b.failure, errc::invalid_checksum);
}

TEST_F(FilePlugin, RefusesAFileThatIsNotTheOneThatWasSigned) {
    auto file = a.make(content);
    a.files().seed(file);
    file.sha256 = {};
    ASSERT_FALSE(b.files().fetch(file));
    b.files().connect(file.torrent, a.where());
    ASSERT_TRUE(runs_until([&] { return bool(b.failure); }));
    EXPECT_EQ(b.failure, errc::invalid_checksum);
    EXPECT_TRUE(b.complete.empty());
}

TEST_F(FilePlugin, SaysThatOctetsAreGone) {
    auto const file = a.make(content);
    a.files().remove(file.torrent);
    ASSERT_TRUE(runs_until([&] { return !a.read(file, 0, 10).has_value(); }));
    a.files().seed(file);
    ASSERT_TRUE(runs_until([&] { return bool(a.failure); }));
    EXPECT_EQ(a.failure, errc::not_found);
}

TEST_F(FilePlugin, KeepsOnlyWhatMessagesName) {
    auto const kept = a.make(content);
    auto const gone = a.make(content);
    // A new run finds both.
    plugin_set_options again;
    again.files_folder = a.folder / "files";
    auto& session = dht.add_session();
    plugin_set later(session, test::keys_of(43), std::move(again));
    later.files()->keep_only({kept.torrent});
    auto const there = [&](wire::file_ref const& file) { return a.read(file, 0, 1).has_value(); };
    EXPECT_TRUE(runs_until([&] { return !there(gone); }));
    EXPECT_TRUE(there(kept));
}

} // namespace
} // namespace tau
