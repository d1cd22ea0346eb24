#include "identity/keccak.hpp"
#include "plugins/session/settings.hpp"
#include "plugins/tau/plugin_set.hpp"
#include "support/private_dht.hpp"
#include "support/test_keys.hpp"

#include <libtorrent/settings_pack.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace tau {
namespace {

using namespace std::chrono_literals;

/// A plugin set on a session of the test's context.
struct member {
    member(test::private_dht& dht, std::uint64_t seed)
        : keys(test::keys_of(seed)), session(dht.add_session()), tau(session, keys) {
        overlay_observer told;
        told.on_arrival = [this](forward::arrival const& what) {
            arrived.push_back(what);
            tau.overlay().accept(what.id);
        };
        told.on_acknowledged = [this](forward::acknowledged const& what) {
            acknowledged.push_back(what);
        };
        told.on_post = [this](wire::topic_post const& post) { posts.push_back(post.text); };
        tau.overlay().observe(std::move(told));
        tau.overlay().start(where().port());
    }
    [[nodiscard]] endpoint where() const { return test::private_dht::endpoint_of(session); }
    [[nodiscard]] wallet_address const& wallet() const { return keys->wallet(); }
    bool is_linked(member const& other) { return tau.overlay().links().is_linked(other.wallet()); }
    hash256 send_to(member const& to, std::uint8_t mark) {
        bytes payload(500, mark);
        auto const id = identity::keccak256(payload);
        EXPECT_FALSE(tau.overlay().send({id, to.wallet(), to.keys->key(), std::move(payload)}));
        return id;
    }

    std::shared_ptr<identity::keyring const> keys;
    plugins::owned_session& session;
    plugin_set tau;
    std::vector<forward::arrival> arrived;
    std::vector<forward::acknowledged> acknowledged;
    std::vector<std::string> posts;
};

struct Overlay : testing::Test {
    test::private_dht dht{2};
    member a{dht, 11};
    member b{dht, 12};
    member c{dht, 13};
    info_hash const topic = overlay::topic_hash("a topic");

    void link(member& from, member& to) {
        from.tau.overlay().dial(to.wallet(), to.where());
        ASSERT_TRUE(dht.run_until([&] { return from.is_linked(to) && to.is_linked(from); }));
    }
};

TEST_F(Overlay, LinksInASwarmThatIsAWallet) {
    link(a, b);
    EXPECT_EQ(a.tau.overlay().links().links().at(0).who.key, b.keys->key());
    EXPECT_TRUE(a.tau.overlay().links().links().at(0).began);
}

TEST_F(Overlay, AMessageGoesOverAHop) {
    link(a, b);
    link(b, c);
    auto const id = a.send_to(c, 1);
    ASSERT_TRUE(dht.run_until([&] { return !a.acknowledged.empty(); }));
    EXPECT_EQ(a.acknowledged[0].ids, std::vector{id});
    EXPECT_EQ(c.arrived.at(0).origin, a.wallet());
    EXPECT_EQ(c.arrived.at(0).visited.size(), 2U);
    EXPECT_FALSE(a.is_linked(c));
}

TEST_F(Overlay, MembersOfATopicHearEachOther) {
    for (auto* one : {&a, &b, &c})
        one->tau.overlay().join_topic(topic);
    // The topic is found in the DHT; here one is told of the other.
    a.tau.overlay().meet(topic, b.where());
    b.tau.overlay().meet(topic, c.where());
    ASSERT_TRUE(dht.run_until([&] { return a.is_linked(b) && b.is_linked(c); }));
    ASSERT_TRUE(a.tau.overlay().say(topic, "Ann", "hello all"));
    ASSERT_TRUE(dht.run_until([&] { return !b.posts.empty() && !c.posts.empty(); }));
    EXPECT_EQ(c.posts, std::vector<std::string>{"hello all"});
    EXPECT_EQ(b.posts.size(), 1U);
}

// As it is behind NATs that let nobody in: nobody dials, a neighbour of both introduces them.
TEST_F(Overlay, ANeighbourIntroducesItsNeighbours) {
    link(a, b);
    link(c, b);
    auto const& told = a.tau.overlay().forwarding().routes().told();
    ASSERT_TRUE(dht.run_until([&] {
        auto const found = told.find(b.wallet());
        return found != told.end() && found->second.size() == 2;
    }));
    EXPECT_FALSE(a.is_linked(c));
    a.tau.overlay().come_near(c.wallet());
    EXPECT_TRUE(dht.run_until([&] { return a.is_linked(c) && c.is_linked(a); }));
}

// Neighbours may send us to many who are not there; that ends no link which we have.
TEST_F(Overlay, IntroductionsInVainTakeNoLinkAway) {
    link(a, b);
    link(a, c);
    auto const nowhere = dht.dead_endpoint();
    for (std::uint8_t i = 0; i < approach::max_meetings; ++i) {
        wire::rendezvous const call{
            wire::rendezvous_step::call, wallet_address{{i}}, {wire::stated_nat::cone, nowhere}};
        auto& from = i % 2 == 0 ? b : c;
        ASSERT_TRUE(from.tau.overlay().links().send(a.wallet(), wire::link_kind::rendezvous,
                                                    wire::encode(call)));
    }
    dht.run_for(500ms);
    EXPECT_TRUE(a.is_linked(b));
    EXPECT_TRUE(a.is_linked(c));
}

TEST_F(Overlay, AConnectionToOurselvesIsNoLink) {
    a.tau.overlay().join_topic(topic);
    a.tau.overlay().meet(topic, a.where());
    dht.run_for(500ms);
    EXPECT_FALSE(a.is_linked(a));
}

TEST_F(Overlay, AGuestForwardsForOthers) {
    lt::settings_pack settings;
    plugins::prepare_private(settings);
    settings.set_str(lt::settings_pack::listen_interfaces, "127.98.1.1:0");
    lt::session client{lt::session_params(std::move(settings))};
    auto const keys = test::keys_of(20);
    plugin_set guest(client, keys);
    std::promise<void> started;
    guest.post([&] {
        guest.overlay().start(client.listen_port());
        guest.overlay().dial(a.wallet(), a.where());
        guest.overlay().dial(c.wallet(), c.where());
        started.set_value();
    });
    started.get_future().get();
    auto const linked = [&](member& to) {
        return to.tau.overlay().links().is_linked(keys->wallet());
    };
    ASSERT_TRUE(dht.run_until([&] { return linked(a) && linked(c); }));
    auto const id = a.send_to(c, 2);
    ASSERT_TRUE(dht.run_until([&] { return !a.acknowledged.empty(); }));
    EXPECT_EQ(a.acknowledged[0].ids, std::vector{id});
    EXPECT_EQ(c.arrived.at(0).visited.at(1), keys->wallet());
}

} // namespace
} // namespace tau
