#include "forward/layers.hpp"
#include "identity/ed25519.hpp"
#include "support/test_keys.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace tau::forward {
namespace {

struct Layers : testing::Test {
    seeded_random random{5};
    std::vector<std::shared_ptr<identity::keyring const>> keys{test::keys_of(1), test::keys_of(2),
                                                               test::keys_of(3)};
    wallet_address const origin{{9}};
    wire::answer_key const answers{{8}};
    bytes const message = bytes(996, 7);

    [[nodiscard]] std::vector<layer_hop> hops() const {
        std::vector<layer_hop> out;
        for (auto const& one : keys)
            out.push_back({one->wallet(), identity::sealing_key_of(one->key()).value()});
        return out;
    }
    static bool holds(byte_view where, byte_view what) {
        return std::search(where.begin(), where.end(), what.begin(), what.end()) != where.end();
    }
};

TEST_F(Layers, EachHopLearnsTheNextAlone) {
    auto const sealed = seal_layers(hops(), origin, answers, message, random);
    ASSERT_TRUE(sealed);
    auto payload = sealed.value().payload;
    EXPECT_EQ(payload.size(), message.size() + 3 * wire::layer_bytes);
    auto id = sealed.value().id;
    for (std::size_t i = 0; i + 1 < keys.size(); ++i) {
        for (std::size_t other = 0; other < keys.size(); ++other) {
            EXPECT_FALSE(holds(payload, keys[other]->wallet().view()));
            if (other != i) {
                EXPECT_FALSE(open_layer(*keys[other], payload));
            }
        }
        EXPECT_FALSE(holds(payload, origin.view()));
        auto const opened = open_layer(*keys[i], payload);
        ASSERT_TRUE(opened);
        auto const& pass = std::get<wire::layer_pass>(opened.value());
        EXPECT_EQ(pass.next, keys[i + 1]->wallet());
        EXPECT_NE(pass.id, id);
        id = pass.id;
        payload = pass.inner;
    }
    auto const opened = open_layer(*keys.back(), payload);
    ASSERT_TRUE(opened);
    auto const& end = std::get<wire::layer_end>(opened.value());
    EXPECT_EQ(end.origin, origin);
    EXPECT_EQ(end.answers, answers);
    EXPECT_EQ(end.payload, message);
}

TEST_F(Layers, RefusesWhatWasChangedCutOrDoesNotFit) {
    auto payload = seal_layers(hops(), origin, answers, message, random).value().payload;
    for (std::size_t size = 0; size < payload.size(); size += 37)
        EXPECT_FALSE(open_layer(*keys[0], byte_view(payload).first(size)));
    payload[200] ^= 1;
    EXPECT_EQ(open_layer(*keys[0], payload).error(), errc::not_found);
    EXPECT_EQ(seal_layers({}, origin, answers, message, random).error(), errc::invalid_argument);
    EXPECT_EQ(
        seal_layers(hops(), origin, answers, bytes(wire::max_frame_payload - 200), random).error(),
        errc::too_large);
    auto bad = hops();
    bad[1].key = {}; // of small order
    EXPECT_EQ(seal_layers(bad, origin, answers, message, random).error(), errc::invalid_argument);
}

TEST_F(Layers, AnswersOpenWithTheirKeyAlone) {
    auto sealed = seal_answer(answers, message, random);
    EXPECT_EQ(open_answer(answers, sealed).value(), message);
    EXPECT_NE(seal_answer(answers, message, random), sealed);
    EXPECT_EQ(open_answer(wire::answer_key{{1}}, sealed).error(), errc::not_found);
    EXPECT_EQ(open_answer(answers, byte_view(sealed).first(30)).error(), errc::invalid_length);
    sealed[60] ^= 1;
    EXPECT_EQ(open_answer(answers, sealed).error(), errc::not_found);
}

} // namespace
} // namespace tau::forward
