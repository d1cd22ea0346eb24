#include "support/topic_crowd.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace tau::test {
namespace {

using namespace std::chrono_literals;

struct TopicCrowd : testing::TestWithParam<topic_crowd::transport> {
    static constexpr std::size_t members = 40;
    topic_crowd crowd{members, GetParam()};

    void join(std::size_t from, std::size_t to) {
        for (std::size_t i = from; i < to; ++i)
            crowd.join(crowd.member(i));
    }
    bool settles(std::size_t count) {
        return crowd.loop().run_until([&] {
            auto const [fewest, most] = crowd.links(count);
            return fewest >= 3 && most <= 8 && crowd.is_connected(count);
        });
    }
    bool is_heard(std::string const& text, std::size_t count) {
        return crowd.loop().run_until([&] { return crowd.heard_by(text, count) == count; });
    }
};

TEST_P(TopicCrowd, KeepsFewLinksAndFewCopies) {
    join(0, members);
    ASSERT_TRUE(settles(members));
    crowd.loop().run_for(2s); // the last of those turned away are gone
    for (int i = 0; i < 10; ++i) {
        auto const before = crowd.received();
        auto const text = "post " + std::to_string(i);
        crowd.say(crowd.member(static_cast<std::size_t>(3 * i)), text);
        ASSERT_TRUE(is_heard(text, members)) << crowd.heard_by(text, members);
        crowd.loop().run_for(500ms);
        auto const after = crowd.received();
        for (std::size_t k = 0; k < members; ++k)
            EXPECT_LE(after[k] - before[k], 3U);
    }
    EXPECT_LE(crowd.links(members).second, 8U);
    EXPECT_TRUE(crowd.is_connected(members));
}

TEST_P(TopicCrowd, ANewcomerIsHeardAndHears) {
    join(0, members - 1);
    ASSERT_TRUE(settles(members - 1));
    crowd.say(crowd.member(0), "before you came");
    ASSERT_TRUE(is_heard("before you came", members - 1));
    auto& late = crowd.member(members - 1);
    crowd.join(late);
    // Its first words are kept until there is somebody to hear them.
    crowd.say(late, "hello from the last");
    EXPECT_TRUE(is_heard("hello from the last", members));
    EXPECT_TRUE(is_heard("before you came", members));
}

TEST_P(TopicCrowd, GoesOnWithoutThoseWhoLeave) {
    join(0, members);
    ASSERT_TRUE(settles(members));
    for (std::size_t i = 30; i < members; ++i)
        crowd.member(i).overlay().leave_topic(crowd.topic);
    ASSERT_TRUE(settles(30));
    crowd.say(crowd.member(0), "still here");
    EXPECT_TRUE(is_heard("still here", 30));
    EXPECT_EQ(crowd.heard_by("still here", members), 30U);
}

INSTANTIATE_TEST_SUITE_P(Over, TopicCrowd,
                         testing::Values(topic_crowd::transport::tcp, topic_crowd::transport::utp),
                         [](auto const& one) {
                             return one.param == topic_crowd::transport::tcp ? "Tcp" : "Utp";
                         });

} // namespace
} // namespace tau::test
