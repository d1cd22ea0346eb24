#include "identity/binding_book.hpp"

#include "keys.hpp"

#include <gtest/gtest.h>

namespace tau::identity {
namespace {

using namespace std::chrono_literals;

struct BindingBook : testing::Test {
    keyring const alice = test::keys_of(1);
    unix_ms const t = test::some_time;
    unix_ms const now = t + 1h;
    binding_book book;

    keyring with_wallet(char digit) const {
        auto secret = test::secret_of(1);
        secret.imported_wallet = parse_wallet_secret(std::string(64, digit)).value();
        return keyring::from(secret).value();
    }
    // A revocation that only the wallet signed.
    static binding_record wallet_only(keyring const& keys, unix_ms issued) {
        auto record = make_revocation(keys, issued);
        record.key_signature.reset();
        return record;
    }
};

TEST_F(BindingBook, BelievesOnlyVerifiedRecords) {
    EXPECT_FALSE(book.wallet_of(alice.key()));
    auto forged = make_binding(alice, t);
    forged.wallet = test::keys_of(2).wallet();
    EXPECT_EQ(book.offer(forged, now), errc::invalid_signature);
    EXPECT_EQ(book.size(), 0u);
    EXPECT_FALSE(book.offer(make_binding(alice, t), now));
    EXPECT_EQ(book.wallet_of(alice.key()), alice.wallet());
    EXPECT_EQ(book.record_of(alice.key()), make_binding(alice, t));
}

TEST_F(BindingBook, NewestWinsInWhateverOrderTheyCome) {
    auto const other = with_wallet('1');
    EXPECT_FALSE(book.offer(make_binding(other, t + 1s), now));
    EXPECT_EQ(book.offer(make_binding(alice, t), now), errc::stale);
    EXPECT_EQ(book.wallet_of(alice.key()), other.wallet());
    EXPECT_FALSE(book.offer(make_binding(other, t + 1s), now)); // the same again is no error
    EXPECT_FALSE(book.offer(make_binding(alice, t + 2s), now));
    EXPECT_EQ(book.wallet_of(alice.key()), alice.wallet());
    EXPECT_EQ(book.offer(make_binding(other, t + 2s), now), errc::stale); // a tie keeps the first
}

TEST_F(BindingBook, RevocationHoldsAgainstOlderBindingsOnly) {
    EXPECT_FALSE(book.offer(make_revocation(alice, t), now));
    EXPECT_EQ(book.offer(make_binding(alice, t - 1s), now), errc::stale);
    EXPECT_EQ(book.offer(make_binding(alice, t), now), errc::stale);
    EXPECT_FALSE(book.wallet_of(alice.key()));
    EXPECT_FALSE(book.offer(make_binding(alice, t + 1s), now));
    EXPECT_EQ(book.wallet_of(alice.key()), alice.wallet());
    EXPECT_FALSE(book.offer(make_revocation(alice, t + 1s), now)); // wins the tie
    EXPECT_FALSE(book.wallet_of(alice.key()));
}

TEST_F(BindingBook, WalletAlonePartsItsOwnPairOnly) {
    EXPECT_FALSE(book.offer(make_binding(alice, t), now));
    EXPECT_FALSE(book.offer(wallet_only(alice, t + 1s), now));
    EXPECT_FALSE(book.wallet_of(alice.key()));
    // Somebody else's wallet can neither part the pair nor displace the parting.
    auto const stranger = with_wallet('7');
    EXPECT_EQ(book.offer(wallet_only(stranger, t + 5s), now), errc::stale);
    EXPECT_FALSE(book.wallet_of(alice.key()));
    EXPECT_EQ(book.offer(wallet_only(alice, t), now), errc::stale);
    EXPECT_FALSE(book.offer(make_binding(alice, t + 2s), now));
    EXPECT_EQ(book.wallet_of(alice.key()), alice.wallet());
    EXPECT_EQ(book.offer(wallet_only(stranger, t + 5s), now), errc::stale);
    EXPECT_EQ(book.wallet_of(alice.key()), alice.wallet());
}

TEST_F(BindingBook, WalletRevocationMayComeBeforeTheBinding) {
    EXPECT_FALSE(book.offer(wallet_only(alice, t + 1s), now));
    EXPECT_FALSE(book.offer(make_binding(alice, t), now));
    EXPECT_FALSE(book.wallet_of(alice.key()));
}

TEST_F(BindingBook, RefusesRecordsFromTheFuture) {
    EXPECT_FALSE(book.offer(make_binding(alice, now + binding_book::max_ahead), now));
    EXPECT_EQ(book.offer(make_binding(alice, now + binding_book::max_ahead + 1ms), now),
              errc::invalid_argument);
}

TEST_F(BindingBook, ListsTheKeysOfAWalletNewestFirst) {
    auto shared = test::secret_of(2);
    shared.imported_wallet = parse_wallet_secret(std::string(64, '1')).value();
    auto const b = keyring::from(shared).value();
    auto const a = with_wallet('1');
    EXPECT_FALSE(book.offer(make_binding(a, t), now));
    EXPECT_FALSE(book.offer(make_binding(b, t + 1s), now));
    EXPECT_FALSE(book.offer(make_binding(test::keys_of(3), t), now));
    EXPECT_EQ(book.keys_of(a.wallet()), (std::vector{b.key(), a.key()}));
    EXPECT_FALSE(book.offer(make_revocation(b, t + 2s), now));
    EXPECT_EQ(book.keys_of(a.wallet()), std::vector{a.key()});
}

TEST_F(BindingBook, ForgetsTheLeastRecentKeyButNoPinnedOne) {
    binding_book small(3);
    small.pin(alice.key());
    EXPECT_FALSE(small.offer(make_revocation(alice, t), now));
    for (std::uint8_t i = 10; i < 30; ++i)
        EXPECT_FALSE(small.offer(make_binding(test::keys_of(i), t), now));
    EXPECT_EQ(small.size(), 3u);
    EXPECT_TRUE(small.wallet_of(test::keys_of(29).key()));
    EXPECT_TRUE(small.wallet_of(test::keys_of(28).key()));
    EXPECT_FALSE(small.wallet_of(test::keys_of(27).key()));
    EXPECT_EQ(small.offer(make_binding(alice, t - 1s), now), errc::stale); // still remembered
    small.unpin(alice.key());
    for (std::uint8_t i = 10; i < 14; ++i)
        EXPECT_FALSE(small.offer(make_binding(test::keys_of(i), t), now));
    EXPECT_FALSE(small.record_of(alice.key()));
}

} // namespace
} // namespace tau::identity
