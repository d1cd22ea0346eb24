#include "net/router.hpp"

#include <gtest/gtest.h>

namespace tau::net {
namespace {

struct Router : testing::Test {
    router routes;
    void SetUp() override {
        for (auto const& [method, pattern] :
             std::vector<std::pair<std::string, std::string>>{{"GET", "/v1/messages"},
                                                              {"POST", "/v1/messages"},
                                                              {"GET", "/v1/messages/{id}/file"},
                                                              {"GET", "/"}})
            routes.add({method, pattern, [](http_request const&, http_reply const&) {}});
    }
};

TEST_F(Router, FindsByMethodAndPath) {
    auto const out = routes.find("POST", {"v1", "messages"});
    ASSERT_TRUE(out.route);
    EXPECT_EQ(out.route->found->method, "POST");
    EXPECT_TRUE(routes.find("GET", {}).route);
}

TEST_F(Router, BindsNames) {
    auto const out = routes.find("GET", {"v1", "messages", "abc", "file"});
    ASSERT_TRUE(out.route);
    EXPECT_EQ(out.route->path.at("id"), "abc");
    EXPECT_FALSE(routes.find("GET", {"v1", "messages", "", "file"}).route);
}

TEST_F(Router, TellsWhatIsMissing) {
    EXPECT_EQ(routes.find("GET", {"v2"}).refusal.status, 404u);
    auto const out = routes.find("DELETE", {"v1", "messages"});
    EXPECT_EQ(out.refusal.status, 405u);
    EXPECT_EQ(out.refusal.fields.at(0),
              (std::pair<std::string, std::string>{"Allow", "GET, POST"}));
}

TEST_F(Router, NoPreflightIsEverAnswered) {
    auto const out = routes.find("OPTIONS", {"v1", "messages"});
    EXPECT_EQ(out.refusal.status, 405u);
}

} // namespace
} // namespace tau::net
