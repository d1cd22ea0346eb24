#include "sim/overlay/topic_world.hpp"

#include <gtest/gtest.h>

#include <iostream>

namespace tau::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t members = 200;
constexpr auto ten_round_trips = 20 * topic_world::delay;

struct TopicSim : testing::TestWithParam<std::uint64_t> {
    topic_world world{GetParam()};

    void add(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i)
            world.add();
    }
    void join_all() {
        for (std::size_t i = 0; i < world.size(); ++i)
            world.join(world.node(i));
    }
    void expect_few_links() {
        for (auto* one : world.alive()) {
            EXPECT_LE(one->logic().members_of(world.topic), 8U);
            EXPECT_LE(one->links().size(), 8U) << "connections that do not end";
            EXPECT_LE(one->logic().pushers_of(world.topic).size(),
                      overlay::post_spread::max_pushers);
        }
    }
    /// Says something and lets `time` pass; how many heard it.
    std::size_t hear(topic_node& from, std::string const& text, std::chrono::milliseconds time) {
        from.say(text);
        world.run_for(time);
        return world.heard_by(text);
    }
    void expect_few_copies(std::string const& text) {
        int most = 0;
        for (auto* one : world.alive())
            most = std::max(most, one->received[text]);
        EXPECT_LE(most, 3) << text;
    }
};

TEST_P(TopicSim, TwoHundredWhoJoinAtOnceHearEachOther) {
    add(members);
    join_all();
    world.run_for(5s);
    EXPECT_TRUE(world.is_connected());
    expect_few_links();
    for (int i = 0; i < 20; ++i) {
        auto const text = "post " + std::to_string(i);
        EXPECT_EQ(hear(world.node(static_cast<std::size_t>(i) * 7), text, ten_round_trips),
                  members);
        expect_few_copies(text);
    }
}

TEST_P(TopicSim, AllMaySpeakAtOnce) {
    add(members);
    join_all();
    world.run_for(4s);
    for (auto* one : world.alive())
        one->say("by " + to_string(one->where()));
    world.run_for(1s);
    for (auto* one : world.alive())
        EXPECT_EQ(one->heard.size(), members);
}

TEST_P(TopicSim, WhoComesLateIsTakenInAtOnce) {
    add(members);
    for (std::size_t i = 0; i < members; ++i) {
        world.join(world.node(i));
        world.run_for(50ms);
    }
    world.run_for(10s);
    auto& late = world.add();
    world.join(late);
    world.run_for(3s);
    EXPECT_EQ(hear(late, "from the last", ten_round_trips), members + 1);
    EXPECT_EQ(hear(world.node(3), "to the last", ten_round_trips), members + 1);
    world.run_for(3s);
    EXPECT_TRUE(world.is_connected());
    expect_few_links();
}

TEST_P(TopicSim, SurvivesTheLossOfAThird) {
    add(members);
    join_all();
    world.run_for(5s);
    for (std::size_t i = 0; i < members; i += 3)
        world.kill(world.node(i));
    world.run_for(5s);
    EXPECT_TRUE(world.is_connected());
    auto const left = world.alive().size();
    EXPECT_EQ(hear(world.node(1), "still here", ten_round_trips), left);
    expect_few_links();
}

TEST_P(TopicSim, ComesThroughChurn) {
    add(members);
    join_all();
    world.run_for(5s);
    seeded_random random{GetParam() + 99};
    for (int i = 0; i < 100; ++i) { // two a second leave, two come
        auto const all = world.alive();
        world.kill(*all[random.below(all.size())]);
        world.join(world.add());
        world.run_for(500ms);
    }
    EXPECT_TRUE(world.is_connected());
    world.run_for(5s);
    EXPECT_EQ(hear(*world.alive().front(), "after all", ten_round_trips), members);
    expect_few_links();
}

TEST_P(TopicSim, LostMessagesAreAskedFor) {
    add(members);
    join_all();
    world.run_for(5s);
    world.loss = 0.1;
    for (int i = 0; i < 10; ++i)
        (void)hear(world.node(static_cast<std::size_t>(i)), "lossy " + std::to_string(i), 200ms);
    world.run_for(5s);
    for (int i = 0; i < 10; ++i)
        EXPECT_EQ(world.heard_by("lossy " + std::to_string(i)), members);
}

TEST_P(TopicSim, MostMayBeBehindNats) {
    add(members);
    for (std::size_t i = 0; i < members; ++i)
        world.node(i).accepts = i % 10 < 3;
    join_all();
    world.run_for(20s);
    EXPECT_TRUE(world.is_connected());
    EXPECT_EQ(hear(world.node(9), "from inside", 3s), members);
    expect_few_links();
}

TEST_P(TopicSim, IslandsMeetOnceTheyKnowOfEachOther) {
    add(members);
    world.side = [](std::size_t number) { return number < members / 2 ? 0 : 1; };
    join_all();
    world.run_for(10s);
    EXPECT_FALSE(world.is_connected());
    world.side = {};
    world.run_for(5min);
    EXPECT_TRUE(world.is_connected());
    // The way to the other side is found by whom a post does not reach in time.
    EXPECT_EQ(hear(world.node(0), "far away", 3s), members);
    EXPECT_EQ(hear(world.node(0), "one land", ten_round_trips), members);
    expect_few_links();
}

TEST_P(TopicSim, WithoutADirectoryTheLinksThatAreThereSuffice) {
    add(members);
    join_all();
    world.run_for(5s);
    world.has_directory = false;
    for (std::size_t i = 0; i < members; i += 10)
        world.kill(world.node(i));
    world.run_for(2min);
    EXPECT_TRUE(world.is_connected());
}

INSTANTIATE_TEST_SUITE_P(Seeds, TopicSim, testing::Values(1, 2, 3));

} // namespace
} // namespace tau::test
