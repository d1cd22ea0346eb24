#include "messenger/seal.hpp"

#include "identity/ed25519.hpp"
#include "identity/keccak.hpp"
#include "support/test_keys.hpp"
#include "wire/bencode.hpp"
#include "wire/message_body.hpp"
#include "wire/mutable_item.hpp"

#include <gtest/gtest.h>

#include <sodium.h>

#include <array>
#include <set>

namespace tau::messenger {
namespace {

using namespace std::chrono_literals;

void append(bytes& out, byte_view more) {
    out.insert(out.end(), more.begin(), more.end());
}

bytes big_endian(std::int64_t value) {
    bytes out;
    for (int shift = 56; shift >= 0; shift -= 8)
        out.push_back(static_cast<std::uint8_t>(value >> shift));
    return out;
}

hash256 sha256_of(byte_view data) {
    hash256 out;
    crypto_hash_sha256(out.data(), data.data(), data.size());
    return out;
}

/// The signed octets as docs/wire/messages.md gives them.
bytes signed_by_the_page(public_key const& sender, public_key const& receiver, unix_ms time,
                         byte_view content) {
    auto const low = std::min(sender, receiver);
    auto const high = std::max(sender, receiver);
    bytes conversation = to_bytes("tau-conversation-v1");
    append(conversation, low.view());
    append(conversation, high.view());
    bytes out = to_bytes("tau-message-v1");
    append(out, sender.view());
    append(out, receiver.view());
    append(out, sha256_of(conversation).view());
    append(out, big_endian(time.time_since_epoch().count()));
    append(out, sha256_of(content).view());
    return out;
}

/// A seal as docs/wire/messages.md describes it, made by other code: what an attacker
/// or another implementation would send. `inner` is everything before the padding.
bytes seal_by_the_page(bytes inner, public_key const& receiver, std::size_t size = 448) {
    auto const remote = identity::sealing_key_of(receiver).value();
    std::array<std::uint8_t, 32> secret{};
    secret.fill(9);
    sealing_key ephemeral;
    crypto_scalarmult_base(ephemeral.data(), secret.data());
    std::array<std::uint8_t, 32> shared{};
    EXPECT_EQ(crypto_scalarmult(shared.data(), secret.data(), remote.data()), 0);
    bytes bound = to_bytes("tau-seal-v1");
    append(bound, ephemeral.view());
    append(bound, remote.view());
    std::array<std::uint8_t, 56> key{};
    crypto_generichash(key.data(), key.size(), bound.data(), bound.size(), shared.data(), 32);
    inner.push_back(0x80);
    inner.resize(size - 49);
    bytes sealed{1};
    append(sealed, ephemeral.view());
    sealed.resize(size);
    crypto_aead_xchacha20poly1305_ietf_encrypt(sealed.data() + 33, nullptr, inner.data(),
                                               inner.size(), sealed.data(), 1, nullptr,
                                               key.data() + 32, key.data());
    return wire::wrap_string(sealed);
}

struct PairSealer : testing::Test {
    std::shared_ptr<identity::keyring const> alice_keys = test::keys_of(1);
    std::shared_ptr<identity::keyring const> bob_keys = test::keys_of(2);
    std::shared_ptr<identity::keyring const> carol_keys = test::keys_of(3);
    seeded_random random{4};
    pair_sealer alice{*alice_keys, random};
    pair_sealer bob{*bob_keys, random};
    pair_sealer carol{*carol_keys, random};
    unix_ms const time{1'700'000'000'123ms};

    sealed_message to_bob(byte_view content) {
        return alice.seal({bob_keys->key(), time}, content).value();
    }
    bytes inner(identity::keyring const& signer, public_key const& sender,
                public_key const& receiver, byte_view content) const {
        bytes out = to_bytes(sender.view());
        append(out, big_endian(time.time_since_epoch().count()));
        append(out, signer.sign(signed_by_the_page(sender, receiver, time, content)).view());
        append(out, content);
        return out;
    }
};

TEST_F(PairSealer, ReceiverLearnsWhoWroteWhatAndWhen) {
    auto const sealed = to_bob(as_bytes("hello"));
    auto const opened = bob.open(sealed.item).value();
    EXPECT_EQ(opened.sender, alice_keys->key());
    EXPECT_EQ(opened.conversation, pair_conversation(bob_keys->key(), alice_keys->key()));
    EXPECT_EQ(opened.time, time);
    EXPECT_EQ(as_text(opened.content), "hello");
    EXPECT_EQ(opened.id, sealed.id);
    EXPECT_EQ(opened.root, sealed.root);
}

TEST_F(PairSealer, NamesAMessageByItsSealedOctets) {
    auto const sealed = to_bob(as_bytes("hello"));
    EXPECT_EQ(sealed.id, identity::keccak256(wire::unwrap_string(sealed.item).value()));
    EXPECT_EQ(sealed.root, wire::target_of_immutable(sealed.item));
}

TEST_F(PairSealer, OpensWhatTheWirePageDescribes) {
    auto const content = to_bytes("by the page");
    auto const item = seal_by_the_page(
        inner(*alice_keys, alice_keys->key(), bob_keys->key(), content), bob_keys->key());
    EXPECT_EQ(bob.open(item).value().content, content);
}

TEST_F(PairSealer, CarriesContentOfEverySizeUpToItsLimit) {
    std::set<std::size_t> sizes;
    for (std::size_t size = 0; size <= alice.max_content_bytes(); size += 1) {
        bytes const content(size, 0x80);
        auto const sealed = to_bob(content);
        sizes.insert(sealed.item.size());
        ASSERT_EQ(bob.open(sealed.item).value().content, content) << size;
    }
    EXPECT_EQ(sizes, (std::set<std::size_t>{452, 708, 1000}));
    EXPECT_EQ(alice.seal({bob_keys->key(), time}, bytes(alice.max_content_bytes() + 1)).error(),
              errc::too_large);
}

TEST_F(PairSealer, ATextOf600OctetsWithAllLinksIsOneItem) {
    wire::message_root root;
    root.links.position = 1'000'000;
    for (std::size_t i = 0; i < wire::max_previous_roots; ++i)
        root.links.previous.push_back(random.make<target>());
    root.links.skip = random.make<target>();
    root.links.seen = random.make<target>();
    root.text = std::string(wire::max_inline_text_bytes, 'x');
    EXPECT_GE(wire::max_inline_text_bytes, 600U);
    auto const sealed = alice.seal({bob_keys->key(), time}, wire::encode(root).value());
    ASSERT_TRUE(sealed) << sealed.error().message();
    EXPECT_LE(sealed.value().item.size(), wire::max_value_bytes);
}

TEST_F(PairSealer, EveryBodyFitsASeal) {
    wire::message_root file;
    file.kind = wire::content_kind::file;
    file.links.position = 1'000'000'000;
    file.links.previous.resize(wire::max_previous_roots);
    file.links.skip = random.make<target>();
    file.links.seen = random.make<target>();
    file.content = wire::content_ref{{}, 1 << 18, {}, {}};
    file.content->roots.resize(wire::max_content_roots);
    file.file_name = std::string(wire::max_file_name_bytes, 'n');
    EXPECT_LE(wire::encode(file).value().size(), alice.max_content_bytes());
    wire::message_receipt receipt;
    receipt.delivered.resize(wire::max_receipt_ids);
    receipt.read_root = random.make<target>();
    EXPECT_LE(wire::encode(receipt).value().size(), alice.max_content_bytes());
}

TEST_F(PairSealer, SealsTheSameWordsDifferentlyEachTime) {
    EXPECT_NE(to_bob(as_bytes("yes")).item, to_bob(as_bytes("yes")).item);
    EXPECT_NE(to_bob(as_bytes("yes")).id, to_bob(as_bytes("yes")).id);
}

TEST_F(PairSealer, NobodyElseOpensIt) {
    auto const sealed = to_bob(as_bytes("hello"));
    EXPECT_EQ(carol.open(sealed.item).error(), errc::not_found);
    EXPECT_EQ(alice.open(sealed.item).error(), errc::not_found);
}

TEST_F(PairSealer, HidesTheSender) {
    auto const sealed = to_bob(as_bytes("hello"));
    EXPECT_EQ(as_text(sealed.item).find(as_text(alice_keys->key().view())), std::string::npos);
    EXPECT_EQ(as_text(sealed.item).find(as_text(bob_keys->key().view())), std::string::npos);
}

TEST_F(PairSealer, ReceiverCannotPassItOnAsWrittenToAnother) {
    auto const content = to_bytes("I love you");
    auto const signed_for_bob = inner(*alice_keys, alice_keys->key(), bob_keys->key(), content);
    auto const forged = seal_by_the_page(signed_for_bob, carol_keys->key());
    EXPECT_EQ(carol.open(forged).error(), errc::invalid_signature);
}

TEST_F(PairSealer, NobodyWritesInAnothersName) {
    auto const content = to_bytes("send money");
    auto const forged = seal_by_the_page(
        inner(*carol_keys, alice_keys->key(), bob_keys->key(), content), bob_keys->key());
    EXPECT_EQ(bob.open(forged).error(), errc::invalid_signature);
}

TEST_F(PairSealer, SignatureCoversTimeAndContent) {
    auto const content = to_bytes("hello");
    auto const good = inner(*alice_keys, alice_keys->key(), bob_keys->key(), content);
    auto other_time = good;
    other_time[32 + 7] ^= 1;
    EXPECT_EQ(bob.open(seal_by_the_page(other_time, bob_keys->key())).error(),
              errc::invalid_signature);
    auto other_content = good;
    other_content.back() ^= 1;
    EXPECT_EQ(bob.open(seal_by_the_page(other_content, bob_keys->key())).error(),
              errc::invalid_signature);
}

TEST_F(PairSealer, RefusesAnInsideThatIsTooShortOrFromTheFarFuture) {
    EXPECT_EQ(bob.open(seal_by_the_page(bytes(103, 1), bob_keys->key())).error(),
              errc::invalid_encoding);
    auto late = inner(*alice_keys, alice_keys->key(), bob_keys->key(), as_bytes("x"));
    late[32] = 0xff;
    EXPECT_EQ(bob.open(seal_by_the_page(late, bob_keys->key())).error(), errc::invalid_encoding);
}

TEST_F(PairSealer, RefusesEveryTruncationAndEveryChangedOctet) {
    auto const item = to_bob(as_bytes("hello")).item;
    for (std::size_t i = 0; i < item.size(); ++i) {
        EXPECT_FALSE(bob.open(byte_view(item).first(i))) << i;
        auto changed = item;
        changed[i] ^= 0x40;
        EXPECT_FALSE(bob.open(changed)) << i;
    }
}

TEST_F(PairSealer, NamesAnotherVersion) {
    auto sealed = to_bytes(wire::unwrap_string(to_bob(as_bytes("x")).item).value());
    sealed[0] = 2;
    EXPECT_EQ(bob.open(wire::wrap_string(sealed)).error(), errc::unsupported_version);
    EXPECT_EQ(bob.open(as_bytes("0:")).error(), errc::invalid_encoding);
    EXPECT_EQ(bob.open(as_bytes("3:\x01xx")).error(), errc::invalid_encoding);
}

TEST_F(PairSealer, RefusesKeysOfSmallOrder) {
    EXPECT_EQ(alice.seal({public_key{}, time}, as_bytes("x")).error(), errc::invalid_argument);
    bytes sealed(448, 0); // the ephemeral key is the neutral element
    sealed[0] = 1;
    EXPECT_EQ(bob.open(wire::wrap_string(sealed)).error(), errc::not_found);
}

TEST_F(PairSealer, RefusesTimesBefore1970AndBeyondReason) {
    EXPECT_EQ(alice.seal({bob_keys->key(), unix_ms{-1ms}}, {}).error(), errc::invalid_argument);
    EXPECT_EQ(alice.seal({bob_keys->key(), unix_ms::max()}, {}).error(), errc::invalid_argument);
}

TEST_F(PairSealer, AConversationIsTheSameFromBothSides) {
    auto const& a = alice_keys->key();
    auto const& b = bob_keys->key();
    EXPECT_EQ(pair_conversation(a, b), pair_conversation(b, a));
    EXPECT_NE(pair_conversation(a, b), pair_conversation(a, carol_keys->key()));
}

} // namespace
} // namespace tau::messenger
