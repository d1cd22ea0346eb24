#include "identity/data_lock.hpp"

#include "support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

namespace tau::identity {
namespace {

TEST(DataLock, IsHeldByOneAndNamesTheHolder) {
    test::temp_folder folder;
    EXPECT_FALSE(data_lock::holder(folder.path()));
    {
        auto const first = data_lock::acquire(folder.path());
        ASSERT_TRUE(first);
        EXPECT_EQ(data_lock::acquire(folder.path()).error(), errc::locked);
        EXPECT_EQ(data_lock::holder(folder.path()), ::getpid());
    }
    EXPECT_FALSE(data_lock::holder(folder.path()));
    EXPECT_TRUE(data_lock::acquire(folder.path()));
}

TEST(DataLock, SurvivesAMove) {
    test::temp_folder folder;
    auto first = data_lock::acquire(folder.path()).value();
    auto const second = std::move(first);
    EXPECT_EQ(data_lock::acquire(folder.path()).error(), errc::locked);
}

TEST(DataLock, NeedsAFolder) {
    test::temp_folder folder;
    EXPECT_EQ(data_lock::acquire(folder / "none").error(), errc::not_found);
    EXPECT_FALSE(data_lock::holder(folder / "none"));
}

TEST(DataLock, IsFreeAgainWhenItsHolderWasKilled) {
    test::temp_folder folder;
    int ready[2];
    ASSERT_EQ(::pipe(ready), 0);
    auto const child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        auto const lock = data_lock::acquire(folder.path());
        char const told = lock ? 'y' : 'n';
        (void)!::write(ready[1], &told, 1);
        for (;;)
            ::pause();
    }
    char told = 0;
    ASSERT_EQ(::read(ready[0], &told, 1), 1);
    EXPECT_EQ(told, 'y');
    EXPECT_EQ(data_lock::acquire(folder.path()).error(), errc::locked);
    EXPECT_EQ(data_lock::holder(folder.path()), child);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    EXPECT_TRUE(data_lock::acquire(folder.path()));
    ::close(ready[0]);
    ::close(ready[1]);
}

} // namespace
} // namespace tau::identity
