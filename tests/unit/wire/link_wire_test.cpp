#include "core/random.hpp"
#include "wire/forward.hpp"
#include "wire/hello.hpp"
#include "wire/topic_post.hpp"

#include <gtest/gtest.h>

namespace tau::wire {
namespace {

using namespace std::chrono_literals;

seeded_random& random_octets() {
    static seeded_random out{5};
    return out;
}

hello some_hello() {
    hello out;
    out.capabilities = 0x8000'0003; // an unknown bit too
    out.nonce = random_octets().make<link_nonce>();
    out.key = random_octets().make<public_key>();
    out.binding = bytes(239, 4);
    return out;
}

frame some_frame() {
    frame out;
    out.kind = frame_kind::message;
    out.hop_limit = 9;
    out.attempt = 3;
    out.id = random_octets().make<hash256>();
    out.target = random_octets().make<wallet_address>();
    out.life = 90s;
    out.path = {random_octets().make<wallet_address>(), out.target};
    out.visited = {random_octets().make<wallet_address>()};
    out.payload = bytes(77, 1);
    return out;
}

topic_post some_post() {
    topic_post out;
    out.topic = random_octets().make<info_hash>();
    out.from = random_octets().make<public_key>();
    out.time = unix_ms{1'700'000'000'123ms};
    out.name = "Ann";
    out.text = "gr\xc3\xbc\xc3\x9f dich";
    out.sig = random_octets().make<signature>();
    return out;
}

// What must be exactly as long as it says.
template <class Decode>
void expect_no_truncation(bytes const& data, Decode decode) {
    for (std::size_t size = 0; size < data.size(); ++size)
        EXPECT_FALSE(decode(byte_view(data).first(size))) << size;
}

TEST(LinkPacket, RoundTrips) {
    for (auto const& packet :
         {link_packet(some_hello()), link_packet(hello_proof{random_octets().make<signature>()}),
          link_packet(link_record{bytes(40, 3)})})
        EXPECT_EQ(decode_link_packet(encode(packet).value()).value(), packet);
}

TEST(LinkPacket, RefusesTruncationAndExcess) {
    for (auto const& packet : {link_packet(some_hello()), link_packet(hello_proof{})}) {
        auto data = encode(packet).value();
        expect_no_truncation(data, decode_link_packet);
        data.push_back(0);
        EXPECT_EQ(decode_link_packet(data).error(), errc::invalid_length);
    }
    EXPECT_EQ(decode_link_packet(bytes{3, 1, 2}).error(), errc::invalid_length);
}

TEST(LinkPacket, RefusesOtherVersionsKindsAndSizes) {
    auto data = encode(link_packet(some_hello())).value();
    data[1] = 2;
    EXPECT_EQ(decode_link_packet(data).error(), errc::unsupported_version);
    EXPECT_EQ(decode_link_packet(bytes{9}).error(), errc::invalid_encoding);
    auto big = some_hello();
    big.binding.resize(max_hello_binding + 1);
    EXPECT_EQ(encode(link_packet(big)).error(), errc::too_large);
    EXPECT_EQ(encode(link_packet(link_record{bytes(max_record_bytes + 1)})).error(),
              errc::too_large);
    bytes record(max_record_bytes + 2, 3);
    EXPECT_EQ(decode_link_packet(record).error(), errc::too_large);
}

TEST(LinkPacket, HasTheDocumentedOctets) {
    hello one;
    one.capabilities = 3;
    one.binding = {0xaa};
    auto const data = encode(link_packet(one)).value();
    ASSERT_EQ(data.size(), 2U + 4 + 32 + 32 + 2 + 1);
    EXPECT_EQ(data[0], 1);
    EXPECT_EQ(data[1], link_version);
    EXPECT_EQ(data[5], 3);
    EXPECT_EQ(data[71], 1);
    EXPECT_EQ(data[72], 0xaa);
}

TEST(LinkRecord, SplitsWhatWasAppended) {
    bytes plain;
    append_link_message(plain, link_kind::frame, bytes(10, 1));
    append_link_message(plain, link_kind::post, {});
    auto const all = split_record(plain).value();
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].body.size(), 10U);
    EXPECT_EQ(all[1].kind, 0x20);
    for (std::size_t size = 1; size < plain.size(); ++size)
        EXPECT_EQ(split_record(byte_view(plain).first(size)).has_value(), size == 15) << size;
    EXPECT_EQ(split_record(bytes{1, 0xff, 0, 0, 0}).error(), errc::too_large);
}

TEST(Frame, RoundTrips) {
    auto const one = some_frame();
    EXPECT_EQ(decode_frame(encode(one).value()).value(), one);
    auto bare = one;
    bare.path.clear();
    bare.payload.clear();
    EXPECT_EQ(decode_frame(encode(bare).value()).value(), bare);
}

TEST(Frame, RefusesTruncation) {
    auto one = some_frame();
    one.payload.clear();
    expect_no_truncation(encode(one).value(), decode_frame);
}

TEST(Frame, RefusesWhatIsAboveItsLimits) {
    auto const expect = [](auto change, errc why) {
        auto one = some_frame();
        change(one);
        EXPECT_EQ(encode(one).error(), why);
    };
    expect([](frame& f) { f.path.resize(max_frame_hops + 1); }, errc::too_large);
    expect([](frame& f) { f.visited.resize(max_frame_hops + 1); }, errc::too_large);
    expect([](frame& f) { f.payload.resize(max_frame_payload + 1); }, errc::too_large);
    expect([](frame& f) { f.life = max_frame_life + 1ms; }, errc::too_large);
    expect([](frame& f) { f.life = -1ms; }, errc::invalid_argument);
    expect([](frame& f) { f.visited.clear(); }, errc::invalid_argument);
    auto data = encode(some_frame()).value();
    data[0] = 8;
    EXPECT_EQ(decode_frame(data).error(), errc::invalid_encoding);
    data[0] = 1;
    data[1] = 17;
    EXPECT_EQ(decode_frame(data).error(), errc::too_large);
}

TEST(HopReports, RoundTripAndRefuse) {
    std::vector<hop_report> const all{{7, 3, hop_outcome::taken},
                                      {1ULL << 40, 1, hop_outcome::crowded}};
    auto data = encode(all);
    EXPECT_EQ(decode_hop_reports(data).value(), all);
    EXPECT_EQ(decode_hop_reports({}).error(), errc::invalid_length);
    EXPECT_EQ(decode_hop_reports(byte_view(data).first(20)).error(), errc::invalid_length);
    data[12] = 99;
    EXPECT_EQ(decode_hop_reports(data).error(), errc::invalid_argument);
    EXPECT_EQ(decode_hop_reports(bytes(13 * (max_hop_reports + 1))).error(), errc::too_large);
    EXPECT_EQ(decode_hop_reports(bytes(13)).error(), errc::invalid_argument); // none of them
}

TEST(EndAck, RoundTripsAndRefuses) {
    end_ack ack;
    ack.key = random_octets().make<public_key>();
    ack.sig = random_octets().make<signature>();
    for (std::size_t i = 0; i < max_ack_ids; ++i)
        ack.ids.push_back(random_octets().make<hash256>());
    auto const data = encode(ack).value();
    EXPECT_EQ(decode_end_ack(data).value(), ack);
    expect_no_truncation(data, decode_end_ack);
    ack.ids.emplace_back();
    EXPECT_EQ(encode(ack).error(), errc::too_large);
    ack.ids.clear();
    EXPECT_EQ(encode(ack).error(), errc::invalid_argument);
    EXPECT_NE(signed_octets(ack, wallet_address{}), signed_octets(ack, wallet_address{{1}}));
}

TEST(FailureNote, RoundTripsAndRefuses) {
    failure_note const note{wallet_address{{1, 2}}, hop_outcome::expired, 4};
    auto const data = encode(note);
    EXPECT_EQ(decode_failure_note(data).value(), note);
    expect_no_truncation(data, decode_failure_note);
}

TEST(Neighbours, RoundTripAndRefuse) {
    std::vector<wallet_address> list(max_told_neighbours);
    EXPECT_EQ(decode_neighbours(encode_neighbours(list)).value(), list);
    EXPECT_TRUE(decode_neighbours({}).value().empty());
    list.emplace_back();
    EXPECT_EQ(decode_neighbours(encode_neighbours(list)).error(), errc::too_large);
    EXPECT_EQ(decode_neighbours(bytes(19)).error(), errc::invalid_length);
}

TEST(TopicPost, RoundTripsAndRefuses) {
    auto const post = some_post();
    auto const data = encode(post).value();
    EXPECT_EQ(decode_topic_post(data).value(), post);
    expect_no_truncation(data, decode_topic_post);
    auto bad = post;
    bad.text = "\xff";
    EXPECT_EQ(encode(bad).error(), errc::invalid_encoding);
    bad.text.clear();
    EXPECT_EQ(encode(bad).error(), errc::invalid_argument);
    bad.text = std::string(max_post_text + 1, 'x');
    EXPECT_EQ(encode(bad).error(), errc::too_large);
    bad = post;
    bad.time = unix_ms{-1ms};
    EXPECT_EQ(encode(bad).error(), errc::invalid_argument);
}

} // namespace
} // namespace tau::wire
