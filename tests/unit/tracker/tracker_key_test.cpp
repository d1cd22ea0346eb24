// The ed25519 key that a wallet's owner may give with its requests.
#include "core/hex.hpp"
#include "identity/binding.hpp"
#include "support/test_keys.hpp"
#include "unit/tracker/tracker_fixture.hpp"
#include "wire/tracker_http.hpp"

#include <gtest/gtest.h>

namespace tau::tracker {
namespace {

using namespace std::chrono_literals;
using test::client;
using wire::wallet_action;

struct TrackerKey : testing::Test {
    test::tracker_under_test tracker;
    client asker{'a'};
    client neighbour{'b'}; // only its address is used
    std::shared_ptr<identity::keyring const> keys = tau::test::keys_of(1);

    TrackerKey() { EXPECT_EQ(tracker.say(asker, target(), wallet_action::link), refusal::none); }
    [[nodiscard]] info_hash target() const { return {keys->wallet().octets}; }
    [[nodiscard]] unix_ms now() const { return tracker.clock.now().wall; }

    /// The neighbour's signed link to the asker, with that record.
    wire::announce_request request(std::optional<identity::binding_record> const& record) {
        auto r = neighbour.request(asker.as_hash(), wallet_action::link, tracker.next_time());
        r.wallet->wallet = keys->wallet();
        if (record) {
            r.wallet->key = record->key;
            r.wallet->binding = identity::encode(*record);
        }
        sign(r);
        return r;
    }
    void sign(wire::announce_request& r) {
        r.wallet->tracker = tracker.name;
        r.wallet->sign = keys->personal_sign(as_bytes(wire::tracker_statement(r, tracker.name)));
    }
    refusal send(std::optional<identity::binding_record> const& record) {
        return tracker.send(request(record), neighbour);
    }
    /// The key that the asker is told of its neighbour.
    std::optional<public_key> told() {
        EXPECT_EQ(tracker.say(asker, target(), wallet_action::route), refusal::none);
        EXPECT_EQ(tracker.answer.route->paths.size(), 1U);
        return tracker.answer.route->paths.empty() ? std::nullopt
                                                   : tracker.answer.route->paths[0][0].key;
    }
};

TEST_F(TrackerKey, IsToldWithTheHop) {
    EXPECT_EQ(send(std::nullopt), refusal::none);
    EXPECT_EQ(told(), std::nullopt);
    EXPECT_EQ(send(identity::make_binding(*keys, now())), refusal::none);
    EXPECT_EQ(told(), keys->key());
    EXPECT_EQ(send(std::nullopt), refusal::none);
    EXPECT_EQ(told(), keys->key()) << "it need not be given each time";
    std::string bencoded, json;
    wire::write_bencoded(tracker.answer, true, bencoded);
    wire::write_json(tracker.answer, json);
    EXPECT_NE(bencoded.find("3:key32:" + std::string(as_text(keys->key()))), std::string::npos);
    EXPECT_NE(json.find("\"key\":\"" + to_hex(keys->key()) + '"'), std::string::npos);
}

TEST_F(TrackerKey, IsRefusedWithoutItsProof) {
    auto const good = identity::make_binding(*keys, now());
    auto const others = identity::make_binding(*tau::test::keys_of(2), now());
    EXPECT_EQ(send(others), refusal::key) << "of another wallet";
    auto forged = good;
    forged.key = others.key;
    EXPECT_EQ(send(forged), refusal::key);
    forged = good;
    forged.key_signature.reset();
    EXPECT_EQ(send(forged), refusal::key);
    EXPECT_EQ(send(identity::make_binding(*keys, now() + 3h)), refusal::key) << "from the future";
    auto r = request(good);
    r.wallet->binding.pop_back();
    EXPECT_EQ(tracker.send(r, neighbour), refusal::key);
    r = request(good);
    r.wallet->key.reset();
    EXPECT_EQ(tracker.send(r, neighbour), refusal::signature) << "the key is signed for";
    EXPECT_FALSE(tracker.store.is_online(keys->wallet()));
}

TEST_F(TrackerKey, EndsWithItsRevocation) {
    EXPECT_EQ(send(identity::make_binding(*keys, now())), refusal::none);
    EXPECT_EQ(send(identity::make_revocation(*keys, now() + 1ms)), refusal::none);
    EXPECT_EQ(told(), std::nullopt);
    EXPECT_EQ(send(identity::make_binding(*keys, now())), refusal::none);
    EXPECT_EQ(told(), std::nullopt) << "an older binding does not bring it back";
    EXPECT_EQ(send(identity::make_binding(*keys, now() + 2ms)), refusal::none);
    EXPECT_EQ(told(), keys->key());
}

TEST_F(TrackerKey, IsReadFromAQuery) {
    auto const record = identity::make_binding(*keys, now());
    auto r = request(record);
    auto const query = [&](std::string const& key, std::string const& binding) {
        return "info_hash=" + to_hex(r.hash) + "&peer_id=" + to_hex(r.id)
               + "&port=1&wallet=" + to_hex(keys->wallet())
               + "&time=1&sign=" + to_hex(r.wallet->sign) + "&key=" + key + "&binding=" + binding;
    };
    auto const hex = to_hex(identity::encode(record));
    auto const read = wire::parse_announce_query(query(to_hex(keys->key()), hex));
    ASSERT_TRUE(read && read.value().wallet);
    EXPECT_EQ(read.value().wallet->key, keys->key());
    EXPECT_EQ(read.value().wallet->binding, identity::encode(record));
    std::string escaped;
    for (std::size_t i = 0; i < hex.size(); i += 2)
        escaped += '%' + hex.substr(i, 2);
    EXPECT_EQ(
        wire::parse_announce_query(query(to_hex(keys->key()), escaped)).value().wallet->binding,
        identity::encode(record));
    auto const bep7 = wire::parse_announce_query(query("1A2B3C4D", hex));
    ASSERT_TRUE(bep7 && bep7.value().wallet);
    EXPECT_FALSE(bep7.value().wallet->key);
    EXPECT_FALSE(wire::parse_announce_query(query(to_hex(keys->key()), "")).value().wallet->key)
        << "without a binding";
    EXPECT_FALSE(wire::parse_announce_query(query(to_hex(keys->key()), std::string(2000, 'a'))));
    EXPECT_FALSE(wire::parse_announce_query(query(to_hex(keys->key()), "%zz")));
}

TEST_F(TrackerKey, ReachesOtherFrontEnds) {
    wallet_registry other;
    auto const r = request(identity::make_binding(*keys, now()));
    EXPECT_EQ(tracker.send(r, neighbour), refusal::none);
    auto const change = tracker.store.read_wallets(
        [&](wallet_registry const& wallets) { return wallets.replica_of(r); });
    ASSERT_TRUE(change && change->key);
    EXPECT_FALSE(other.merge(*change, 0, tracker.clock.now()));
    EXPECT_TRUE(other.knows_binding(r));
    auto const field = wire::replica::device_field(*change);
    auto const value = wire::replica::device_value(*change, 1);
    EXPECT_EQ(wire::replica::read_device_state(as_bytes(field), as_bytes(value)).value().change.key,
              change->key);
    for (std::size_t size = 0; size < value.size(); ++size)
        EXPECT_FALSE(
            wire::replica::read_device_state(as_bytes(field), as_bytes(value).first(size)));
}

} // namespace
} // namespace tau::tracker
