#include "core/worker_pool.hpp"

#include <boost/asio/executor_work_guard.hpp>

#include <gtest/gtest.h>

#include <thread>

namespace tau {
namespace {

TEST(WorkerPool, DeliversResultsOnTheHomeThread) {
    boost::asio::io_context home;
    auto guard = boost::asio::make_work_guard(home);
    worker_pool pool(home, 2);
    auto const here = std::this_thread::get_id();
    int sum = 0;
    int left = 10;
    for (int i = 0; i < 10; ++i)
        pool.run([i, here] { return std::this_thread::get_id() == here ? 1000 : i; },
                 [&](int value) {
                     EXPECT_EQ(std::this_thread::get_id(), here);
                     sum += value;
                     if (--left == 0)
                         home.stop();
                 });
    home.run();
    EXPECT_EQ(sum, 45);
}

} // namespace
} // namespace tau
