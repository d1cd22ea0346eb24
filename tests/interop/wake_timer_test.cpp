#include "plugins/session/wake_timer.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace tau::plugins {
namespace {

using namespace std::chrono_literals;

struct WakeTimer : testing::Test {
    boost::asio::io_context context;
    system_clock_source clock;
    std::optional<time_point> due = clock.now().mono;
    std::unique_ptr<wake_timer> first;
    std::unique_ptr<wake_timer> second;
    int calls = 0;

    std::unique_ptr<wake_timer> make(std::function<void()> on_time) {
        return std::make_unique<wake_timer>(
            context, clock, [this] { return due; }, [on_time](moment) { on_time(); });
    }
    void run() {
        first->update();
        second->update();
        context.run_for(1s); // ends when nothing waits
    }
};

TEST_F(WakeTimer, CallsWhenItsTimeHasCome) {
    auto const done = [this] {
        due.reset();
        ++calls;
    };
    first = make(done);
    second = make(done);
    run();
    EXPECT_EQ(calls, 1) << "the other one asked again and was wanted no more";
}

// Both times have come, so the second one's call is queued when the first one ends it.
TEST_F(WakeTimer, OneThatIsGoneIsNotCalledThoughItsTimeHadCome) {
    first = make([this] {
        second.reset();
        due.reset();
    });
    second = make([this] { ++calls; });
    run();
    EXPECT_EQ(calls, 0);
}

} // namespace
} // namespace tau::plugins
