#include "channel/watch_set.hpp"

#include "channel/salts.hpp"
#include "support/manual_clock.hpp"

#include <gtest/gtest.h>

namespace tau::channel {
namespace {

using namespace std::chrono_literals;

/// Notes the gets; the test answers them. Everything else is out of use here.
class noting_access final : public dht::access {
public:
    struct asked {
        dht::get_request request;
        dht::get_observer observer;
    };
    std::vector<asked> gets;

    void get(dht::get_request request, dht::get_observer observer) override {
        gets.push_back({std::move(request), std::move(observer)});
    }
    void get_immutable(target const&, std::optional<public_key>,
                       dht::get_immutable_observer) override {}
    error_code put(wire::salt const&, std::int64_t, bytes, dht::put_observer) override {
        return {};
    }
    error_code republish(wire::mutable_item, dht::put_observer) override { return {}; }
    result<target> put_immutable(bytes, dht::put_observer) override { return target{}; }
    result<target> serve_immutable(bytes) override { return target{}; }
    void forget_immutable(target const&) override {}
    void exchange(public_key const&, dht::parcel, std::optional<endpoint>,
                  dht::exchange_observer) override {}
    void offer(public_key const&, dht::parcel) override {}
    void on_parcel(std::function<void(dht::incoming_parcel const&)>) override {}
    std::optional<endpoint> endpoint_of(public_key const&) const override { return {}; }
    void hint_endpoint(public_key const&, endpoint const&) override {}
};

struct WatchSet : testing::Test {
    test::manual_clock clock;
    seeded_random random{1};
    noting_access dht;
    std::optional<watch_set> set{std::in_place, dht, random};
    std::vector<std::int64_t> told;
    wire::item_address const where{random.make<public_key>(), gossip_salt()};

    watch_id begin() {
        return set->watch(fixed_address(where),
                          [this](auto const& item) { told.push_back(item.seq); },
                          {1s, 60s, 2.0, 0.0});
    }
    wire::mutable_item item(std::int64_t seq) const { return {where, seq, to_bytes("1:x"), {}}; }
    void answer(std::size_t get, std::optional<std::int64_t> seq) {
        auto const observer = dht.gets.at(get).observer;
        if (seq)
            observer.on_item({item(*seq), dht::get_source::direct, 1us});
        observer.on_done(seq ? error_code{} : error_code(errc::not_found));
    }
};

TEST_F(WatchSet, PollsTheDhtAndTells) {
    (void)begin();
    EXPECT_EQ(set->wake_at(), time_point{});
    set->on_time(clock.now());
    ASSERT_EQ(dht.gets.size(), 1U);
    EXPECT_EQ(dht.gets[0].request.what, where);
    EXPECT_EQ(set->wake_at(), std::nullopt);
    answer(0, 4);
    EXPECT_EQ(told, (std::vector<std::int64_t>{4}));
    EXPECT_EQ(set->wake_at(), clock.now().mono + 1s);
    clock.advance(1s);
    set->on_time(clock.now());
    EXPECT_EQ(dht.gets.at(1).request.known_seq, 4);
    answer(1, std::nullopt);
    EXPECT_EQ(told.size(), 1U);
}

TEST_F(WatchSet, TellsOfALaterSeqOfTheSameGet) {
    (void)begin();
    set->on_time(clock.now());
    auto const observer = dht.gets.at(0).observer;
    observer.on_item({item(4), dht::get_source::direct, 1us});
    observer.on_item({item(6), dht::get_source::recursive, 9us});
    observer.on_done({});
    EXPECT_EQ(told, (std::vector<std::int64_t>{4, 6}));
}

TEST_F(WatchSet, SaysNothingAfterCancel) {
    auto const id = begin();
    set->on_time(clock.now());
    set->cancel(id);
    answer(0, 4);
    EXPECT_TRUE(told.empty());
    EXPECT_EQ(set->size(), 0U);
    set->cancel(id);
    set->hurry(id, clock.now());
}

TEST_F(WatchSet, SaysNothingAfterItsEnd) {
    (void)begin();
    set->on_time(clock.now());
    set.reset();
    answer(0, 4);
    EXPECT_TRUE(told.empty());
}

TEST_F(WatchSet, AHandlerMayCancelAndBegin) {
    watch_id id{};
    id = set->watch(fixed_address(where), [&](auto const& item) {
        told.push_back(item.seq);
        set->cancel(id);
        (void)begin();
    });
    set->on_time(clock.now());
    answer(0, 4);
    EXPECT_EQ(told, (std::vector<std::int64_t>{4}));
    EXPECT_EQ(set->size(), 1U);
}

TEST_F(WatchSet, TakesItemsThatCameAnotherWay) {
    (void)begin();
    set->on_time(clock.now());
    answer(0, std::nullopt);
    set->on_item(item(8), clock.now());
    set->on_item(item(8), clock.now());
    auto elsewhere = item(9);
    elsewhere.address.salt = cidr_salt();
    set->on_item(elsewhere, clock.now());
    EXPECT_EQ(told, (std::vector<std::int64_t>{8}));
}

TEST_F(WatchSet, WakesForTheEarliestWatch) {
    auto const first = begin();
    set->on_time(clock.now());
    answer(0, std::nullopt);
    clock.advance(500ms);
    (void)begin();
    EXPECT_EQ(set->wake_at(), time_point{});
    set->on_time(clock.now());
    EXPECT_EQ(dht.gets.size(), 2U);
    answer(1, std::nullopt);
    EXPECT_EQ(set->wake_at(), clock.now().mono + 500ms);
    set->hurry(first, clock.now());
    EXPECT_EQ(set->wake_at(), clock.now().mono);
}

} // namespace
} // namespace tau::channel
