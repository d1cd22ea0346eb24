#include "messenger/alarm_queue.hpp"
#include "messenger/composer.hpp"
#include "messenger/views.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tau::messenger {
namespace {

using namespace std::chrono_literals;

TEST(AlarmQueue, RunsInOrderOfTimeThenOfSetting) {
    alarm_queue alarms;
    std::string ran;
    time_point const start{};
    (void)alarms.set(start + 2s, [&] { ran += 'c'; });
    (void)alarms.set(start + 1s, [&] { ran += 'a'; });
    (void)alarms.set(start + 1s, [&] { ran += 'b'; });
    EXPECT_EQ(alarms.next(), start + 1s);
    alarms.run_due(start + 1s);
    EXPECT_EQ(ran, "ab");
    alarms.run_due(start + 1h);
    EXPECT_EQ(ran, "abc");
    EXPECT_FALSE(alarms.next());
}

TEST(AlarmQueue, ForgetsWhatIsCancelledAndDefersWhatIsSetMeanwhile) {
    alarm_queue alarms;
    std::string ran;
    time_point const start{};
    auto const gone = alarms.set(start, [&] { ran += 'x'; });
    (void)alarms.set(start, [&] {
        ran += 'a';
        (void)alarms.set(start, [&] { ran += 'b'; });
    });
    EXPECT_TRUE(alarms.is_set(gone));
    alarms.cancel(gone);
    alarms.cancel(gone);
    alarms.cancel(0);
    alarms.run_due(start);
    EXPECT_EQ(ran, "a"); // an alarm that sets itself again cannot hold the loop
    alarms.run_due(start);
    EXPECT_EQ(ran, "ab");
}

TEST(AlarmQueue, AlarmMayCancelAnother) {
    alarm_queue alarms;
    std::string ran;
    alarm_queue::id second = 0;
    (void)alarms.set(time_point{}, [&] { alarms.cancel(second); });
    second = alarms.set(time_point{}, [&] { ran += 'x'; });
    alarms.run_due(time_point{});
    EXPECT_TRUE(ran.empty());
}

TEST(SafeFileName, LeavesNoPathAndNoControl) {
    EXPECT_EQ(safe_file_name("photo.jpg"), "photo.jpg");
    EXPECT_EQ(safe_file_name("../../etc/passwd"), "passwd");
    EXPECT_EQ(safe_file_name("C:\\temp\\a.txt"), "a.txt");
    EXPECT_EQ(safe_file_name("a\x1b[2Jb\n"), "a[2Jb");
    for (char const* const bad : {"", ".", "..", "x/", "/", "..\\..", "\xff\xfe"})
        EXPECT_EQ(safe_file_name(bad), "file") << bad;
}

TEST(KindOfContent, KnowsImagesByTheirSignature) {
    EXPECT_EQ(kind_of_content(as_bytes("\x89PNG\r\n\x1a\nrest")), wire::content_kind::image);
    EXPECT_EQ(kind_of_content(as_bytes("\xff\xd8\xff\xe0")), wire::content_kind::image);
    EXPECT_EQ(kind_of_content(as_bytes("RIFF1234WEBPVP8 ")), wire::content_kind::image);
    EXPECT_EQ(kind_of_content(as_bytes("RIFF1234WAVE")), wire::content_kind::file);
    EXPECT_EQ(kind_of_content(as_bytes("<svg/>")), wire::content_kind::file);
    EXPECT_EQ(kind_of_content({}), wire::content_kind::file);
}

} // namespace
} // namespace tau::messenger
