#include "overlay/handshake.hpp"

#include "support/test_keys.hpp"

#include <gtest/gtest.h>

namespace tau::overlay {
namespace {

constexpr unix_ms now{std::chrono::milliseconds{1'700'000'000'000}};

struct Handshake : testing::Test {
    std::shared_ptr<identity::keyring const> alice = test::keys_of(1);
    std::shared_ptr<identity::keyring const> bob = test::keys_of(2);
    std::shared_ptr<identity::keyring const> mallory = test::keys_of(3);
    own_identity as_alice{*alice, identity::encode(identity::make_binding(*alice, now))};
    own_identity as_bob{*bob, identity::encode(identity::make_binding(*bob, now))};
    identity::binding_book alices_book{};
    identity::binding_book bobs_book{};
    seeded_random random{4};
    info_hash const swarm{{7}};

    handshake begun(own_identity const& who) { return {who, link_side::began, swarm, random}; }
    handshake accepted(own_identity const& who) {
        return {who, link_side::accepted, swarm, random};
    }
};

TEST_F(Handshake, BothSidesProveAndTalk) {
    auto a = begun(as_alice);
    auto b = accepted(as_bob);
    auto const from_a = a.on_hello(b.own_hello(), alices_book, now);
    auto const from_b = b.on_hello(a.own_hello(), bobs_book, now);
    ASSERT_TRUE(from_a && from_b);
    EXPECT_FALSE(a.is_complete());
    EXPECT_FALSE(a.cipher());
    ASSERT_FALSE(a.on_proof(from_b.value()));
    ASSERT_FALSE(b.on_proof(from_a.value()));
    EXPECT_EQ(a.remote().key, bob->key());
    EXPECT_EQ(a.remote().wallet, bob->wallet());
    EXPECT_EQ(b.remote().wallet, alice->wallet());
    auto at_a = a.cipher().value();
    auto at_b = b.cipher().value();
    for (auto const* text : {"one", "two"}) {
        EXPECT_EQ(at_b.open(at_a.seal(as_bytes(text))).value(), to_bytes(text));
        EXPECT_EQ(at_a.open(at_b.seal(as_bytes(text))).value(), to_bytes(text));
    }
}

TEST_F(Handshake, ARecordThatWasChangedRepeatedOrSentBackDoesNotOpen) {
    auto a = begun(as_alice);
    auto b = accepted(as_bob);
    auto const from_a = a.on_hello(b.own_hello(), alices_book, now).value();
    auto const from_b = b.on_hello(a.own_hello(), bobs_book, now).value();
    ASSERT_FALSE(a.on_proof(from_b) || b.on_proof(from_a));
    auto at_a = a.cipher().value();
    auto at_b = b.cipher().value();
    auto const first = at_a.seal(as_bytes("first"));
    EXPECT_FALSE(at_a.open(first));
    EXPECT_TRUE(at_b.open(first));
    EXPECT_FALSE(at_b.open(first));
    EXPECT_FALSE(at_b.open({}));
    auto at_b2 = b.cipher().value();
    auto changed = first;
    changed[0] ^= 1;
    EXPECT_EQ(at_b2.open(changed).error(), errc::invalid_signature);
}

TEST_F(Handshake, AForgedHelloIsRefused) {
    auto a = begun(as_alice);
    auto forged = accepted(as_bob).own_hello();
    forged.key = mallory->key(); // with Bob's binding
    EXPECT_EQ(a.on_hello(forged, alices_book, now).error(), errc::invalid_argument);
    auto broken = accepted(as_bob).own_hello();
    broken.binding.back() ^= 1;
    EXPECT_TRUE(begun(as_alice).on_hello(broken, alices_book, now).has_error());
    auto empty = accepted(as_bob).own_hello();
    empty.binding.clear();
    EXPECT_TRUE(begun(as_alice).on_hello(empty, alices_book, now).has_error());
}

TEST_F(Handshake, UnknownCapabilitiesChangeNothingButAreProved) {
    as_bob.capabilities = 0xffff'ffff;
    auto a = begun(as_alice);
    auto b = accepted(as_bob);
    auto const from_a = a.on_hello(b.own_hello(), alices_book, now);
    auto const from_b = b.on_hello(a.own_hello(), bobs_book, now);
    ASSERT_TRUE(from_a && from_b);
    EXPECT_FALSE(a.on_proof(from_b.value()));
    EXPECT_EQ(a.remote().capabilities, 0xffff'ffffU);
    // Who sits between can take none away.
    auto other = begun(as_alice);
    auto fewer = b.own_hello();
    fewer.capabilities = wire::cap_forwards;
    ASSERT_TRUE(other.on_hello(fewer, alices_book, now));
    EXPECT_EQ(other.on_proof(from_b.value()), errc::invalid_signature);
}

TEST_F(Handshake, WhoHasOnlyTheHelloCannotProve) {
    auto a = begun(as_alice);
    auto b = accepted(as_bob);
    ASSERT_TRUE(a.on_hello(b.own_hello(), alices_book, now));
    EXPECT_EQ(a.on_proof({mallory->sign(as_bytes("whatever"))}), errc::invalid_signature);
    EXPECT_FALSE(a.is_complete());
}

TEST_F(Handshake, AProofOfAnotherConnectionIsRefused) {
    auto first = begun(as_alice);
    auto at_bob = accepted(as_bob);
    auto const proof = at_bob.on_hello(first.own_hello(), bobs_book, now).value();
    auto second = begun(as_alice);
    ASSERT_TRUE(second.on_hello(at_bob.own_hello(), alices_book, now));
    EXPECT_EQ(second.on_proof(proof), errc::invalid_signature);
}

TEST_F(Handshake, AProofForAnotherSwarmIsRefused) {
    auto a = begun(as_alice);
    handshake b(as_bob, link_side::accepted, info_hash{{8}}, random);
    auto const proof = b.on_hello(a.own_hello(), bobs_book, now).value();
    ASSERT_TRUE(a.on_hello(b.own_hello(), alices_book, now));
    EXPECT_EQ(a.on_proof(proof), errc::invalid_signature);
}

TEST_F(Handshake, OurOwnHelloSentBackIsAConnectionToOurselves) {
    auto a = begun(as_alice);
    EXPECT_EQ(a.on_hello(a.own_hello(), alices_book, now).error(), errc::already_exists);
}

TEST_F(Handshake, OrderAndRepetitionAreChecked) {
    auto a = begun(as_alice);
    auto b = accepted(as_bob);
    EXPECT_EQ(a.on_proof({}), errc::invalid_argument);
    ASSERT_TRUE(a.on_hello(b.own_hello(), alices_book, now));
    EXPECT_EQ(a.on_hello(b.own_hello(), alices_book, now).error(), errc::replayed);
}

TEST_F(Handshake, UnknownCapabilitiesAreTakenAsTheyAre) {
    as_bob.capabilities = 0xffff'0000U | wire::cap_topics;
    auto a = begun(as_alice);
    auto b = accepted(as_bob);
    auto const from_a = a.on_hello(b.own_hello(), alices_book, now).value();
    auto const from_b = b.on_hello(a.own_hello(), bobs_book, now).value();
    EXPECT_FALSE(a.on_proof(from_b));
    EXPECT_FALSE(b.on_proof(from_a));
    EXPECT_EQ(a.remote().capabilities, as_bob.capabilities);
}

TEST_F(Handshake, ARevokedBindingIsRefused) {
    ASSERT_FALSE(alices_book.offer(
        identity::make_revocation(*bob, now + std::chrono::milliseconds(1)), now));
    EXPECT_TRUE(
        begun(as_alice).on_hello(accepted(as_bob).own_hello(), alices_book, now).has_error());
}

} // namespace
} // namespace tau::overlay
