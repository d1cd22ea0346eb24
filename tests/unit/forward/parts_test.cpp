#include "core/random.hpp"
#include "core/seen_set.hpp"
#include "forward/link_queue.hpp"
#include "forward/route_book.hpp"
#include "forward/trace_log.hpp"

#include <gtest/gtest.h>

namespace tau::forward {
namespace {

using namespace std::chrono_literals;

wallet_address wallet(std::uint8_t number) {
    return wallet_address{{number}};
}

cargo_ptr cargo_of(std::uint8_t source, std::size_t size = 100,
                   wire::frame_kind kind = wire::frame_kind::message) {
    auto out = std::make_unique<cargo>();
    out->source = wallet(source);
    out->what.kind = kind;
    out->what.payload.resize(size);
    return out;
}

TEST(LinkQueue, TakesTurnsBetweenSources) {
    link_queue queue;
    for (int i = 0; i < 1000; ++i)
        queue.push(cargo_of(1, 1000));
    for (int i = 0; i < 10; ++i)
        queue.push(cargo_of(2, 1000));
    int others = 0;
    for (int i = 0; i < 40; ++i)
        others += queue.pop()->source == wallet(2) ? 1 : 0;
    EXPECT_EQ(others, 10);
    EXPECT_EQ(queue.size(), 970U);
}

TEST(LinkQueue, SharesByOctetsNotByFrames) {
    link_queue queue;
    for (int i = 0; i < 100; ++i) {
        queue.push(cargo_of(1, 30'000));
        queue.push(cargo_of(2, 1000));
    }
    int large = 0;
    for (int i = 0; i < 50; ++i)
        large += queue.pop()->source == wallet(1) ? 1 : 0;
    EXPECT_LE(large, 5);
}

TEST(LinkQueue, AcknowledgementsGoFirst) {
    link_queue queue;
    queue.push(cargo_of(1));
    queue.push(cargo_of(1, 100, wire::frame_kind::ack));
    EXPECT_EQ(queue.pop()->what.kind, wire::frame_kind::ack);
    EXPECT_EQ(queue.take_all().size(), 1U);
    EXPECT_TRUE(queue.empty());
    EXPECT_EQ(queue.pop(), nullptr);
}

TEST(LinkQueue, MessagesGoBeforeFilesOfTheSameSource) {
    link_queue queue;
    for (int i = 0; i < 10; ++i)
        queue.push(cargo_of(1, 16'384));
    queue.push(cargo_of(1, 1000));
    EXPECT_EQ(queue.pop()->what.payload.size(), 1000U);
    EXPECT_EQ(queue.pop()->what.payload.size(), 16'384U);
}

TEST(LinkQueue, FilesKeepAShareBesideMessages) {
    link_queue queue;
    for (int i = 0; i < 10; ++i)
        queue.push(cargo_of(1, 16'384));
    for (int i = 0; i < 1000; ++i)
        queue.push(cargo_of(1, 1000));
    std::size_t light = 0;
    std::size_t bulk = 0;
    for (int i = 0; i < 400; ++i) {
        auto const what = queue.pop();
        (what->is_bulk() ? bulk : light) += what->size();
    }
    EXPECT_GT(bulk, light / 6);
    EXPECT_LT(bulk, light / 3);
}

TEST(LinkQueue, LetsFilesWaitWhenOnlyMessagesMayGo) {
    link_queue queue;
    queue.push(cargo_of(1, 16'384));
    queue.push(cargo_of(2, 16'384));
    queue.push(cargo_of(2, 1000));
    EXPECT_EQ(queue.pop(load::light)->what.payload.size(), 1000U);
    EXPECT_EQ(queue.pop(load::light), nullptr);
    EXPECT_EQ(queue.size(), 2U);
    EXPECT_EQ(queue.take_all().size(), 2U);
}

TEST(RouteBook, KnowsAnswersForAWhile) {
    route_book book;
    time_point const now{1h};
    book.on_route(wallet(9), {{wallet(2), wallet(3), wallet(9)}, {wallet(4), wallet(9)}}, now);
    auto const paths = book.paths_to(wallet(9), now);
    ASSERT_EQ(paths.size(), 2U);
    EXPECT_EQ(paths[0].size(), 2U); // the shorter one first
    EXPECT_TRUE(book.is_fresh(wallet(9), now));
    EXPECT_TRUE(book.paths_to(wallet(9), now + route_book::good_for).empty());
    EXPECT_FALSE(book.is_fresh(wallet(9), now + route_book::good_for));
}

TEST(RouteBook, LinksThatTheTargetToldOfMakePaths) {
    route_book book;
    time_point const now{1h};
    book.on_links(wallet(1), {wallet(3)});
    book.on_links(wallet(2), {});
    book.on_far_links(wallet(9), {wallet(2), wallet(3), wallet(4)}, now + 1min, now);
    std::vector<wallet_path> const expected{{wallet(2), wallet(9)},
                                            {wallet(1), wallet(3), wallet(9)}};
    EXPECT_EQ(book.paths_to(wallet(9), now), expected);
    EXPECT_TRUE(book.paths_to(wallet(9), now + 1min).empty()) << "that was long ago";
    book.forget_neighbour(wallet(2));
    EXPECT_EQ(book.paths_to(wallet(9), now).size(), 1U);
    book.on_far_links(wallet(9), {}, now + 1min, now);
    EXPECT_TRUE(book.paths_to(wallet(9), now).empty());
}

TEST(RouteBook, RemembersOnlySoManyWhoToldFromAfar) {
    route_book book;
    time_point const now{1h};
    book.on_links(wallet(1), {});
    seeded_random random{4};
    for (std::size_t i = 0; i < 2 * route_book::max_far; ++i)
        book.on_far_links(random.make<wallet_address>(), {wallet(1)}, now + 1min, now);
    book.on_far_links(wallet(9), {wallet(1)}, now + 1min, now);
    EXPECT_EQ(book.paths_to(wallet(9), now).size(), 1U);
}

TEST(RouteBook, SeveralTrackersAddUp) {
    route_book book;
    time_point const now{1h};
    book.on_route(wallet(9), {{wallet(2), wallet(9)}}, now);
    book.on_route(wallet(9), {{wallet(3), wallet(9)}, {wallet(2), wallet(9)}, {wallet(5)}, {}},
                  now);
    EXPECT_EQ(book.paths_to(wallet(9), now).size(), 2U);
    book.forget(wallet(9));
    EXPECT_TRUE(book.paths_to(wallet(9), now).empty());
}

TEST(RouteBook, NeighboursLinksServeWithoutTrackers) {
    route_book book;
    time_point const now{1h};
    book.on_links(wallet(2), {wallet(9), wallet(8)});
    EXPECT_EQ(book.paths_to(wallet(9), now), (std::vector<wallet_path>{{wallet(2), wallet(9)}}));
    EXPECT_FALSE(book.is_fresh(wallet(9), now)); // trackers may know better
    book.forget_neighbour(wallet(2));
    EXPECT_TRUE(book.paths_to(wallet(9), now).empty());
}

TEST(RouteBook, IsBounded) {
    route_book book;
    time_point const now{1h};
    for (std::uint32_t i = 0; i < route_book::max_targets + 10; ++i) {
        wallet_address target{{static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8), 1}};
        book.on_route(target, {{target}}, now);
    }
    EXPECT_FALSE(book.is_fresh(wallet(1), now));
}

TEST(SeenSet, ForgetsTheOldest) {
    seen_set<int> set{2};
    EXPECT_TRUE(set.add(1));
    EXPECT_FALSE(set.add(1));
    EXPECT_TRUE(set.add(2));
    EXPECT_TRUE(set.add(3));
    EXPECT_FALSE(set.has(1));
    EXPECT_EQ(set.size(), 2U);
}

TEST(TraceLog, KeepsTheFirstAndTheNewestEntries) {
    trace_log log;
    hash256 const id{{1}};
    for (std::uint8_t i = 0; i < 100; ++i)
        log.add(id, {trace_step::sent, {}, i, {}});
    auto const all = log.of(id);
    ASSERT_EQ(all.size(), trace_log::max_entries);
    EXPECT_EQ(all.front().attempt, 0);
    EXPECT_EQ(all.back().attempt, 99);
    for (std::uint32_t i = 0; i < trace_log::max_messages; ++i)
        log.add(hash256{{2, static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8)}}, {});
    EXPECT_TRUE(log.of(id).empty());
}

} // namespace
} // namespace tau::forward
