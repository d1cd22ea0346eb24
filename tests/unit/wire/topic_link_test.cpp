#include "wire/topic_link.hpp"

#include "core/random.hpp"
#include "wire/rendezvous.hpp"

#include <gtest/gtest.h>

namespace tau::wire {
namespace {

info_hash const topic{{1, 2, 3}};

endpoint place(char const* address, std::uint16_t port) {
    return {boost::asio::ip::make_address(address), port};
}

template <class Decode>
void expect_no_truncation(bytes const& data, Decode decode) {
    for (std::size_t size = 0; size < data.size(); ++size)
        EXPECT_FALSE(decode(byte_view(data).first(size))) << size;
}

TEST(TopicMember, RoundTripsAndRefuses) {
    for (std::uint8_t const links : {std::uint8_t{0}, std::uint8_t{255}}) {
        topic_member const one{topic, links};
        auto const data = encode(one).value();
        EXPECT_EQ(data.size(), 21U);
        EXPECT_EQ(decode_topic_member(data).value(), one);
        expect_no_truncation(data, decode_topic_member);
    }
    auto data = encode(topic_member{topic, 1}).value();
    data.push_back(0);
    EXPECT_EQ(decode_topic_member(data).error(), errc::invalid_length);
}

TEST(TopicHave, RoundTripsAndRefuses) {
    seeded_random random{1};
    topic_have all{topic, {}};
    EXPECT_EQ(encode(all).error(), errc::invalid_argument);
    for (std::size_t i = 0; i < max_post_ids; ++i)
        all.ids.push_back(random.make<post_id>());
    auto data = encode(all).value();
    EXPECT_EQ(decode_topic_have(data).value(), all);
    EXPECT_EQ(decode_topic_have(byte_view(data).first(20)).error(), errc::invalid_argument);
    EXPECT_EQ(decode_topic_have(byte_view(data).first(37)).error(), errc::invalid_length);
    data.resize(data.size() + post_id::size_bytes);
    EXPECT_EQ(decode_topic_have(data).error(), errc::too_large);
    all.ids.emplace_back();
    EXPECT_EQ(encode(all).error(), errc::too_large);
}

TEST(TopicHave, IsTruncatedOnlyBetweenIds) {
    topic_have const two{topic, {post_id{{1}}, post_id{{2}}}};
    auto const data = encode(two).value();
    for (std::size_t size = 0; size < data.size(); ++size)
        EXPECT_EQ(decode_topic_have(byte_view(data).first(size)).has_value(), size == 36) << size;
}

TEST(TopicPull, RoundTripsAndRefuses) {
    for (auto const mode :
         {push_mode::announce, push_mode::push, push_mode::need, push_mode::keep}) {
        topic_pull const one{topic, mode, {post_id{{7}}}};
        auto const data = encode(one).value();
        EXPECT_EQ(decode_topic_pull(data).value(), one);
        for (std::size_t size = 0; size < data.size(); ++size)
            EXPECT_EQ(decode_topic_pull(byte_view(data).first(size)).has_value(), size == 21);
    }
    auto data = encode(topic_pull{topic, push_mode::keep, {}}).value();
    data[20] = 4;
    EXPECT_EQ(decode_topic_pull(data).error(), errc::invalid_encoding);
    data.resize(21 + (max_post_ids + 1) * post_id::size_bytes);
    EXPECT_EQ(decode_topic_pull(data).error(), errc::too_large);
    EXPECT_EQ(encode(topic_pull{topic, push_mode::keep, std::vector<post_id>(65)}).error(),
              errc::too_large);
}

TEST(TopicParting, RoundTripsAndRefuses) {
    topic_parting const two{topic, {place("1.2.3.4", 5), place("2001:db8::1", 6)}};
    auto const data = encode(two).value();
    EXPECT_EQ(decode_topic_parting(data).value(), two);
    for (std::size_t size = 0; size < data.size(); ++size)
        EXPECT_EQ(decode_topic_parting(byte_view(data).first(size)).has_value(),
                  size == 20 || size == 27)
            << size;
    auto odd = data;
    odd[20] = 5;
    EXPECT_FALSE(decode_topic_parting(odd));
    topic_parting many{topic, std::vector(max_told_members, place("1.2.3.4", 5))};
    auto full = encode(many).value();
    EXPECT_EQ(decode_topic_parting(full).value(), many);
    full.insert(full.end(), data.begin() + 20, data.end());
    EXPECT_EQ(decode_topic_parting(full).error(), errc::too_large);
    many.members.push_back(place("1.2.3.4", 5));
    EXPECT_EQ(encode(many).error(), errc::too_large);
}

TEST(Reach, RoundTripsAndRefuses) {
    for (auto const& where : {place("0.0.0.0", 6881), place("2001:db8::1", 6)}) {
        reach const one{stated_nat::cone, where};
        auto const data = encode(one);
        EXPECT_EQ(decode_reach(data).value(), one);
        for (std::size_t size = 0; size < data.size(); ++size)
            EXPECT_EQ(decode_reach(byte_view(data).first(size)).has_value(), size == 7) << size;
    }
    auto data = encode(reach{stated_nat::none, place("1.2.3.4", 1)});
    data[0] = 4;
    EXPECT_EQ(decode_reach(data).error(), errc::invalid_encoding);
}

TEST(Rendezvous, RoundTripsAndRefuses) {
    reach const where{stated_nat::cone, place("1.2.3.4", 6881)};
    for (auto const step : {rendezvous_step::ask, rendezvous_step::come}) {
        rendezvous const one{step, wallet_address{{7}}, where};
        auto const data = encode(one);
        EXPECT_EQ(data.size(), 28U);
        EXPECT_EQ(decode_rendezvous(data).value(), one);
        expect_no_truncation(data, decode_rendezvous);
    }
    auto data = encode(rendezvous{rendezvous_step::come, {}, where});
    data[0] = 4;
    EXPECT_EQ(decode_rendezvous(data).error(), errc::invalid_encoding);
}

} // namespace
} // namespace tau::wire
