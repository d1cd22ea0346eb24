#include "support/engine_driver.hpp"

#include "dht/snapshot_responder.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>

namespace tau::dht {
namespace {

struct SnapshotResponder : testing::Test {
    static constexpr std::size_t items = 8;

    test::signer alice{'a'};
    test::manual_clock clock;
    snapshot_responder responder{{}, alice.identity(), {}};
    endpoint const asker = test::far_endpoint(1);
    std::array<bytes, items> queries{};

    SnapshotResponder() {
        for (std::size_t i = 0; i < items; ++i) {
            lt::entry message = encode(wire::get_query{what(i)});
            message["t"] = "aa";
            message["y"] = "q";
            message["a"]["id"] = std::string(20, 'i');
            queries.at(i) = wire::encode_bencode(message);
        }
    }

    [[nodiscard]] target what(std::size_t i) const {
        return target_of(alice.address("chan" + std::to_string(i)));
    }
    // Every item of one round has the seq of that round, in its value too.
    void serve(served_items& into, std::int64_t round) const {
        for (std::size_t i = 0; i < items; ++i) {
            served_item item;
            item.key = std::string(as_text(alice.key()));
            item.sig = std::string(64, 's');
            auto const value = "i" + std::to_string(round) + "e";
            item.value.assign(value.begin(), value.end());
            item.seq = round;
            into.serve(what(i), std::move(item));
        }
    }
    // The seq that a get is answered with; -1 if the session is to answer.
    [[nodiscard]] std::int64_t ask(std::size_t i) {
        auto const message = wire::parse_bencode(queries.at(i)).value();
        lt::entry response(lt::entry::dictionary_t);
        if (responder.on_query("get", asker, message, response, clock.now()) == reply::not_ours)
            return -1;
        auto const& r = response["r"];
        auto const seq = r.find_key("seq")->integer();
        auto const& value = r.find_key("v")->preformatted();
        EXPECT_EQ(std::string(value.begin(), value.end()), "i" + std::to_string(seq) + "e");
        return seq;
    }
};

TEST_F(SnapshotResponder, AnswersNothingBeforeTheFirstSnapshot) {
    EXPECT_EQ(ask(0), -1);
}

TEST_F(SnapshotResponder, AnswersFromTheLastSnapshot) {
    served_items served;
    serve(served, 1);
    responder.publish(served.publish());
    EXPECT_EQ(ask(3), 1);
    serve(served, 2);
    EXPECT_EQ(ask(3), 1);
    responder.publish(served.publish());
    EXPECT_EQ(ask(3), 2);
    served.forget(what(3));
    responder.publish(served.publish());
    EXPECT_EQ(ask(3), -1);
    EXPECT_EQ(ask(4), 2);
}

// One thread answers while another publishes: every answer is of one snapshot, none is
// older than one before it, and the last one is seen.
TEST_F(SnapshotResponder, AnswersWhileAnotherThreadPublishes) {
    constexpr std::int64_t rounds = 512;
    std::atomic<std::uint64_t> asked{0};
    std::thread publisher([&] {
        served_items served;
        for (std::int64_t round = 1; round <= rounds; ++round) {
            serve(served, round);
            responder.publish(served.publish());
            (void)responder.gets_served();
            // Lets the reader in between, so that both interleave on one core too.
            bool const waits = round % 16 == 0 && round < rounds;
            for (auto const seen = asked.load(); waits && asked.load() == seen;)
                std::this_thread::yield();
        }
    });
    std::int64_t newest = -1;
    for (std::size_t i = 0; newest < rounds; i = (i + 1) % items) {
        clock.advance(std::chrono::milliseconds{1});
        auto const seq = ask(i);
        EXPECT_GE(seq, newest);
        newest = std::max(newest, seq);
        asked.fetch_add(1);
    }
    publisher.join();
    EXPECT_EQ(ask(0), rounds);
}

} // namespace
} // namespace tau::dht
