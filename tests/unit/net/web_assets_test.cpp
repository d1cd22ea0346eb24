#include "net/web_assets.hpp"

#include <gtest/gtest.h>

namespace tau::net {
namespace {

constexpr web_asset files[] = {
    {"/", "text/html; charset=utf-8", "<p>page"},
    {"/main.js", "text/javascript; charset=utf-8", "let x"},
};

struct answer_keeper final : http_reply::sink {
    http_response got;
    void send(http_response response) override { got = std::move(response); }
    event_stream stream() override { return event_stream(nullptr); }
};

http_response get(router const& routes, std::vector<std::string> const& segments) {
    auto const found = routes.find("GET", segments);
    auto const keeper = std::make_shared<answer_keeper>();
    if (found.route)
        found.route->found->handler({}, http_reply(keeper));
    return keeper->got;
}

TEST(WebAssets, AreServedUnderTheirPaths) {
    router routes;
    add_web_assets(routes, files);
    EXPECT_EQ(get(routes, {}).body, "<p>page");
    auto const script = get(routes, {"main.js"});
    EXPECT_EQ(script.body, "let x");
    EXPECT_EQ(script.content_type, "text/javascript; charset=utf-8");
    EXPECT_TRUE(script.fields.empty()) << "the server's own policy holds";
    EXPECT_FALSE(routes.find("GET", {"other.js"}).route);
    EXPECT_EQ(routes.find("POST", {"main.js"}).refusal.status, 405u);
}

TEST(WebAssets, NeedNoTokenButCanHaveAPolicyOfTheirOwn) {
    router routes;
    add_web_assets(routes, files, "default-src 'none'");
    EXPECT_EQ(routes.find("GET", {}).route->found->access, route_access::open);
    auto const page = get(routes, {});
    ASSERT_EQ(page.fields.size(), 1u);
    EXPECT_EQ(page.fields[0].first, "Content-Security-Policy");
    EXPECT_EQ(page.fields[0].second, "default-src 'none'");
}

} // namespace
} // namespace tau::net
