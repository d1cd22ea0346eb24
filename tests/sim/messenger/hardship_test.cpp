#include "sim/messenger/world.hpp"

#include "messenger/seal.hpp"

#include <gtest/gtest.h>

#include <map>

namespace tau::test {
namespace {

using namespace std::chrono_literals;
using messenger::friend_state;
using messenger::message_state;

bytes noise(std::size_t size, std::uint64_t seed) {
    seeded_random random(seed);
    bytes out(size);
    random.fill(out);
    return out;
}

void befriend(world& w, person& a, person& b) {
    ASSERT_FALSE(a.add(b));
    ASSERT_FALSE(b.add(a));
    ASSERT_TRUE(w.run_until([&] {
        return a.state_of(b) == friend_state::accepted && b.state_of(a) == friend_state::accepted;
    }));
}

class Hardship : public testing::TestWithParam<std::uint64_t> {};

// Two nodes are killed and started at random moments while they write to each other.
TEST_P(Hardship, LosesNothingAcceptedAndShowsNothingTwice) {
    world w(GetParam());
    person alice{w, 1, "Alice"};
    person bob{w, 2, "Bob"};
    befriend(w, alice, bob);
    w.loss_permille = 200;
    std::map<person*, std::vector<std::string>> accepted;
    int number = 0;
    for (int step = 0; step < 60; ++step) {
        for (auto* who : {&alice, &bob}) {
            auto& other = who == &alice ? bob : alice;
            if (!who->is_up())
                who->start();
            auto const text = std::to_string(++number);
            if (who->say(other.key(), text))
                accepted[who].push_back(text);
            if (w.random.below(4) == 0) {
                // Another one that is killed on its way to the disk: it may be lost or not.
                who->engine().send_text(other.key(), "unanswered", [](auto) {});
                w.run(std::chrono::milliseconds(w.random.below(4)));
                who->kill();
            }
        }
        w.run(std::chrono::milliseconds(w.random.below(8000)));
    }
    for (auto* who : {&alice, &bob})
        if (!who->is_up())
            who->start();
    w.loss_permille = 50;
    auto const all_there = [&] {
        return alice.engine().counts().undelivered == 0 && bob.engine().counts().undelivered == 0;
    };
    EXPECT_TRUE(w.run_until(all_there, 4h));
    w.run(1min);
    for (auto* who : {&alice, &bob}) {
        auto const& other = who == &alice ? bob : alice;
        std::vector<std::string> shown;
        for (auto const& message : who->inbox())
            if (message.from == other.key() && message.text != "unanswered")
                shown.push_back(message.text);
        EXPECT_EQ(shown, accepted[who == &alice ? &bob : &alice]);
    }
    auto const at_alice = alice.inbox();
    auto const at_bob = bob.inbox();
    ASSERT_EQ(at_alice.size(), at_bob.size());
    for (std::size_t i = 0; i < at_alice.size(); ++i)
        EXPECT_EQ(at_alice[i].id, at_bob[i].id); // one order on both sides
}

INSTANTIATE_TEST_SUITE_P(Seeds, Hardship, testing::Values(1, 2, 3));

TEST(Absence, HistoryIsCaughtUpThoughItemsAreLost) {
    world w(11);
    person alice{w, 1, "Alice"};
    person bob{w, 2, "Bob"};
    befriend(w, alice, bob);
    bob.kill();
    constexpr std::size_t count = 150;
    for (std::size_t i = 0; i < count; ++i) {
        ASSERT_TRUE(alice.say(bob.key(), std::to_string(i)));
        w.run(1min);
    }
    alice.kill();
    std::size_t dropped = 0;
    for (auto at = w.immutables.begin(); at != w.immutables.end();)
        at = w.random.below(12) == 0 ? (++dropped, w.immutables.erase(at)) : std::next(at);
    ASSERT_GT(dropped, 5U);
    bob.start();
    w.run(30min);
    auto const without_alice = bob.inbox().size();
    EXPECT_GE(without_alice + dropped, count); // each lost item costs itself alone
    alice.start();
    EXPECT_TRUE(w.run_until([&] { return alice.engine().counts().undelivered == 0; }, 1h));
    auto const all = bob.inbox();
    ASSERT_EQ(all.size(), count);
    for (std::size_t i = 0; i < count; ++i)
        EXPECT_EQ(all[i].text, std::to_string(i));
}

TEST(Attachments, ArriveWholeFromTheSender) {
    world w(12);
    person alice{w, 1, "Alice"};
    person bob{w, 2, "Bob"};
    befriend(w, alice, bob);
    auto const picture = noise(256 * 1024, 5);
    auto const id = alice.send(bob.key(), "../../etc/photo.jpg", picture);
    ASSERT_TRUE(id);
    ASSERT_TRUE(w.run_until([&] { return bob.message(id.value()).has_value(); }, 5s));
    auto const got = bob.attachment(id.value());
    ASSERT_TRUE(got) << got.error().message();
    EXPECT_EQ(got.value(), picture);
    EXPECT_EQ(bob.message(id.value())->file->name, "photo.jpg");
    EXPECT_EQ(bob.message(id.value())->file->fetched_bytes, picture.size());
    EXPECT_GT(bob.count<messenger::attachment_progress>(), 10U);
    EXPECT_EQ(alice.attachment(id.value()).value(), picture);
}

TEST(Attachments, ArriveFromTheDhtAndSurviveRestarts) {
    world w(13);
    w.loss_permille = 100;
    person alice{w, 1, "Alice"};
    person bob{w, 2, "Bob"};
    ASSERT_FALSE(alice.add(bob, false));
    ASSERT_FALSE(bob.add(alice, false));
    bob.kill();
    auto const picture = noise(200'000, 6);
    auto const id = alice.send(bob.key(), "a.png", picture);
    ASSERT_TRUE(id);
    w.run(20s);
    alice.kill(); // in the midst of publishing
    alice.start();
    auto const end = w.clock.now().mono + 20min;
    while (alice.state(id.value()) < message_state::published && w.clock.now().mono < end)
        w.run(1s);
    ASSERT_EQ(alice.state(id.value()), message_state::published);
    alice.kill();
    bob.start();
    for (int i = 0; i < 4; ++i) {
        w.run(6s);
        bob.kill();
        bob.start();
    }
    ASSERT_TRUE(w.run_until([&] { return bob.message(id.value()).has_value(); }, 10min));
    auto const got = bob.attachment(id.value());
    ASSERT_TRUE(got) << got.error().message();
    EXPECT_EQ(got.value(), picture);
}

TEST(Attachments, CarryLongTexts) {
    world w(14);
    person alice{w, 1, "Alice"};
    person bob{w, 2, "Bob"};
    befriend(w, alice, bob);
    std::string const text(20'000, 'x');
    auto const id = alice.say(bob.key(), text);
    ASSERT_TRUE(w.run_until([&] { return bob.count<messenger::message_arrived>() == 1; }, 1min));
    EXPECT_EQ(bob.message(id.value())->text, text);
    EXPECT_EQ(alice.message(id.value())->text, text);
}

TEST(FullDisk, RefusesToSendAndLosesNothing) {
    world w(15);
    person alice{w, 1, "Alice"};
    person bob{w, 2, "Bob"};
    befriend(w, alice, bob);
    alice.kill();
    alice.page_limit = 60;
    alice.start();
    std::vector<std::string> accepted;
    error_code refused;
    for (int i = 0; i < 400 && !refused; ++i) {
        auto const text = std::to_string(i) + std::string(500, '.');
        if (auto const id = alice.say(bob.key(), text))
            accepted.push_back(text);
        else
            refused = id.error();
    }
    EXPECT_EQ(refused, error_code(errc::disk_full));
    alice.kill();
    alice.page_limit = 0;
    alice.start();
    ASSERT_TRUE(alice.say(bob.key(), "after"));
    accepted.emplace_back("after");
    EXPECT_TRUE(w.run_until([&] { return alice.engine().counts().undelivered == 0; }, 1h));
    auto const all = bob.inbox();
    ASSERT_EQ(all.size(), accepted.size());
    for (std::size_t i = 0; i < all.size(); ++i)
        EXPECT_EQ(all[i].text, accepted[i]);
}

TEST(Backup, RestoredNodeReadsItsChannelsFirst) {
    world w(16);
    auto alice = std::make_unique<person>(w, 1, "Alice");
    person bob{w, 2, "Bob"};
    befriend(w, *alice, bob);
    ASSERT_TRUE(alice->say(bob.key(), "before"));
    w.run(10s);
    bytes blob;
    bool done = false;
    alice->engine().export_backup([&](result<bytes> data) {
        done = true;
        if (data)
            blob = std::move(data).value();
    });
    ASSERT_TRUE(w.run_until([&] { return done; }));
    ASSERT_FALSE(blob.empty());
    bob.kill();
    ASSERT_TRUE(alice->say(bob.key(), "after the backup"));
    w.run(1min);
    alice.reset();
    alice = std::make_unique<person>(w, 1, "Alice");
    auto damaged = blob;
    damaged[damaged.size() / 2] ^= 1;
    auto const import = [&](bytes data) {
        return alice->ask(
            [&](auto answer) { alice->engine().import_backup(std::move(data), answer); });
    };
    EXPECT_EQ(import(damaged), error_code(errc::invalid_checksum));
    EXPECT_EQ(import({1, 2, 3}), error_code(errc::invalid_encoding));
    EXPECT_FALSE(import(blob));
    EXPECT_EQ(import(blob), error_code(errc::already_exists));
    alice->kill();
    alice->start();
    EXPECT_EQ(alice->inbox().size(), 1U);
    ASSERT_TRUE(alice->say(bob.key(), "restored"));
    bob.start();
    // What was sent after the backup is found through our own channel's old value.
    EXPECT_TRUE(w.run_until([&] { return bob.inbox().size() == 3; }, 30min));
}

TEST(Hostile, ParcelsChangeNothing) {
    world w(17);
    person alice{w, 1, "Alice"};
    person bob{w, 2, "Bob"};
    person eve{w, 3, "Eve"};
    befriend(w, alice, bob);
    auto const id = alice.say(bob.key(), "secret");
    w.run(10s);
    auto const before = bob.inbox().size();
    std::vector<bytes> captured;
    for (auto const& [where, value] : w.immutables)
        captured.push_back(value);
    // Eve replays what nodes store, and adds noise and seals that are not for Bob.
    messenger::pair_sealer sealer(eve.keys(), w.random);
    auto const other = sealer.seal({alice.key(), w.clock.now().wall}, noise(100, 1));
    captured.push_back(other.value().item);
    for (std::size_t size = 0; size < 64; ++size)
        captured.push_back(noise(size * 16, size));
    auto broken = captured.front();
    broken[broken.size() / 2] ^= 1;
    captured.push_back(broken);
    auto const body = sealer.seal({bob.key(), w.clock.now().wall}, noise(100, 2));
    captured.push_back(body.value().item);
    for (int round = 0; round < 3; ++round) {
        bob.access().receive({eve.key(), true, eve.where, {{}, captured}});
        bob.access().receive({alice.key(), false, eve.where, {{}, captured}});
        w.run(10s);
    }
    EXPECT_EQ(bob.inbox().size(), before);
    EXPECT_FALSE(bob.state_of(eve).has_value()); // nothing of it was a message of hers
    EXPECT_GT(bob.engine().counts().refused_items, 10U);
    EXPECT_EQ(bob.count<messenger::message_arrived>(), 1U);
    EXPECT_EQ(alice.state(id.value()), message_state::delivered);
}

TEST(Hostile, StrangersCannotFillTheRequests) {
    world w(18);
    person bob{w, 2, "Bob"};
    bob.settings.max_requests = 5;
    bob.kill();
    bob.start();
    for (std::uint64_t seed = 100; seed < 120; ++seed) {
        person stranger{w, seed, "S"};
        ASSERT_FALSE(stranger.add(bob));
        for (int i = 0; i < 30; ++i)
            ASSERT_TRUE(stranger.say(bob.key(), std::to_string(i)));
        w.run(1min);
    }
    EXPECT_LE(bob.engine().counts().requests, 5U);
    for (auto const& who : bob.engine().friends())
        EXPECT_LE(bob.inbox(who.key).size(), bob.settings.max_request_messages);
}

TEST(Idle, AStrangerWhoDoesNotAcceptIsLeftAlone) {
    world w(20);
    person alice{w, 1, "Alice"};
    person bob{w, 2, "Bob"};
    ASSERT_FALSE(alice.add(bob));
    ASSERT_TRUE(alice.say(bob.key(), "Hello?"));
    w.run(1h);
    auto const before = w.datagrams;
    w.run(1h);
    EXPECT_LE(w.datagrams - before, 60U);
}

TEST(Idle, AHundredAbsentFriendsCostLittle) {
    world w(19);
    person alice{w, 1, "Alice"};
    for (std::uint64_t seed = 100; seed < 200; ++seed) {
        messenger::contact_info contact;
        contact.key = keys_of(seed)->key();
        contact.endpoints = {{boost::asio::ip::address_v4(0x0c000000U), 1}};
        ASSERT_FALSE(alice.ask([&](auto done) { alice.engine().add_friend(contact, done); }));
    }
    w.run(5min);
    auto const operations = w.recursive_operations;
    auto const datagrams = w.datagrams;
    w.run(1h);
    // A traversal is about 10 kB, a datagram 1 kB.
    auto const octets =
        (w.recursive_operations - operations) * 10'000 + (w.datagrams - datagrams) * 1000;
    EXPECT_LE(octets / 3600, 1000U) << w.recursive_operations - operations << " operations, "
                                    << w.datagrams - datagrams << " datagrams";
}

} // namespace
} // namespace tau::test
