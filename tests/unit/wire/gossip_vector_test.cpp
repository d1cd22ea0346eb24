#include "wire/gossip_vector.hpp"

#include "core/hex.hpp"
#include "core/random.hpp"

#include <gtest/gtest.h>

namespace tau::wire {
namespace {

using namespace std::chrono_literals;

public_key key_of(char c) {
    public_key out;
    out.octets.fill(static_cast<std::uint8_t>(c));
    out.octets[31] = static_cast<std::uint8_t>(c + 1);
    return out;
}

target hash_of(char c) {
    target out;
    out.octets.fill(static_cast<std::uint8_t>(c));
    return out;
}

constexpr std::int64_t minute = 28'333'333;
constexpr unix_ms noon{std::chrono::minutes(minute) + 7s};

gossip_entry entry(char from, char to, gossip_type type, char hash = 0, std::int64_t age = 0) {
    gossip_entry out{pk_id_of(key_of(from)), pk_id_of(key_of(to)), type, {}, 0, minute - age};
    if (has_hash(type))
        out.hash = hash_of(hash);
    return out;
}

gossip_vector example() {
    gossip_vector out;
    out.time = noon;
    out.entries = {entry('A', 'B', gossip_type::message_root, 'm'),
                   entry('A', 'B', gossip_type::bundle, 'l'),
                   entry('A', 'C', gossip_type::read_root, 'r', 3),
                   entry('D', 'B', gossip_type::demand, 'd', 200),
                   entry('D', 'C', gossip_type::writing),
                   entry('E', 'C', gossip_type::seen, 0, 40'00)};
    out.entries.push_back(entry('A', 'A', gossip_type::frequency));
    out.entries.back().value = 60;
    return out;
}

TEST(GossipVector, NamesPages) {
    auto const a = key_of('A');
    auto const own = pk_id_of(a);
    gossip_vector what;
    what.time = noon;
    what.entries = {page_entry(own, hash_of('p'), minute), page_entry(own, hash_of('q'), minute),
                    entry('A', 'B', gossip_type::bundle, 'l')};
    auto const plain = encode(what, a).value();
    // The first has a receiver, the second none.
    EXPECT_EQ(plain.size(), gossip_header_bytes + 26 + 22 + 26);
    EXPECT_EQ(to_hex(byte_view(plain).subspan(10, 5)), "8241414142");
    auto const back = decode_gossip(plain, a).value();
    EXPECT_EQ(back, what);
    EXPECT_TRUE(is_page(back.entries[0], own));
    EXPECT_TRUE(is_page(back.entries[1], own));
    EXPECT_FALSE(is_page(back.entries[2], own));
    EXPECT_FALSE(is_page(back.entries[0], pk_id_of(key_of('B'))));
    EXPECT_FALSE(is_page(entry('A', 'A', gossip_type::demand, 'p'), own));
}

TEST(GossipVector, RoundTrips) {
    auto const a = key_of('A');
    for (auto const form : {pk_id_form::last, pk_id_form::first})
        for (bool const complete : {true, false}) {
            auto what = example();
            what.form = form;
            what.own_complete = complete;
            EXPECT_EQ(decode_gossip(encode(what, a).value(), a).value(), what);
        }
    EXPECT_EQ(decode_gossip(encode(gossip_vector{}, a).value(), a).value(), gossip_vector{});
}

TEST(GossipVector, HasTheDocumentedOctets) {
    auto what = example();
    what.entries.resize(4);
    EXPECT_EQ(to_hex(encode(what, key_of('A')).value()),
              "0102"             // version, own entries complete
              "0000018bcfe53538" // time
              "8142424243"       // A (the sender) to B: message root, of this minute
              "6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d00"
              "a2" // same receiver: bundle
              "6c6c6c6c6c6c6c6c6c6c6c6c6c6c6c6c6c6c6c6c00"
              "8343434344" // A to C: read root, 3 minutes old
              "727272727272727272727272727272727272727203"
              "054444444542424243" // D to B: demand, 200 minutes old
              "646464646464646464646464646464646464646480c8");
}

TEST(GossipVector, TakesTheLastFourOctetsUnlessToldOtherwise) {
    auto const a = key_of('A');
    EXPECT_EQ(to_hex(pk_id_of(a)), "41414142");
    EXPECT_EQ(to_hex(pk_id_of(a, pk_id_form::first)), "41414141");
}

TEST(GossipVector, RefusesEveryTruncation) {
    auto const a = key_of('A');
    auto what = example();
    what.entries.resize(2); // a shorter vector would be one with fewer entries
    auto const data = encode(what, a).value();
    std::size_t whole = 0;
    for (std::size_t length = 0; length < data.size(); ++length)
        whole += decode_gossip(byte_view(data).first(length), a).has_value() ? 1 : 0;
    EXPECT_EQ(whole, 2U); // without entries, and with the first alone
}

TEST(GossipVector, PassesOverUnknownTypes) {
    auto const a = key_of('A');
    auto what = example();
    what.entries.resize(1);
    auto data = encode(what, a).value();
    data.insert(data.end(), {0x80 | 0x20 | 30, 7, 0});
    EXPECT_EQ(decode_gossip(data, a).value(), what);
}

TEST(GossipVector, RefusesWhatIsWrong) {
    auto const a = key_of('A');
    auto const head = encode(gossip_vector{}, a).value();
    auto const with = [&](bytes more) {
        auto out = head;
        out.insert(out.end(), more.begin(), more.end());
        return decode_gossip(out, a).error();
    };
    EXPECT_EQ(with({0x80 | 0x20 | 7, 0, 0}), errc::invalid_encoding); // nothing before it
    EXPECT_EQ(with({0x80 | 0x40 | 7, 1, 2, 3, 4, 0, 0}), errc::invalid_encoding);
    EXPECT_EQ(with({0x80, 1, 2, 3, 4, 0, 0}), errc::invalid_encoding); // type 0
    auto version = head;
    version[0] = 2;
    EXPECT_EQ(decode_gossip(version, a).error(), errc::unsupported_version);
    auto late = head;
    late[2] = 0xff;
    EXPECT_EQ(decode_gossip(late, a).error(), errc::invalid_encoding);
    EXPECT_EQ(decode_gossip(bytes(max_gossip_bytes + 1, 1), a).error(), errc::too_large);
}

TEST(GossipVector, EncodesOnlyWhatFitsAndMakesSense) {
    auto const a = key_of('A');
    gossip_vector what;
    what.time = noon;
    what.entries.assign(80, entry('D', 'B', gossip_type::demand, 'd'));
    EXPECT_EQ(encode(what, a).error(), errc::too_large);
    what.entries.assign(1, entry('D', 'B', gossip_type::seen, 0, -1)); // from the future
    EXPECT_EQ(encode(what, a).error(), errc::invalid_argument);
    what.entries[0].minute = minute;
    what.entries[0].type = static_cast<gossip_type>(10);
    EXPECT_EQ(encode(what, a).error(), errc::invalid_argument);
}

TEST(GossipVector, CostIsWhatAnEntryAdds) {
    auto const a = key_of('A');
    auto const own = pk_id_of(a);
    auto const all = example();
    std::size_t cost = gossip_header_bytes;
    for (std::size_t i = 0; i < all.entries.size(); ++i)
        cost += gossip_cost(all.entries[i], i > 0 ? &all.entries[i - 1] : nullptr, own, minute);
    EXPECT_EQ(cost, encode(all, a).value().size());
}

TEST(GossipVector, ManifestsRoundTripWithinTheirLimits) {
    std::vector<target> items(max_manifest_targets, hash_of('x'));
    EXPECT_EQ(decode_manifest(encode_manifest(items).value()).value(), items);
    EXPECT_LE(encode_manifest(items).value().size(), 1000U);
    items.push_back({});
    EXPECT_EQ(encode_manifest(items).error(), errc::too_large);
    EXPECT_EQ(encode_manifest({}).error(), errc::invalid_argument);
    EXPECT_FALSE(decode_manifest(as_bytes("d1:m3:abc1:vi1ee")));
    EXPECT_EQ(decode_manifest(as_bytes("d1:m0:1:vi1ee")).error(), errc::invalid_argument);
    EXPECT_EQ(decode_manifest(as_bytes("d1:vi2ee")).error(), errc::unsupported_version);
}

} // namespace
} // namespace tau::wire
