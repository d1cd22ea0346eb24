#include "identity/kdf.hpp"

#include "core/hex.hpp"

#include <gtest/gtest.h>

namespace tau::identity {
namespace {

bytes count(std::uint8_t first, std::size_t size) {
    bytes out(size);
    for (std::size_t i = 0; i < size; ++i)
        out[i] = static_cast<std::uint8_t>(first + i);
    return out;
}

std::string hkdf(bytes const& key, bytes const& salt, bytes const& info, std::size_t size) {
    return to_hex(hkdf_sha256(key, salt, info, size).value().view());
}

TEST(Hkdf, GivesTheVectorsOfRfc5869) {
    EXPECT_EQ(hkdf(bytes(22, 0x0b), count(0x00, 13), count(0xf0, 10), 42),
              "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
              "34007208d5b887185865");
    EXPECT_EQ(hkdf(count(0x00, 80), count(0x60, 80), count(0xb0, 80), 82),
              "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
              "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
              "cc30c58179ec3e87c14c01d5c1f3434f1d87");
    EXPECT_EQ(hkdf(bytes(22, 0x0b), {}, {}, 42),
              "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
              "9d201395faa4b61a96c8");
}

TEST(Hkdf, RefusesNoKeyNoOutputAndTooMuchOutput) {
    bytes const key(32, 1);
    EXPECT_EQ(hkdf_sha256({}, {}, {}, 32).error(), errc::invalid_argument);
    EXPECT_EQ(hkdf_sha256(key, {}, {}, 0).error(), errc::invalid_argument);
    EXPECT_EQ(hkdf_sha256(key, {}, {}, max_hkdf_bytes + 1).error(), errc::invalid_argument);
    EXPECT_TRUE(hkdf_sha256(key, {}, {}, max_hkdf_bytes));
}

TEST(Hkdf, LabelsSeparateKeys) {
    bytes const key(32, 1);
    EXPECT_FALSE(derive_key(key, "a").value() == derive_key(key, "b").value());
}

} // namespace
} // namespace tau::identity
