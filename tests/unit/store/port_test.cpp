#include "store/port.hpp"

#include "support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <sys/wait.h>
#include <unistd.h>

namespace tau::store {
namespace {

batch numbered(std::uint64_t number) {
    message_row row;
    for (std::size_t i = 0; i < 8; ++i)
        row.id.octets[i] = row.root.octets[i] = static_cast<std::uint8_t>(number >> (8 * i));
    row.sealed = bytes(900, 1);
    return {put_message{std::move(row), true}};
}

struct Port : testing::Test {
    test::temp_folder folder;
    std::string path = (folder / "tau.db").string();
    boost::asio::io_context io;
};

TEST_F(Port, CommitsTogetherAndAnswersInOrder) {
    worker_pool pool(io, 2);
    pool_runner runner(pool);
    port store(std::move(database::open(path)).value(), runner);
    std::vector<int> order;
    for (int i = 0; i < 50; ++i)
        store.commit(numbered(static_cast<std::uint64_t>(i)), durability::full,
                     [&order, i](error_code ec) { order.push_back(ec ? -1 : i); });
    std::size_t seen = 0;
    store.read([](database& db) { return db.load(); },
               [&](result<snapshot> all) { seen = all.value().outbox.size(); });
    EXPECT_TRUE(order.empty()); // never before the call returned
    EXPECT_EQ(store.waiting(), 51U);
    auto const work = boost::asio::make_work_guard(io);
    while (store.waiting() > 0)
        io.run_one();
    ASSERT_EQ(order.size(), 50U);
    for (int i = 0; i < 50; ++i)
        EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
    EXPECT_EQ(seen, 50U);
}

TEST_F(Port, OneLargeBatchDoesNotFailASmallOne) {
    struct held_runner final : job_runner {
        void run(std::function<void()> work, std::function<void()> done) override {
            works.push_back(std::move(work));
            dones.push_back(std::move(done));
        }
        void finish() {
            works.back()();
            auto const done = dones.back();
            done();
        }
        std::vector<std::function<void()>> works;
        std::vector<std::function<void()>> dones;
    } runner;
    auto db = std::move(database::open(path)).value();
    ASSERT_FALSE(db.limit_pages(40));
    port store(std::move(db), runner);
    store.commit({}, durability::lazy, {}); // the others wait together behind it
    batch large;
    for (std::uint64_t i = 0; i < 200; ++i)
        large.push_back(numbered(1000 + i).front());
    error_code big;
    error_code small = errc::cancelled;
    store.commit(std::move(large), durability::full, [&](error_code ec) { big = ec; });
    store.commit(numbered(1), durability::full, [&](error_code ec) { small = ec; });
    runner.finish();
    runner.finish();
    EXPECT_EQ(big, error_code(errc::disk_full));
    EXPECT_EQ(small, error_code{});
}

// A child process writes and says what was acknowledged; it is killed at a random moment.
TEST_F(Port, KilledProcessesLoseNothingAcknowledged) {
    std::uint64_t first = 0;
    for (unsigned round = 0; round < 12; ++round) {
        int channel[2];
        ASSERT_EQ(::pipe(channel), 0);
        auto const child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            auto db = database::open(path);
            if (!db)
                ::_exit(3);
            for (std::uint64_t number = first;; ++number) {
                if (db.value().apply(numbered(number), durability::full))
                    ::_exit(4);
                if (::write(channel[1], &number, sizeof number) != sizeof number)
                    ::_exit(5);
            }
        }
        ::close(channel[1]);
        std::uint64_t last = 0;
        for (unsigned i = 0; i < 20 + round * 7; ++i)
            ASSERT_EQ(::read(channel[0], &last, sizeof last), static_cast<ssize_t>(sizeof last));
        ::kill(child, SIGKILL);
        while (::read(channel[0], &last, sizeof last) == static_cast<ssize_t>(sizeof last)) {
        }
        ::close(channel[0]);
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        ASSERT_TRUE(WIFSIGNALED(status));
        auto db = std::move(connection::open(path)).value();
        EXPECT_EQ(
            db.number("SELECT count(*) FROM pragma_quick_check WHERE quick_check='ok'").value(), 1);
        auto const there =
            static_cast<std::uint64_t>(db.number("SELECT count(*) FROM outbox").value());
        EXPECT_GE(there, last + 1);
        first = there;
    }
}

} // namespace
} // namespace tau::store
