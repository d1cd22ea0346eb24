#include "gossip/signals.hpp"
#include "gossip_fixture.hpp"

#include <set>

namespace tau::gossip {
namespace {

using namespace std::chrono_literals;

TEST(Signals, AreNamedOnceAndAliasesMeanOne) {
    std::set<signal> numbers;
    std::set<std::string_view> names;
    for (auto const& one : all_signals()) {
        EXPECT_TRUE(numbers.insert(one.what).second);
        EXPECT_TRUE(names.insert(one.name).second);
        EXPECT_EQ(signal_named(one.name), one.what);
        EXPECT_EQ(name_of(one.what), one.name);
    }
    for (auto const& alias : signal_aliases())
        EXPECT_EQ(signal_named(alias.name), alias.what);
    EXPECT_EQ(signal_named("HISTORY_BLOCK_REQUEST_FOR_VOTING"), signal::history_block_for_voting);
    EXPECT_FALSE(signal_named("NO_SUCH_SIGNAL"));
}

TEST(Signals, OfTheChatHaveTheNumbersOfTheWire) {
    EXPECT_EQ(static_cast<int>(signal::message_root),
              static_cast<int>(wire::gossip_type::message_root));
    EXPECT_EQ(static_cast<int>(signal::endpoint_changed),
              static_cast<int>(wire::gossip_type::endpoint_changed));
}

TEST(VisitPlanner, VisitsEverybodyFastThenEverMoreRarely) {
    config settings;
    seeded_random random{1};
    visit_planner plan(settings, random);
    moment now{time_point{1h}, unix_ms{1h}};
    for (char c = 'a'; c < 'a' + 20; ++c)
        plan.add(key_named(std::string(1, c)), now.mono);
    plan.start(now);
    std::map<public_key, int> visits;
    auto const run = [&](std::chrono::milliseconds span) {
        auto const end = now.mono + span;
        std::size_t count = 0;
        while (plan.wake_at() && *plan.wake_at() <= end) {
            now.mono = std::max(now.mono, *plan.wake_at());
            while (auto const who = plan.next(now.mono)) {
                ++visits[*who];
                ++count;
                plan.on_visited(*who, false, now.mono);
            }
        }
        now.mono = end;
        return count;
    };
    EXPECT_EQ(run(10s), 20U);
    for (auto const& [who, times] : visits)
        EXPECT_EQ(times, 1);
    run(1h);
    EXPECT_LE(run(1h), 40U); // idle_visit_pause
    run(6h);
    EXPECT_LE(run(1h), 21U); // silence: once an hour each
    plan.refer(key_named("c"), now.mono);
    EXPECT_GE(run(3s), 1U);
}

TEST(ServeBudget, HoldsItsCeilingInAnyMinute) {
    config settings;
    serve_budget budget(settings);
    auto const friend_key = key_named("bob");
    time_point now{1h};
    std::vector<time_point> spent;
    seeded_random random{4};
    for (int i = 0; i < 5'000; ++i) {
        now += std::chrono::milliseconds(random.below(200));
        if (budget.charge(friend_key, 1'000, now))
            spent.push_back(now);
    }
    for (std::size_t i = 0; i < spent.size(); ++i) {
        std::size_t in_minute = 0;
        for (std::size_t k = i; k < spent.size() && spent[k] - spent[i] < 1min; ++k)
            in_minute += 1'000;
        EXPECT_LE(in_minute, settings.served_bytes_per_minute);
    }
    EXPECT_GT(spent.size(), 400U);
}

TEST(ServeBudget, RefusesAnItemTwiceAnHourThoughTheTableIsFull) {
    config settings;
    serve_budget budget(settings);
    seeded_random random{5};
    time_point now{1h};
    auto const item = hash_named("item");
    EXPECT_TRUE(budget.may_put(item, now));
    for (std::size_t i = 0; i < serve_budget::max_remembered; ++i)
        (void)budget.may_put(random.make<target>(), now);
    EXPECT_FALSE(budget.may_put(random.make<target>(), now)); // none is made unremembered
    EXPECT_FALSE(budget.may_put(item, now + 59min));
    EXPECT_TRUE(budget.may_put(item, now + 60min));
}

} // namespace
} // namespace tau::gossip
