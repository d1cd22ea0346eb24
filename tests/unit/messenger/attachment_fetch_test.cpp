#include "messenger/attachment_fetch.hpp"

#include "messenger/attachment_builder.hpp"
#include "support/manual_clock.hpp"
#include "wire/mutable_item.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace tau::messenger {
namespace {

using namespace std::chrono_literals;

struct AttachmentFetch : testing::Test {
    test::manual_clock clock;
    seeded_random random{1};
    bytes content;
    wire::content_ref ref;
    std::map<target, bytes> held;

    time_point now() const { return clock.now().mono; }

    void share(std::size_t size) {
        content.resize(size);
        random.fill(content);
        auto built = build_attachment(content, random).value();
        ref = built.ref;
        held.clear();
        for (auto& item : built.items)
            held.emplace(item.where, std::move(item.value));
    }
    attachment_fetch fetch(fetch_settings settings = {}) const {
        return attachment_fetch::of(ref, settings).value();
    }
    /// Answers everything asked, one round trip a time, until it is done; the rounds.
    int run(attachment_fetch& f, int limit = 1000) {
        int rounds = 0;
        while (!f.is_done() && rounds < limit) {
            auto const asked = f.next(now());
            clock.advance(50ms);
            ++rounds;
            for (auto const& what : asked)
                EXPECT_FALSE(f.on_value(what, held.at(what), now()));
        }
        return rounds;
    }
    /// A tree whose only index has these children, under the real key.
    void replace_index(std::vector<target> children) {
        auto const value =
            seal_node(ref.key, {1, 0}, wire::encode(wire::attachment_index{children}).value());
        ref.roots = {wire::target_of_immutable(value.value())};
        held[ref.roots[0]] = value.value();
    }
};

TEST_F(AttachmentFetch, BringsContentOfEveryShape) {
    for (std::size_t const size :
         {1U, 979U, 980U, 981U, 4'900U, 4'901U, 225'400U, 225'401U, 262'144U}) {
        share(size);
        auto f = fetch();
        run(f);
        EXPECT_EQ(f.take().value(), content) << size;
    }
}

TEST_F(AttachmentFetch, TakesAtMostEightRoundTripsFor256KiB) {
    share(max_attachment_bytes);
    auto f = fetch();
    EXPECT_LE(run(f), 8);
    auto wide = fetch({64, 128, 5s, 500ms, 30s});
    EXPECT_LE(run(wide), 6);
}

TEST_F(AttachmentFetch, StaysWithinItsWindow) {
    share(max_attachment_bytes);
    auto f = fetch({8, 16, 5s, 500ms, 30s});
    while (!f.is_done()) {
        auto const asked = f.next(now());
        EXPECT_LE(f.under_way(), f.window());
        EXPECT_LE(f.window(), 16U);
        for (auto const& what : asked)
            EXPECT_FALSE(f.on_value(what, held.at(what), now()));
    }
    EXPECT_EQ(f.window(), 16U);
}

TEST_F(AttachmentFetch, TellsItsProgressInOctetsOfContent) {
    share(2'000);
    auto f = fetch();
    EXPECT_EQ(f.progress().fetched_bytes, 0U);
    EXPECT_EQ(f.progress().total_bytes, 2'000U);
    auto const asked = f.next(now());
    ASSERT_EQ(asked.size(), 3U);
    EXPECT_FALSE(f.on_value(asked[2], held.at(asked[2]), now()));
    EXPECT_EQ(f.progress().fetched_bytes, 40U);
    EXPECT_EQ(f.take().error(), errc::not_found);
}

TEST_F(AttachmentFetch, GivesTheContentOnce) {
    share(10);
    auto f = fetch();
    run(f);
    EXPECT_TRUE(f.take());
    EXPECT_EQ(f.take().error(), errc::not_found);
    EXPECT_EQ(f.wake_at(), std::nullopt);
}

TEST_F(AttachmentFetch, AsksAgainForWhatFailedAfterAGrowingPause) {
    share(10);
    auto f = fetch({8, 16, 5s, 500ms, 1500ms});
    auto const what = f.next(now()).at(0);
    for (auto const pause : {500ms, 1000ms, 1500ms, 1500ms}) {
        f.on_failed(what, now());
        EXPECT_TRUE(f.next(now()).empty());
        EXPECT_EQ(f.wake_at(), now() + pause);
        clock.advance(pause - 1ms);
        EXPECT_TRUE(f.next(now()).empty());
        clock.advance(1ms);
        EXPECT_EQ(f.next(now()), std::vector<target>{what});
    }
}

TEST_F(AttachmentFetch, AsksAgainWhenNoAnswerComes) {
    share(10);
    auto f = fetch();
    EXPECT_EQ(f.wake_at(), time_point{});
    auto const what = f.next(now()).at(0);
    EXPECT_EQ(f.wake_at(), now() + 5s);
    clock.advance(5s);
    EXPECT_TRUE(f.next(now()).empty());
    clock.advance(500ms);
    EXPECT_EQ(f.next(now()), std::vector<target>{what});
}

TEST_F(AttachmentFetch, ABurstOfLossesHalvesTheWindowOnce) {
    share(max_attachment_bytes);
    auto f = fetch({32, 128, 5s, 500ms, 30s});
    for (int level = 0; level < 2; ++level)
        for (auto const& what : f.next(now()))
            EXPECT_FALSE(f.on_value(what, held.at(what), now()));
    auto const before = f.window();
    clock.advance(1ms);
    auto const lost = f.next(now());
    EXPECT_EQ(lost.size(), before);
    clock.advance(50ms);
    for (auto const& what : lost)
        f.on_failed(what, now());
    EXPECT_EQ(f.window(), before / 2);
    EXPECT_EQ(f.under_way(), f.next(now()).size());
}

TEST_F(AttachmentFetch, ComesThroughHeavyLoss) {
    share(max_attachment_bytes);
    auto f = fetch();
    for (int i = 0; i < 10'000 && !f.is_done(); ++i) {
        for (auto const& what : f.next(now())) {
            if (random.below(100) < 30)
                f.on_failed(what, now());
            else
                EXPECT_FALSE(f.on_value(what, held.at(what), now()));
        }
        clock.advance(100ms);
    }
    EXPECT_EQ(f.take().value(), content);
}

TEST_F(AttachmentFetch, ResumesFromWhatIsHeld) {
    share(100'000);
    std::map<target, bytes> stored;
    auto first = fetch();
    for (int i = 0; i < 2; ++i)
        for (auto const& what : first.next(now())) {
            EXPECT_FALSE(first.on_value(what, held.at(what), now()));
            stored[what] = held.at(what);
        }
    EXPECT_FALSE(first.is_done());
    auto second = fetch();
    std::size_t asked_network = 0;
    while (!second.is_done())
        for (auto const& what : second.next(now())) {
            auto const from = stored.find(what);
            asked_network += from == stored.end() ? 1 : 0;
            EXPECT_FALSE(second.on_value(what, held.at(what), now()));
        }
    EXPECT_EQ(asked_network, held.size() - stored.size());
    EXPECT_EQ(second.take().value(), content);
}

TEST_F(AttachmentFetch, TakesALateAnswerToAnOldRequest) {
    share(10);
    auto f = fetch();
    auto const what = f.next(now()).at(0);
    clock.advance(5s);
    (void)f.next(now());
    EXPECT_FALSE(f.on_value(what, held.at(what), now()));
    EXPECT_TRUE(f.is_done());
    clock.advance(1min);
    EXPECT_TRUE(f.next(now()).empty());
}

TEST_F(AttachmentFetch, RefusesValuesThatAreNotTheirTarget) {
    share(2'000);
    auto f = fetch();
    auto const asked = f.next(now());
    EXPECT_EQ(f.on_value(asked[0], held.at(asked[1]), now()), error_code(errc::invalid_checksum));
    EXPECT_EQ(f.on_value(asked[0], {}, now()), error_code(errc::invalid_checksum));
    EXPECT_EQ(f.on_value(target{}, held.at(asked[0]), now()), error_code(errc::not_found));
    EXPECT_FALSE(f.failed());
    EXPECT_FALSE(f.on_value(asked[0], held.at(asked[0]), now()));
    EXPECT_EQ(f.on_value(asked[0], held.at(asked[0]), now()), error_code(errc::not_found));
    f.on_failed(asked[0], now());
    EXPECT_EQ(f.progress().fetched_bytes, leaf_bytes);
}

TEST_F(AttachmentFetch, NoticesContentThatIsNotWhatWasSigned) {
    share(2'000);
    ref.sha256.octets[0] ^= 1;
    auto f = fetch();
    run(f);
    EXPECT_EQ(f.take().error(), errc::invalid_checksum);
}

TEST_F(AttachmentFetch, RefusesReferencesThatNoTreeHas) {
    share(2'000);
    auto const expect = [&](errc error, auto change) {
        auto changed = ref;
        change(changed);
        EXPECT_EQ(attachment_fetch::of(changed).error(), error);
    };
    expect(errc::invalid_argument, [](auto& r) { r.size = 0; });
    expect(errc::too_large, [](auto& r) { r.size = max_attachment_bytes + 1; });
    expect(errc::invalid_argument, [](auto& r) { r.roots.pop_back(); });
    expect(errc::invalid_argument, [](auto& r) { r.roots.clear(); });
}

TEST_F(AttachmentFetch, StopsAtATreeThatCannotBe) {
    share(6 * leaf_bytes);
    auto const expect_broken = [&](errc error) {
        auto f = fetch();
        auto const what = f.next(now()).at(0);
        EXPECT_EQ(f.on_value(what, held.at(what), now()), error_code(error));
        EXPECT_EQ(f.failed(), error_code(error));
        EXPECT_TRUE(f.is_done());
        EXPECT_EQ(f.take().error(), error);
        EXPECT_EQ(f.on_value(what, held.at(what), now()), error_code(error));
    };
    auto const any = [&] { return random.make<target>(); };
    replace_index({any(), any()}); // six leaves, two children
    expect_broken(errc::invalid_encoding);
    auto const same = any();
    replace_index({any(), any(), same, same, any(), any()});
    expect_broken(errc::invalid_encoding);
    auto const value = seal_node(ref.key, {1, 0}, as_bytes("no index")).value();
    ref.roots = {wire::target_of_immutable(value)};
    held[ref.roots[0]] = value;
    expect_broken(errc::invalid_encoding);
    auto const foreign = seal_node(random.make<wire::content_key>(), {1, 0}, {}).value();
    ref.roots = {wire::target_of_immutable(foreign)};
    held[ref.roots[0]] = foreign;
    expect_broken(errc::invalid_checksum);
}

} // namespace
} // namespace tau::messenger
