#include "wire/tracker_http.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tau::wire {
namespace {

TEST(TrackerHttp, ReadsWhatATrackerNeeds) {
    std::string const text =
        "GET /k/announce?a=b&c HTTP/1.1\r\nHost: t.example:6969\r\n"
        "ACCEPT: text/html, application/json\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n";
    auto const with_more = text + "rest";
    auto const head = read_http_head(with_more).value();
    EXPECT_TRUE(head.is_get);
    EXPECT_EQ(head.path, "/k/announce");
    EXPECT_EQ(head.query, "a=b&c");
    EXPECT_EQ(head.host, "t.example:6969");
    EXPECT_EQ(head.forwarded_for, "1.2.3.4");
    EXPECT_TRUE(head.wants_json);
    EXPECT_TRUE(head.keeps_alive);
    EXPECT_EQ(head.size, text.size());
    for (std::size_t n = 0; n < text.size(); ++n)
        EXPECT_EQ(read_http_head(std::string_view(text).substr(0, n)).error(), errc::not_found);
}

TEST(TrackerHttp, KnowsWhenAConnectionStaysOpen) {
    auto const keeps = [](std::string const& version, std::string const& fields) {
        return read_http_head("GET / " + version + "\r\n" + fields + "\r\n").value().keeps_alive;
    };
    EXPECT_TRUE(keeps("HTTP/1.1", ""));
    EXPECT_FALSE(keeps("HTTP/1.1", "connection: Close\r\n"));
    EXPECT_FALSE(keeps("HTTP/1.0", ""));
    EXPECT_TRUE(keeps("HTTP/1.0", "Connection: Keep-Alive\r\n"));
}

TEST(TrackerHttp, RefusesWhatItDoesNotUnderstand) {
    for (auto const* bad : {"\r\n\r\n", "GET\r\n\r\n", "GET /\r\n\r\n", "GET / HTTP/2.0\r\n\r\n",
                            "GET announce HTTP/1.1\r\n\r\n", "GET /a b HTTP/1.1\r\n\r\n",
                            "GET / HTTP/1.1\r\nx\r\n\r\n", "GET / HTTP/1.1\r\n: x\r\n\r\n",
                            "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
                            "GET / HTTP/1.1\r\nContent-Length: 1x\r\n\r\n",
                            "GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"})
        EXPECT_EQ(read_http_head(bad).error(), errc::invalid_encoding) << bad;
}

TEST(TrackerHttp, RefusesHeadsWithoutEnd) {
    std::string const endless = "GET / HTTP/1.1\r\n" + std::string(http_head::max_size, 'x');
    EXPECT_EQ(read_http_head(endless).error(), errc::too_large);
}

TEST(TrackerHttp, SplitsThePasskeyOff) {
    EXPECT_EQ(split_tracker_path("/announce").action, "announce");
    EXPECT_EQ(split_tracker_path("/announce").passkey, "");
    EXPECT_EQ(split_tracker_path("/key/scrape").passkey, "key");
    EXPECT_EQ(split_tracker_path("/key/scrape").action, "scrape");
    EXPECT_EQ(split_tracker_path("/a/b/announce").action, "");
    EXPECT_EQ(split_tracker_path("announce").action, "");
}

} // namespace
} // namespace tau::wire
