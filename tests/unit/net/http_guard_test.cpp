#include "net/http_guard.hpp"

#include <gtest/gtest.h>

namespace tau::net {
namespace {

struct HttpGuard : testing::Test {
    http_access access{false, "secret", host_names("127.0.0.1", 8080)};
    http_credentials good{"127.0.0.1:8080", std::nullopt, "Bearer secret"};

    unsigned status(http_credentials const& given, route_access needed = route_access::with_token) {
        auto const no = refusal(access, given, needed);
        return no ? no->status : 200;
    }
};

TEST_F(HttpGuard, LetsTheTokenIn) {
    EXPECT_EQ(status(good), 200u);
    good.authorization = "bearer secret"; // the scheme is case-insensitive
    good.host = "LOCALHOST:8080";
    EXPECT_EQ(status(good), 200u);
    good.origin = "http://localhost:8080";
    EXPECT_EQ(status(good), 200u);
}

TEST_F(HttpGuard, RefusesAnotherToken) {
    for (auto const* text : {"Bearer secreT", "Bearer secret ", "Bearer secre", "Bearer ", "secret",
                             "Basic secret", "Bearer"}) {
        good.authorization = text;
        EXPECT_EQ(status(good), 401u) << text;
    }
    good.authorization.reset();
    EXPECT_EQ(status(good), 401u);
}

TEST_F(HttpGuard, AnEmptyTokenLetsNobodyIn) {
    access.token.clear();
    good.authorization = "Bearer ";
    EXPECT_EQ(status(good), 401u);
}

TEST_F(HttpGuard, RefusesAnotherHost) {
    for (auto const* host :
         {"evil.example", "evil.example:8080", "127.0.0.1", "127.0.0.1:81", ""}) {
        good.host = host;
        EXPECT_EQ(status(good), 421u) << host;
    }
    good.host.reset();
    EXPECT_EQ(status(good), 421u);
}

TEST_F(HttpGuard, RefusesAnotherOrigin) {
    for (auto const* origin : {"http://evil.example", "null", "https://127.0.0.1:8080", "http://",
                               "http://127.0.0.1:81", "file://"}) {
        good.origin = origin;
        EXPECT_EQ(status(good), 403u) << origin;
    }
}

TEST_F(HttpGuard, OpenRoutesStillCheckHostAndOrigin) {
    http_credentials given{"127.0.0.1:8080", std::nullopt, std::nullopt};
    EXPECT_EQ(status(given, route_access::open), 200u);
    given.origin = "http://evil.example";
    EXPECT_EQ(status(given, route_access::open), 403u);
    given.host = "evil.example";
    EXPECT_EQ(status(given, route_access::open), 421u);
}

TEST_F(HttpGuard, RefusesAmbiguousFields) {
    good.ambiguous = true;
    EXPECT_EQ(status(good), 400u);
}

TEST_F(HttpGuard, OwnersSocketNeedsNoTokenAndTakesNoBrowser) {
    access = {true, {}, {}};
    EXPECT_EQ(status({}), 200u);
    http_credentials browser;
    browser.origin = "http://localhost";
    EXPECT_EQ(status(browser), 403u);
}

TEST(HostNames, CoverLoopbackAndPort80) {
    EXPECT_EQ(host_names("::1", 5), (std::vector<std::string>{"[::1]:5", "localhost:5"}));
    EXPECT_EQ(host_names("10.0.0.1", 5), (std::vector<std::string>{"10.0.0.1:5"}));
    EXPECT_EQ(host_names("10.0.0.1", 80), (std::vector<std::string>{"10.0.0.1", "10.0.0.1:80"}));
}

} // namespace
} // namespace tau::net
