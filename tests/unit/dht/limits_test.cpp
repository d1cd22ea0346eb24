#include "dht/endpoint_book.hpp"
#include "dht/external_voter.hpp"
#include "dht/pacer.hpp"
#include "support/manual_clock.hpp"
#include "support/signer.hpp"

#include <algorithm>
#include <deque>

#include <gtest/gtest.h>

namespace tau::dht {
namespace {

using namespace std::chrono_literals;

struct Pacer : testing::Test {
    config settings;
    test::manual_clock clock;
    pacer paced{settings};
    request_id next = 0;

    void submit(endpoint const& to, pace_class kind = pace_class::urgent) {
        paced.submit({++next, to, {}}, kind, clock.now().mono);
    }
    std::vector<send_query> take() {
        return paced.take(clock.now().mono, [](request_id) { return true; });
    }
    // The most that leaves in any ten seconds of the next minute.
    std::size_t most_in_ten_seconds() {
        std::deque<time_point> sent;
        std::size_t most = 0;
        for (int ms = 0; ms < 60'000; ms += 10) {
            sent.insert(sent.end(), take().size(), clock.now().mono);
            while (!sent.empty() && clock.now().mono - sent.front() >= 10s)
                sent.pop_front();
            most = std::max(most, sent.size());
            clock.advance(10ms);
        }
        return most;
    }
};

TEST_F(Pacer, StaysBelowAStockFloodBlockerInAnyTenSeconds) {
    auto const node = test::far_endpoint(1);
    for (int i = 0; i < 500; ++i)
        submit(node);
    EXPECT_LT(most_in_ten_seconds(), 50U);
    EXPECT_GT(paced.queued(), 0U);
}

TEST_F(Pacer, QueuesInOrderAndUrgentFirst) {
    auto const node = test::far_endpoint(1);
    for (int i = 0; i < 20; ++i)
        submit(node, pace_class::bulk);
    EXPECT_EQ(take().size(), 16U);
    submit(node);
    clock.advance(400ms);
    auto const sent = take();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].id, 21U);
    EXPECT_EQ(paced.queued(), 4U);
}

TEST_F(Pacer, AStatedRateIsUsedUpToOurOwnLimit) {
    auto const node = test::far_endpoint(1);
    settings.ip_burst = 1e9;
    pacer wide{settings};
    wide.set_rate(node, 4'000'000'000U);
    for (int i = 0; i < 10'000; ++i)
        wide.submit({++next, node, {}}, pace_class::urgent, clock.now().mono);
    EXPECT_EQ(wide.take(clock.now().mono, [](request_id) { return true; }).size(), 5000U);
}

TEST_F(Pacer, TwoFriendsWithStockLimitsDoNotBlockEachOther) {
    // Each query is answered, and the blocker counts queries and answers alike.
    auto const one = test::far_endpoint(1), other = test::far_endpoint(2);
    paced.set_rate(one, 0);
    paced.set_rate(other, 0);
    for (int i = 0; i < 500; ++i) {
        submit(one);
        submit(other);
    }
    EXPECT_LT(most_in_ten_seconds(), 50U);
}

TEST_F(Pacer, ManyPortsOfOneAddressShareAWiderLimit) {
    for (std::uint16_t port = 1; port <= 1000; ++port)
        submit(test::far_endpoint(1, port));
    EXPECT_EQ(take().size(), 400U);
    EXPECT_TRUE(paced.wake_at());
}

TEST_F(Pacer, ForgetsQueriesThatNobodyWaitsForWithoutUsingTheRate) {
    auto const node = test::far_endpoint(1);
    for (int i = 0; i < 100; ++i)
        submit(node);
    auto const sent = paced.take(clock.now().mono, [](request_id id) { return id > 90; });
    EXPECT_EQ(sent.size(), 10U);
    EXPECT_EQ(paced.queued(), 0U);
    EXPECT_FALSE(paced.wake_at());
}

TEST(ExternalVoter, OneNetworkCannotOutvoteTheRest) {
    external_voter votes;
    auto const us = test::far_endpoint(9, 1000);
    for (std::uint8_t n = 1; n <= 200; ++n)
        votes.vote(boost::asio::ip::address_v4({66, 6, 6, n}), test::far_endpoint(66));
    EXPECT_FALSE(votes.external());
    votes.vote(test::far_endpoint(1).address(), us);
    votes.vote(test::far_endpoint(2).address(), us);
    EXPECT_EQ(votes.external(), us);
}

TEST(ExternalVoter, TellsTheKindsOfNat) {
    external_voter cone, symmetric, open;
    for (std::uint8_t n = 1; n <= 4; ++n) {
        cone.vote(test::far_endpoint(n).address(), test::far_endpoint(9, 1000));
        open.vote(test::far_endpoint(n).address(), test::far_endpoint(9, 1000));
        symmetric.vote(test::far_endpoint(n).address(),
                       test::far_endpoint(9, static_cast<std::uint16_t>(1000 + n)));
    }
    open.set_local({test::far_endpoint(9, 1000)});
    EXPECT_EQ(cone.nat(), nat_kind::cone);
    EXPECT_EQ(open.nat(), nat_kind::none);
    EXPECT_EQ(symmetric.nat(), nat_kind::symmetric);
    EXPECT_EQ(external_voter{}.nat(), nat_kind::unknown);
    EXPECT_FALSE(can_connect(nat_kind::symmetric, wire::stated_nat::symmetric));
    EXPECT_TRUE(can_connect(nat_kind::symmetric, wire::stated_nat::cone));
    EXPECT_TRUE(can_connect(nat_kind::unknown, wire::stated_nat::symmetric));
}

TEST(ExternalVoter, KnowsWhatCannotBeUs) {
    external_voter votes;
    auto const relay = test::far_endpoint(66);
    EXPECT_TRUE(votes.may_be_us(relay.address(), relay)); // nothing is known yet
    votes.vote(relay.address(), relay);
    votes.vote(test::far_endpoint(1).address(), test::far_endpoint(9));
    EXPECT_FALSE(votes.may_be_us(relay.address(), relay)); // its own vote does not count
    EXPECT_TRUE(votes.may_be_us(relay.address(), test::far_endpoint(9, 5)));
}

struct EndpointBook : testing::Test {
    config settings;
    test::manual_clock clock;
    endpoint_book book{settings};
    public_key const bob = test::signer{'b'}.key();
};

TEST_F(EndpointBook, ProvenComesFirstAndLapses) {
    book.hint(bob, test::far_endpoint(1), endpoint_source::hint, clock.now());
    book.prove(bob, test::far_endpoint(2), clock.now());
    clock.advance(1000ms);
    book.hint(bob, test::far_endpoint(3), endpoint_source::channel, clock.now());
    auto const who = book.candidates(bob, 3, clock.now());
    ASSERT_EQ(who.size(), 3U);
    EXPECT_EQ(who[0].where, test::far_endpoint(2));
    EXPECT_TRUE(who[0].proven);
    EXPECT_FALSE(who[1].proven);
    clock.advance(600s);
    EXPECT_FALSE(book.is_proven(bob, test::far_endpoint(2), clock.now()));
    EXPECT_EQ(book.last_proven(bob), test::far_endpoint(2));
}

TEST_F(EndpointBook, IsBoundedPerKeyAndKeepsWhatIsProven) {
    book.prove(bob, test::far_endpoint(1), clock.now());
    for (std::uint8_t n = 2; n < 50; ++n)
        book.hint(bob, test::far_endpoint(n), endpoint_source::hint, clock.now());
    EXPECT_EQ(book.candidates(bob, 100, clock.now()).size(), settings.max_endpoints_per_key);
    EXPECT_TRUE(book.is_proven(bob, test::far_endpoint(1), clock.now()));
}

TEST_F(EndpointBook, IsBoundedInKeys) {
    settings.max_known_keys = 10;
    for (char c = 'a'; c <= 'z'; ++c)
        book.hint(test::signer{c}.key(), test::far_endpoint(1), endpoint_source::hint, clock.now());
    EXPECT_EQ(book.size(), 10U);
}

TEST_F(EndpointBook, TriesADeadEndpointOnceAMinute) {
    book.hint(bob, test::far_endpoint(1), endpoint_source::hint, clock.now());
    for (int i = 0; i < 8; ++i)
        book.failed(bob, test::far_endpoint(1), clock.now());
    EXPECT_TRUE(book.candidates(bob, 3, clock.now()).empty());
    clock.advance(60s);
    EXPECT_EQ(book.candidates(bob, 3, clock.now()).size(), 1U);
}

TEST_F(EndpointBook, SurvivesARestartWithoutBelievingOldProofs) {
    book.prove(bob, test::far_endpoint(1), clock.now());
    book.succeeded(bob, test::far_endpoint(1), 30ms, clock.now());
    endpoint_book restarted{settings};
    restarted.import_all(book.export_all(), clock.now());
    EXPECT_EQ(restarted.export_all().size(), 1U);
    EXPECT_FALSE(restarted.is_proven(bob, test::far_endpoint(1), clock.now()));
    EXPECT_EQ(restarted.last_proven(bob), test::far_endpoint(1));
    EXPECT_EQ(restarted.candidates(bob, 1, clock.now()).at(0).srtt, 30ms);
}

TEST_F(EndpointBook, IgnoresEndpointsThatCannotBe) {
    book.hint(bob, endpoint(test::far_endpoint(1).address(), 0), endpoint_source::hint,
              clock.now());
    book.hint(bob, endpoint(boost::asio::ip::make_address("0.0.0.0"), 1), endpoint_source::hint,
              clock.now());
    book.hint(bob, endpoint(boost::asio::ip::make_address("224.0.0.1"), 1), endpoint_source::hint,
              clock.now());
    EXPECT_TRUE(book.candidates(bob, 3, clock.now()).empty());
}

} // namespace
} // namespace tau::dht
