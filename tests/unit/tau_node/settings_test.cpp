#include "tau_node/session_settings.hpp"
#include "tau_node/settings.hpp"

#include <gtest/gtest.h>

namespace tau::node {
namespace {

struct mistake {
    std::string toml;
    std::uint32_t line;
    std::string part; ///< of the message
};

TEST(Settings, APrivateNodeDoesNotAskForPublicRouters) {
    settings values;
    auto const routers = [&values] {
        return session_params_of(values, "/no such file")
            .settings.get_str(lt::settings_pack::dht_bootstrap_nodes);
    };
    EXPECT_NE(routers().find("router.bittorrent.com"), std::string::npos);
    values.is_private = true;
    EXPECT_EQ(routers().find("router"), std::string::npos) << routers();
    values.bootstrap = {"own.router.example:6881", "10.0.0.1:6881"};
    EXPECT_EQ(routers(), "own.router.example:6881");
    EXPECT_EQ(bootstrap_nodes_of(values).size(), 1U);
}

TEST(Settings, ReadEveryTable) {
    auto const out = parse_settings(R"(
name = "Ida"
[network]
listen = ["127.0.0.1:0", "[::1]:0"]
bootstrap = []
private = true
proxy = "socks5://me@proxy.example:1080"
proxy_password_file = "/tmp/p"
[http]
listen = "[::1]:8790"
[limits]
upload_bytes_per_s = 100
[rates]
direct_timeout_ms = 500
[messages]
read_receipts = false
[send]
wait = "delivered"
timeout_s = 5
[get]
mode = "recursive"
[log]
level = "debug"
)");
    EXPECT_EQ(out.name, "Ida");
    EXPECT_EQ(out.listen, (std::vector<std::string>{"127.0.0.1:0", "[::1]:0"}));
    EXPECT_TRUE(out.bootstrap.empty());
    EXPECT_TRUE(out.is_private);
    EXPECT_EQ(out.proxy, (proxy_settings{"proxy.example", 1080, "me", "/tmp/p"}));
    EXPECT_EQ(out.http, "[::1]:8790");
    EXPECT_EQ(out.upload_bytes_per_s, 100);
    EXPECT_EQ(out.direct_timeout_ms, 500);
    EXPECT_FALSE(out.read_receipts);
    EXPECT_EQ(out.send_wait, "delivered");
    EXPECT_EQ(out.get_mode, "recursive");
    EXPECT_EQ(out.log_level, "debug");
}

TEST(Settings, AnEmptyFileChangesNothing) {
    EXPECT_EQ(parse_settings(""), settings{});
    EXPECT_EQ(parse_settings("# a comment\n[network]\n"), settings{});
}

TEST(Settings, MistakesHaveTheirLine) {
    for (auto const& m :
         std::vector<mistake>{{"nam = 1", 1, "unknown key 'nam'"},
                              {"[network]\n\nlistn = []", 3, "unknown key 'network.listn'"},
                              {"[nett]\nlisten = []", 1, "unknown key 'nett'"},
                              {"network = 5", 1, "unknown key 'network'"},
                              {"[network]\nlisten = 'x'", 2, "array of strings"},
                              {"[network]\nlisten = ['x']", 2, "ADDRESS:PORT"},
                              {"[network]\nlisten = [5]", 2, "a string"},
                              {"[network]\nbootstrap = ['host']", 2, "HOST:PORT"},
                              {"[network]\nprivate = 1", 2, "true or false"},
                              {"[network]\nproxy = 'http://h:1'", 2, "socks5"},
                              {"[network]\nproxy = 'socks5://u:p@h:1'", 2, "proxy_password_file"},
                              {"[http]\nlisten = '192.0.2.1:80'", 2, "loopback"},
                              {"[limits]\nupload_bytes_per_s = -1", 2, "from 0"},
                              {"[limits]\nupload_bytes_per_s = 99999999999", 2, "from 0"},
                              {"[limits]\nupload_bytes_per_s = '1'", 2, "whole number"},
                              {"[rates]\ndirect_timeout_ms = 0", 2, "from 50"},
                              {"[send]\nwait = 'forever'", 2, "one of"},
                              {"[log]\nlevel = 'loud'", 2, "one of"},
                              {"name = ' x'", 1, "name"},
                              {"name = 'x'\nname = 'y'", 2, ""},
                              {"= 5", 1, ""},
                              {"a", 1, ""}}) {
        try {
            (void)parse_settings(m.toml);
            ADD_FAILURE() << m.toml;
        } catch (settings_error const& e) {
            EXPECT_EQ(e.line(), m.line) << m.toml;
            EXPECT_NE(std::string(e.what()).find(m.part), std::string::npos) << e.what();
        }
    }
}

TEST(Proxy, IsSocksWithoutAPassword) {
    EXPECT_EQ(parse_proxy("socks5://[2001:db8::1]:1080").host, "2001:db8::1");
    for (auto const* text :
         {"", "h:1", "socks5://", "socks5://h", "socks5://h:0", "socks4://h:1", "socks5://u:p@h:1"})
        EXPECT_THROW((void)parse_proxy(text), settings_error) << text;
}

} // namespace
} // namespace tau::node
