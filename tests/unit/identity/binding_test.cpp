#include "identity/binding.hpp"

#include "keys.hpp"
#include "wire/mutable_item.hpp"

#include <gtest/gtest.h>

namespace tau::identity {
namespace {

using test::some_time;

struct Binding : testing::Test {
    keyring const alice = test::keys_of(1);
    keyring const eve = test::keys_of(2);
    binding_record const bound = make_binding(alice, some_time);
    binding_record const revoked = make_revocation(alice, some_time);
};

TEST_F(Binding, SignsTheTextThatItsWirePageShows) {
    EXPECT_EQ(signed_text(bound), "tau-binding-v1|" + to_hex(alice.key()) + "|"
                                      + to_eip55(alice.wallet()) + "|1700000000123");
    EXPECT_TRUE(signed_text(revoked).starts_with("tau-revocation-v1|"));
}

TEST_F(Binding, ComesBackFromItsBytes) {
    for (auto const& record : {bound, revoked}) {
        auto const data = encode(record);
        EXPECT_LE(data.size(), 239u);
        EXPECT_LE(data.size(), wire::max_value_bytes);
        EXPECT_EQ(decode_binding(data).value(), record);
        EXPECT_FALSE(verify(record));
    }
    auto half = revoked;
    half.key_signature.reset();
    EXPECT_EQ(decode_binding(encode(half)).value(), half);
}

TEST_F(Binding, NeedsBothSignaturesUnlessItRevokes) {
    auto record = bound;
    record.wallet_sig.reset();
    EXPECT_EQ(verify(record), errc::invalid_signature);
    record = bound;
    record.key_signature.reset();
    EXPECT_EQ(verify(record), errc::invalid_signature);

    record = revoked;
    record.wallet_sig.reset();
    EXPECT_FALSE(verify(record));
    record = revoked;
    record.key_signature.reset();
    EXPECT_FALSE(verify(record));
    record.wallet_sig.reset();
    EXPECT_EQ(verify(record), errc::invalid_signature);
}

TEST_F(Binding, RefusesWhatWasNotSigned) {
    auto record = bound;
    record.wallet = eve.wallet();
    EXPECT_EQ(verify(record), errc::invalid_signature);
    record = bound;
    record.key = eve.key();
    EXPECT_EQ(verify(record), errc::invalid_signature);
    record = bound;
    record.issued += std::chrono::milliseconds(1);
    EXPECT_EQ(verify(record), errc::invalid_signature);
    record = bound;
    record.kind = binding_kind::revoked;
    EXPECT_EQ(verify(record), errc::invalid_signature);
    record = revoked; // one signature would do, but a wrong one is never overlooked
    record.wallet_sig = eve.personal_sign(as_bytes(signed_text(record)));
    EXPECT_EQ(verify(record), errc::invalid_signature);
}

TEST_F(Binding, RefusesEveryTruncationAndAnyTail) {
    for (auto const& record : {bound, revoked}) {
        auto const data = encode(record);
        for (std::size_t size = 0; size < data.size(); ++size)
            EXPECT_FALSE(decode_binding(byte_view(data).first(size))) << size;
        auto longer = data;
        longer.push_back('e');
        EXPECT_EQ(decode_binding(longer).error(), errc::invalid_encoding);
    }
    EXPECT_EQ(decode_binding(bytes(max_binding_bytes + 1, 'd')).error(), errc::too_large);
}

TEST_F(Binding, RefusesOtherVersionsTimesAndForms) {
    auto const text = std::string(as_text(encode(bound)));
    auto const with = [&text](std::string_view from, std::string_view to) {
        auto changed = text;
        changed.replace(changed.find(from), from.size(), to);
        return decode_binding(as_bytes(changed)).error();
    };
    EXPECT_EQ(with("1:vi1e", "1:vi2e"), errc::unsupported_version);
    EXPECT_EQ(with("1:vi1e", ""), errc::invalid_encoding);
    EXPECT_EQ(with("i1700000000123e", "i-1e"), errc::invalid_argument);
    EXPECT_EQ(with("i1700000000123e", "i253402300800000e"), errc::invalid_argument);
    EXPECT_EQ(with("i1700000000123e", "i01700000000123e"), errc::invalid_encoding);
    EXPECT_EQ(with("1:vi1e", "1:ri0e1:vi1e"), errc::invalid_encoding);
    EXPECT_EQ(with("1:vi1e", "1:ui1e1:vi1e"), errc::invalid_encoding); // unknown member
    EXPECT_EQ(decode_binding(as_bytes("le")).error(), errc::invalid_encoding);
    EXPECT_EQ(decode_binding(as_bytes("de")).error(), errc::invalid_encoding);
    EXPECT_EQ(decode_binding(as_bytes("d1:ii1e1:k1:a1:vi1ee")).error(), errc::invalid_length);
    EXPECT_EQ(decode_binding(as_bytes("d1:vi1ee")).error(), errc::invalid_encoding);
}

} // namespace
} // namespace tau::identity
