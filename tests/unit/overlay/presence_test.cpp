#include "overlay/presence.hpp"

#include "identity/wallet.hpp"
#include "support/manual_clock.hpp"
#include "support/test_keys.hpp"

#include <gtest/gtest.h>

#include <deque>

namespace tau::overlay {
namespace {

using namespace std::chrono_literals;
using wire::wallet_action;

struct fake_trackers final : tracker_port {
    struct question {
        std::size_t tracker;
        wire::announce_request what;
        tracker_handler done;
    };
    std::size_t number = 1;
    std::deque<question> asked;

    [[nodiscard]] std::size_t count() const override { return number; }
    [[nodiscard]] std::string name_of(std::size_t tracker) const override {
        return "tracker" + std::to_string(tracker) + ":6969";
    }
    void ask(std::size_t tracker, wire::announce_request const& what,
             tracker_handler done) override {
        asked.push_back({tracker, what, std::move(done)});
    }
    question next() {
        auto out = std::move(asked.front());
        asked.pop_front();
        return out;
    }
};

struct Presence : testing::Test {
    test::manual_clock clock;
    std::shared_ptr<identity::keyring const> keys = test::keys_of(1);
    seeded_random random{2};
    fake_trackers trackers;
    std::unique_ptr<presence> logic;
    std::vector<std::pair<wallet_address, std::size_t>> routes;
    std::vector<std::size_t> peers;
    wallet_address const bob{{2}};

    void make(std::size_t count = 1) {
        trackers.number = count;
        logic = std::make_unique<presence>(*keys, random, trackers);
        logic->on_clock([this] { return clock.now(); });
        logic->observe({[this](auto const&, auto const& all) { peers.push_back(all.size()); },
                        [this](auto const& who, auto const& paths) {
                            routes.emplace_back(who, paths.size());
                        }});
        logic->set_port(7000, true, clock.now());
    }
    void turn() {
        while (logic->wake_at() && *logic->wake_at() <= clock.now().mono)
            logic->on_time(clock.now());
    }
    void pass(std::chrono::milliseconds time) {
        clock.advance(time);
        turn();
    }
    static tracker_reply answered(std::size_t count = 0) {
        tracker_reply out;
        out.interval = 240s;
        out.peers.resize(count);
        return out;
    }
    static tracker_reply routed() {
        auto out = answered();
        out.route.emplace();
        out.route->paths = {{wire::path_hop{}}};
        return out;
    }
};

TEST_F(Presence, AnnouncesItsWalletSigned) {
    make();
    turn();
    ASSERT_EQ(trackers.asked.size(), 1U);
    auto const& what = trackers.asked[0].what;
    EXPECT_EQ(what.hash.octets, keys->wallet().octets);
    EXPECT_EQ(what.event, wire::announce_event::started);
    EXPECT_EQ(what.port, 7000);
    ASSERT_TRUE(what.wallet);
    EXPECT_EQ(what.wallet->action, wallet_action::topic);
    EXPECT_FALSE(identity::verify_wallet(keys->wallet(),
                                         as_bytes(wire::tracker_statement(what, "tracker0:6969")),
                                         what.wallet->sign));
}

TEST_F(Presence, TimesRiseThoughTheClockStands) {
    make();
    logic->join(info_hash{{9}}, clock.now());
    turn();
    ASSERT_EQ(trackers.asked.size(), 2U);
    EXPECT_LT(trackers.asked[0].what.wallet->time_ms, trackers.asked[1].what.wallet->time_ms);
}

TEST_F(Presence, RepeatsSoonAndThenByTheInterval) {
    make();
    turn();
    std::vector<std::chrono::seconds> pauses;
    for (int i = 0; i < 5; ++i) {
        trackers.next().done(answered(3));
        auto const pause = *logic->wake_at() - clock.now().mono;
        pauses.push_back(std::chrono::duration_cast<std::chrono::seconds>(pause));
        pass(std::chrono::duration_cast<std::chrono::milliseconds>(pause));
    }
    EXPECT_EQ(pauses, (std::vector<std::chrono::seconds>{2s, 6s, 20s, 240s, 240s}));
    EXPECT_EQ(peers.size(), 5U);
}

TEST_F(Presence, LeavesASilentTrackerAloneForLonger) {
    make();
    turn();
    std::chrono::seconds last{0};
    for (int i = 0; i < 10; ++i) {
        trackers.next().done(errc::timed_out);
        auto const pause = *logic->wake_at() - clock.now().mono;
        EXPECT_GE(pause, last);
        last = std::chrono::duration_cast<std::chrono::seconds>(pause);
        pass(std::chrono::duration_cast<std::chrono::milliseconds>(pause));
    }
    EXPECT_EQ(last, presence::retry_last);
    EXPECT_FALSE(logic->trackers().at(0).answers);
    EXPECT_FALSE(logic->trackers().at(0).problem.empty());
}

TEST_F(Presence, GathersLinkChanges) {
    make();
    turn();
    trackers.next().done(answered());
    for (std::uint8_t i = 1; i <= 60; ++i)
        logic->on_link(wallet_address{{i}}, true, clock.now());
    logic->on_link(wallet_address{{60}}, false, clock.now());
    EXPECT_TRUE(trackers.asked.empty());
    pass(presence::link_pause_max);
    ASSERT_EQ(trackers.asked.size(), 1U);
    auto first = trackers.next();
    EXPECT_EQ(first.what.wallet->action, wallet_action::link);
    EXPECT_EQ(first.what.wallet->changes.size(), 47U);
    first.done(answered());
    pass(presence::link_pause_max);
    ASSERT_EQ(trackers.asked.size(), 1U);
    auto const& rest = trackers.asked[0].what.wallet->changes;
    EXPECT_EQ(rest.size(), 11U);
    EXPECT_FALSE(rest.back().is_claim);
}

TEST_F(Presence, TellsAgainWhatATrackerDidNotTake) {
    make();
    turn();
    trackers.next().done(answered());
    logic->on_link(bob, true, clock.now());
    pass(presence::link_pause_max);
    trackers.next().done(errc::timed_out);
    logic->on_link(bob, false, clock.now()); // newer than what was not taken
    pass(5s);
    bool is_unlinked = false;
    for (auto const& one : trackers.asked)
        is_unlinked = is_unlinked || one.what.wallet->action == wallet_action::unlink;
    EXPECT_TRUE(is_unlinked);
}

TEST_F(Presence, ARouteIsTheSumOfWhatTrackersSay) {
    make(3);
    turn();
    trackers.asked.clear();
    logic->ask_route(bob, clock.now());
    logic->ask_route(bob, clock.now()); // under way
    ASSERT_EQ(trackers.asked.size(), 3U);
    trackers.next().done(answered());
    EXPECT_TRUE(routes.empty()); // others may know
    trackers.next().done(routed());
    ASSERT_EQ(routes.size(), 1U);
    EXPECT_EQ(routes[0].second, 1U);
    trackers.next().done(errc::timed_out);
    EXPECT_EQ(routes.size(), 1U);
}

TEST_F(Presence, WithoutAnyPathItSaysSoOnce) {
    make(2);
    turn();
    trackers.asked.clear();
    logic->ask_route(bob, clock.now());
    trackers.next().done(errc::timed_out);
    trackers.next().done(answered());
    ASSERT_EQ(routes.size(), 1U);
    EXPECT_EQ(routes[0].second, 0U);
}

TEST_F(Presence, WithoutTrackersRoutesAreUnknownAtOnce) {
    make(0);
    logic->ask_route(bob, clock.now());
    EXPECT_EQ(routes.size(), 1U);
    EXPECT_FALSE(logic->wake_at());
}

TEST_F(Presence, AsksNoMoreThanItsBudget) {
    make();
    turn();
    trackers.asked.clear();
    for (std::uint8_t i = 0; i < 200; ++i)
        logic->ask_route(wallet_address{{i, 1}}, clock.now());
    EXPECT_EQ(trackers.asked.size(), 40U);
    EXPECT_EQ(routes.size(), 160U);
}

TEST_F(Presence, FollowsTheTrackersClock) {
    make();
    turn();
    auto reply = answered();
    reply.time = clock.now().wall + 10min;
    trackers.next().done(reply);
    logic->ask_route(bob, clock.now());
    auto const asked = trackers.asked.back().what.wallet->time_ms;
    EXPECT_GE(asked, (clock.now().wall + 10min).time_since_epoch().count());
}

TEST_F(Presence, AStockTrackerIsAskedForLinksAndRoutesEverLess) {
    make();
    turn();
    trackers.next().done(answered(1));
    logic->on_link(bob, true, clock.now());
    int told = 0;
    for (int second = 0; second < 600; ++second) {
        pass(1s);
        while (!trackers.asked.empty()) {
            auto one = trackers.next();
            bool const is_link = one.what.wallet->action == wallet_action::link;
            told += is_link ? 1 : 0;
            tracker_reply refused;
            refused.refusal = "unknown action";
            one.done(is_link ? refused : answered(1));
        }
    }
    EXPECT_GE(told, 8);
    EXPECT_LE(told, 16);
    EXPECT_TRUE(logic->trackers().at(0).answers); // it serves announces well
    EXPECT_FALSE(logic->trackers().at(0).knows_links);
    EXPECT_GT(peers.size(), 3U);
    // A route is not known then, and that is said at once.
    logic->ask_route(bob, clock.now());
    EXPECT_TRUE(trackers.asked.empty());
    ASSERT_EQ(routes.size(), 1U);
    EXPECT_EQ(routes[0].second, 0U);
}

TEST_F(Presence, AnAnswerThatTellsTheTimeShowsThatATrackerKnowsLinks) {
    make();
    turn();
    auto own = trackers.next();
    logic->ask_route(bob, clock.now());
    trackers.next().done(errc::refused); // nothing is known of it yet
    auto reply = answered();
    reply.time = clock.now().wall;
    own.done(reply);
    logic->ask_route(bob, clock.now());
    EXPECT_EQ(trackers.asked.size(), 1U);
    trackers.next().done(routed());
    EXPECT_TRUE(logic->trackers().at(0).knows_links);
}

TEST_F(Presence, TheOwnAnnounceProvesTheKey) {
    make();
    logic->join(info_hash{{9}}, clock.now());
    turn();
    for (auto const& one : trackers.asked) {
        bool const is_own = one.what.hash.octets == keys->wallet().octets;
        EXPECT_EQ(one.what.wallet->key.has_value(), is_own);
        EXPECT_EQ(one.what.wallet->binding.empty(), !is_own);
    }
}

TEST_F(Presence, SaysGoodbye) {
    make(2);
    turn();
    trackers.asked.clear();
    logic->stop(clock.now());
    ASSERT_EQ(trackers.asked.size(), 2U);
    EXPECT_EQ(trackers.asked[0].what.event, wire::announce_event::stopped);
    EXPECT_FALSE(logic->wake_at());
}

} // namespace
} // namespace tau::overlay
