#include "sim/gossip/scenarios.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace tau::test {
namespace {

using namespace std::chrono_literals;

// Each device commits to a database of its own: not on a disk, if that can be had.
[[maybe_unused]] bool const databases_in_memory = [] {
    std::error_code ignored;
    return std::filesystem::is_directory("/dev/shm", ignored)
           && ::setenv("TMPDIR", "/dev/shm", 0) == 0;
}();

// Small instances of what scripts/sim.sh runs at full size.

TEST(City, DeliversAlmostLikeAStoreThatKnowsEverything) {
    trace_settings settings;
    settings.devices = 40;
    settings.length = 20h;
    settings.composing = 8h;
    settings.messages_per_day = 12;
    auto const plan = make_trace(settings, 7);
    EXPECT_GT(plan.clustering(), 0.3);
    city here(plan, {}, 7);
    here.run();
    auto const out = compare(plan, here, 12h);
    EXPECT_GT(out.omniscient.due, 80U);
    EXPECT_GE(out.ours.percent(), 98.0);
    EXPECT_GE(out.ours.percent(), out.plain.percent());
    EXPECT_EQ(out.shown_twice, 0U);
}

TEST(City, IsTheSameForTheSameSeed) {
    trace_settings settings;
    settings.devices = 12;
    settings.length = 4h;
    settings.composing = 3h;
    settings.messages_per_day = 40;
    auto const plan = make_trace(settings, 3);
    std::vector<std::optional<trace_time>> first;
    for (int round = 0; round < 2; ++round) {
        city here(plan, {}, 5);
        here.run();
        std::vector<std::optional<trace_time>> times;
        for (auto const& one : here.fates())
            times.push_back(one.delivered);
        if (round == 0)
            first = times;
        else
            EXPECT_EQ(times, first);
    }
}

TEST(City, IsQuietWhileNothingHappens) {
    auto const out = measure_idle(1);
    EXPECT_LE(out.first_hour, 0.5);
    EXPECT_LE(out.second_hour, 0.5);
}

TEST(City, BringsWhatWaitedForAWeekLittleMoreThanOnce) {
    auto const out = measure_return(1);
    EXPECT_EQ(out.arrived, out.messages);
    EXPECT_LE(out.share(), 1.5);
    EXPECT_LE(out.used.sealed_in, out.messages * 11 / 10);
    EXPECT_LE(out.seconds, 4.0);
}

TEST(CloudModel, ForgetsAfterTwoHoursAndSurvivesDeadNodes) {
    dht_model cloud({}, 3);
    time_point const now{5h};
    auto const value = std::make_shared<bytes const>(to_bytes("5:hello"));
    auto const what = wire::target_of_immutable(*value);
    EXPECT_GE(cloud.put(what, value, now).nodes, 4);
    EXPECT_TRUE(cloud.get(what, now + 1min));
    EXPECT_TRUE(cloud.get(what, now + 90min));
    EXPECT_FALSE(cloud.get(what, now + 121min));
}

TEST(CloudModel, LosesWhatAllItsNodesLose) {
    cloud_settings settings;
    settings.loss = 0;
    settings.dead = 0;
    settings.mean_life = 10'000h;
    dht_model cloud(settings, 4);
    time_point const now{5h};
    auto const value = std::make_shared<bytes const>(to_bytes("5:hello"));
    auto const what = wire::target_of_immutable(*value);
    EXPECT_EQ(cloud.put(what, value, now).nodes, 8);
    cloud.kill_closest(what, 6);
    EXPECT_EQ(cloud.holders(what, now), 2U);
    EXPECT_TRUE(cloud.get(what, now)); // those that live are among the closest that live
    cloud.kill_closest(what, 8);
    EXPECT_FALSE(cloud.get(what, now));
}

} // namespace
} // namespace tau::test
