#include "overlay/topics.hpp"

#include "core/hex.hpp"

#include "support/manual_clock.hpp"
#include "support/test_keys.hpp"

#include <gtest/gtest.h>

namespace tau::overlay {
namespace {

using namespace std::chrono_literals;

struct no_connections final : connection_port {
    void send(connection_id, bytes) override {}
    void close(connection_id) override {}
};

struct Topics : testing::Test {
    test::manual_clock clock;
    seeded_random random{1};
    no_connections port;
    std::shared_ptr<identity::keyring const> ann = test::keys_of(1);
    std::shared_ptr<identity::keyring const> bob = test::keys_of(2);
    engine links{*ann, random, port, clock.now().wall};
    engine bobs_links{*bob, random, port, clock.now().wall};
    topics at_ann{*ann, links};
    topics at_bob{*bob, bobs_links};
    info_hash const topic = topic_hash("cheese");
    std::vector<std::string> heard;
    link_identity const neighbour{bob->key(), bob->wallet(), 0};

    void SetUp() override {
        at_ann.join(topic);
        at_bob.join(topic);
        at_ann.on_post([this](wire::topic_post const& post) { heard.push_back(post.text); });
    }
    bytes said_by_bob(std::string text) {
        return wire::encode(at_bob.say(topic, "Bob", std::move(text), clock.now()).value()).value();
    }
};

TEST_F(Topics, TakesEachPostOnce) {
    auto const post = said_by_bob("gouda");
    at_ann.on_message(neighbour, post, clock.now());
    at_ann.on_message(neighbour, post, clock.now());
    EXPECT_EQ(heard, std::vector<std::string>{"gouda"});
    EXPECT_EQ(at_ann.counts().copies, 1U);
}

TEST_F(Topics, RefusesForgedOldAndForeignPosts) {
    auto forged = said_by_bob("edam");
    forged.back() ^= 1;
    at_ann.on_message(neighbour, forged, clock.now());
    auto const old = said_by_bob("brie");
    clock.advance(topics::max_age + 1s);
    at_ann.on_message(neighbour, old, clock.now());
    at_ann.leave(topic);
    at_ann.on_message(neighbour, said_by_bob("feta"), clock.now());
    at_ann.on_message(neighbour, as_bytes("garbage"), clock.now());
    EXPECT_TRUE(heard.empty());
    EXPECT_EQ(at_ann.counts().refused, 4U);
}

TEST_F(Topics, AFloodIsHeldBack) {
    std::size_t said = 0;
    for (int i = 0; i < 100; ++i)
        said += at_bob.say(topic, "Bob", "spam", clock.now()).has_value() ? 1U : 0U;
    EXPECT_EQ(said, static_cast<std::size_t>(topics::author_burst));
    // One who does not keep to it is held back by those who hear it.
    for (int i = 0; i < 100; ++i) {
        wire::topic_post post;
        post.topic = topic;
        post.from = bob->key();
        post.time = clock.now().wall + std::chrono::milliseconds(i);
        post.text = "spam";
        post.sig = bob->sign(wire::signed_octets(post));
        at_ann.on_message(neighbour, wire::encode(post).value(), clock.now());
    }
    EXPECT_EQ(heard.size(), static_cast<std::size_t>(topics::author_burst));
}

TEST_F(Topics, NeedsMembershipAndText) {
    EXPECT_EQ(at_ann.say(topic_hash("other"), "", "x", clock.now()).error(), errc::not_found);
    EXPECT_EQ(at_ann.say(topic, "", "", clock.now()).error(), errc::invalid_argument);
    EXPECT_TRUE(at_ann.say(topic, "", "x", clock.now()));
    EXPECT_EQ(heard.size(), 1U);
}

TEST(TopicHash, IsSha1OfTheNameOrTheHashGiven) {
    EXPECT_EQ(to_hex(topic_hash("abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
    EXPECT_EQ(topic_hash(to_hex(topic_hash("abc"))), topic_hash("abc"));
}

} // namespace
} // namespace tau::overlay
