#include "conformance/dht_access_suite.hpp"

#include "conformance/dht_access_fixture.hpp"
#include "support/signer.hpp"

namespace tau::test {

using namespace std::chrono_literals;

TEST_P(DhtAccess, ReadsWhatAnotherMemberPut) {
    EXPECT_GT(put(0, "chan", 5, "5:hello"), 0);
    auto const got = get(1, {address(0, "chan"), dht::get_mode::recursive});
    ASSERT_TRUE(got.item) << got.ended.message();
    EXPECT_EQ(as_text(got.item->item.value), "5:hello");
    EXPECT_EQ(got.item->item.seq, 5);
    EXPECT_EQ(got.item->source, dht::get_source::recursive);
    EXPECT_FALSE(got.ended);
}

TEST_P(DhtAccess, ServesItsItemsDirectly) {
    put(0, "chan", 5, "5:hello");
    auto const got = get(1, {address(0, "chan"), dht::get_mode::direct, world->where(0)});
    ASSERT_TRUE(got.item) << got.ended.message();
    EXPECT_EQ(got.item->source, dht::get_source::direct);
}

TEST_P(DhtAccess, ReadsItsOwnItemsLocally) {
    put(0, "chan", 5, "5:hello");
    auto const got = get(0, {address(0, "chan")});
    ASSERT_TRUE(got.item) << got.ended.message();
    EXPECT_EQ(got.item->source, dht::get_source::local);
}

TEST_P(DhtAccess, FindsItsOwnItemElsewhere) {
    EXPECT_GT(put(0, "chan", 5, "5:hello"), 0);
    auto const got = get(0, {address(0, "chan"), dht::get_mode::elsewhere});
    ASSERT_TRUE(got.item) << got.ended.message();
    EXPECT_EQ(got.item->source, dht::get_source::recursive);
}

TEST_P(DhtAccess, ServesTheNewestItemAtOnce) {
    put(0, "chan", 5, "3:old");
    put(0, "chan", 6, "3:new");
    auto const got = get(1, {address(0, "chan"), dht::get_mode::direct, world->where(0)});
    ASSERT_TRUE(got.item) << got.ended.message();
    EXPECT_EQ(as_text(got.item->item.value), "3:new");
}

TEST_P(DhtAccess, SaysNotFoundForWhatNobodyPut) {
    auto const got = get(1, {address(0, "nothing"), dht::get_mode::recursive});
    EXPECT_FALSE(got.item);
    EXPECT_EQ(got.ended, errc::not_found);
}

TEST_P(DhtAccess, ReportsNothingOlderThanWhatIsKnown) {
    put(0, "chan", 5, "5:hello");
    dht::get_request request{address(0, "chan"), dht::get_mode::direct, world->where(0)};
    request.known_seq = 5;
    auto const got = get(1, request);
    EXPECT_FALSE(got.item);
    EXPECT_EQ(got.ended, errc::not_found);
}

TEST_P(DhtAccess, TurnsToTheNetworkWhenTheEndpointIsDead) {
    put(0, "chan", 5, "5:hello");
    auto const got = get(1, {address(0, "chan"), dht::get_mode::automatic, world->dead_endpoint()});
    ASSERT_TRUE(got.item) << got.ended.message();
    EXPECT_EQ(got.item->source, dht::get_source::recursive);
    EXPECT_GE(got.item->elapsed, 1s);
}

TEST_P(DhtAccess, TimesOutWhenOnlyADeadEndpointMayBeAsked) {
    auto const got = get(1, {address(0, "chan"), dht::get_mode::direct, world->dead_endpoint()});
    EXPECT_FALSE(got.item);
    EXPECT_EQ(got.ended, errc::timed_out);
}

TEST_P(DhtAccess, AnswersEveryObserverOfOneAddress) {
    put(0, "chan", 5, "5:hello");
    int items = 0, ends = 0;
    for (int i = 0; i < 5; ++i)
        world->member(1).get({address(0, "chan"), dht::get_mode::recursive},
                             {[&](dht::got_item const&) { ++items; }, [&](error_code) { ++ends; }});
    EXPECT_EQ(items, 0) << "an observer ran before get() returned";
    ASSERT_TRUE(world->run_until([&] { return ends == 5; }, patience));
    EXPECT_EQ(items, 5);
}

TEST_P(DhtAccess, RefusesWhatBep44Forbids) {
    auto& author = world->member(0);
    std::string const most = "996:" + std::string(996, 'x');
    auto const salt = wire::salt::from(std::string(64, 's')).value();
    EXPECT_FALSE(author.put(salt, 1, to_bytes(most), {}));
    EXPECT_EQ(author.put(salt, 2, to_bytes("997:" + std::string(997, 'x')), {}), errc::too_large);
    EXPECT_EQ(author.put(salt, 2, to_bytes("not bencoded"), {}), errc::invalid_encoding);
    EXPECT_EQ(author.put(salt, 1, to_bytes("3:old"), {}), errc::stale);
    EXPECT_TRUE(wire::salt::from(std::string(65, 's')).has_error());
}

TEST_P(DhtAccess, CarriesValuesAtTheLimitOfBep44) {
    std::string const salt(64, 's');
    std::string const most = "996:" + std::string(996, 'x');
    EXPECT_GT(put(0, salt, 1, most), 0);
    auto const far = get(1, {address(0, salt), dht::get_mode::recursive});
    ASSERT_TRUE(far.item) << far.ended.message();
    EXPECT_EQ(as_text(far.item->item.value), most);
}

TEST_P(DhtAccess, RepublishesWhatSomebodyElseSigned) {
    auto const item = signer{'z'}.item("chan", 5, "5:hello");
    std::optional<dht::put_report> stored;
    auto const keep = [&](dht::put_report report) { stored = report; };
    ASSERT_FALSE(world->member(0).republish(item, keep));
    ASSERT_TRUE(world->run_until([&] { return stored.has_value(); }, patience));
    EXPECT_GT(stored->nodes, 0);
    auto const got = get(1, {item.address, dht::get_mode::recursive});
    ASSERT_TRUE(got.item) << got.ended.message();
    EXPECT_EQ(got.item->item, item);

    auto forged = item;
    forged.seq = 6;
    EXPECT_EQ(world->member(0).republish(forged, {}), errc::invalid_signature);
}

TEST_P(DhtAccess, StoresAndReadsImmutableItems) {
    std::optional<dht::put_report> stored;
    auto const what = world->member(0).put_immutable(
        to_bytes("9:immutable"), [&](dht::put_report report) { stored = report; });
    ASSERT_TRUE(what);
    ASSERT_TRUE(world->run_until([&] { return stored.has_value(); }, patience));
    EXPECT_GT(stored->nodes, 0);
    auto const got = get_immutable(1, what.value(), std::nullopt);
    EXPECT_EQ(as_text(got.value), "9:immutable") << got.ended.message();
}

TEST_P(DhtAccess, FindsAnImmutableItemAtItsHolder) {
    auto const what = world->member(0).serve_immutable(to_bytes("4:held"));
    ASSERT_TRUE(what);
    world->member(1).hint_endpoint(world->key_of(0), world->where(0));
    auto const got = get_immutable(1, what.value(), world->key_of(0));
    EXPECT_EQ(as_text(got.value), "4:held") << got.ended.message();
}

TEST_P(DhtAccess, ExchangesParcelsBothWays) {
    put(0, "chan", 5, "5:hello");
    put(1, "back", 9, "5:reply");
    auto const mine = get(0, {address(0, "chan")});
    auto const theirs = get(1, {address(1, "back")});
    ASSERT_TRUE(mine.item && theirs.item);
    world->member(1).offer(world->key_of(0), {{theirs.item->item}, {}});
    std::optional<dht::incoming_parcel> arrived;
    world->member(1).on_parcel([&](dht::incoming_parcel const& in) { arrived = in; });

    // The first exchange may be needed to prove ourselves; then the offer comes back.
    std::optional<dht::parcel> handed_back;
    for (int round = 0; round < 2 && (!handed_back || handed_back->empty()); ++round) {
        handed_back.reset();
        world->member(0).exchange(
            world->key_of(1), {{mine.item->item}, {}}, world->where(1),
            [&](result<dht::parcel> out) { handed_back = out ? out.value() : dht::parcel{}; });
        ASSERT_TRUE(world->run_until([&] { return handed_back.has_value(); }, patience));
    }
    ASSERT_EQ(handed_back->items.size(), 1U);
    EXPECT_EQ(handed_back->items[0], theirs.item->item);
    ASSERT_TRUE(world->run_until([&] { return arrived.has_value(); }, patience));
    EXPECT_EQ(arrived->from, world->key_of(0));
    ASSERT_EQ(arrived->parcel.items.size(), 1U);
    EXPECT_EQ(arrived->parcel.items[0], mine.item->item);
}

TEST_P(DhtAccess, GossipRidesOnAGet) {
    put(1, "chan", 1, "2:hi");
    world->member(1).offer(world->key_of(0), {{}, {}, to_bytes("6:theirs")});
    std::vector<dht::incoming_parcel> arrived;
    world->member(1).on_parcel([&](dht::incoming_parcel const& in) { arrived.push_back(in); });
    for (int round = 0; round < 2; ++round) { // who proves itself
        bool ended = false;
        world->member(0).exchange(world->key_of(1), {}, world->where(1),
                                  [&](result<dht::parcel> const&) { ended = true; });
        ASSERT_TRUE(world->run_until([&] { return ended; }, patience));
    }
    arrived.clear();
    std::optional<bytes> told;
    bool done = false;
    dht::get_request request{address(1, "chan")};
    request.ask_at = world->where(1);
    request.gossip = [] { return to_bytes("4:mine"); };
    world->member(0).get(
        std::move(request),
        {{}, [&](error_code) { done = true; }, [&](bytes const& theirs) { told = theirs; }});
    ASSERT_TRUE(world->run_until([&] { return done; }, patience));
    if (!world->carries_gossip_on_gets()) {
        EXPECT_FALSE(told) << "a layer above would not exchange";
        return;
    }
    ASSERT_TRUE(world->run_until([&] { return told && !arrived.empty(); }, patience));
    EXPECT_EQ(*told, to_bytes("6:theirs"));
    ASSERT_EQ(arrived.size(), 1U);
    EXPECT_EQ(arrived[0].from, world->key_of(0));
    EXPECT_EQ(arrived[0].parcel.gossip, to_bytes("4:mine"));
}

TEST_P(DhtAccess, GivesUpAnExchangeWithADeadEndpoint) {
    std::optional<error_code> ended;
    world->member(0).exchange(
        world->key_of(1), {}, world->dead_endpoint(),
        [&](result<dht::parcel> out) { ended = out ? error_code() : out.error(); });
    ASSERT_TRUE(world->run_until([&] { return ended.has_value(); }, patience));
    EXPECT_EQ(*ended, errc::timed_out);
}

} // namespace tau::test
