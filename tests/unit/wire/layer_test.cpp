#include "wire/layer.hpp"

#include <gtest/gtest.h>

namespace tau::wire {
namespace {

TEST(Layer, BothKindsComeBack) {
    layer const pass = layer_pass{wallet_address{{1}}, hash256{{2}}, bytes(300, 3)};
    layer const end = layer_end{wallet_address{{1}}, answer_key{{2}}, bytes(300, 3)};
    for (auto const& one : {pass, end}) {
        auto const plain = encode(one);
        ASSERT_TRUE(plain);
        EXPECT_EQ(plain.value().size(), 300 + layer_bytes - 48); // the seal has 48
        EXPECT_EQ(decode_layer(plain.value()).value(), one);
    }
}

TEST(Layer, RefusesWhatIsCutOrTooLarge) {
    auto const plain = encode(layer(layer_pass{})).value();
    for (std::size_t size = 0; size < plain.size(); ++size)
        EXPECT_EQ(decode_layer(byte_view(plain).first(size)).error(), errc::invalid_length);
    auto other = plain;
    other[0] = 3;
    EXPECT_EQ(decode_layer(other).error(), errc::invalid_encoding);
    other[0] = 1;
    other.resize(plain.size() + max_frame_payload + 1);
    EXPECT_EQ(decode_layer(other).error(), errc::too_large);
    EXPECT_EQ(encode(layer(layer_end{{}, {}, bytes(max_frame_payload + 1)})).error(),
              errc::too_large);
}

TEST(LayeredAnswer, BothKindsComeBack) {
    layered_answer const ack = layered_ack{bytes(150, 1)};
    layered_answer const failure = layered_failure{hop_outcome::crowded};
    for (auto const& one : {ack, failure})
        EXPECT_EQ(decode_layered_answer(encode(one)).value(), one);
    EXPECT_EQ(decode_layered_answer({}).error(), errc::invalid_length);
    EXPECT_EQ(decode_layered_answer(bytes{2}).error(), errc::invalid_length);
    EXPECT_EQ(decode_layered_answer(bytes{2, 1, 0}).error(), errc::invalid_length);
    EXPECT_EQ(decode_layered_answer(bytes{2, 6}).error(), errc::invalid_argument);
    EXPECT_EQ(decode_layered_answer(bytes{3}).error(), errc::invalid_encoding);
}

} // namespace
} // namespace tau::wire
