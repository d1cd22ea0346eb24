#include "support/signer.hpp"
#include "wire/endpoint_value.hpp"
#include "wire/exchange.hpp"
#include "wire/krpc.hpp"
#include "wire/links_value.hpp"

#include <gtest/gtest.h>

namespace tau::wire {
namespace {

test::signer const alice{'a'};
test::signer const bob{'b'};

get_reply full_reply() {
    auto const item = alice.item("chan", 7, "5:hello");
    get_reply out;
    out.id.octets.fill('i');
    out.token = to_bytes(std::string_view("tokn"));
    out.nodes = {{out.id, test::far_endpoint(1)},
                 {out.id, parse_endpoint("[2001:db8::1]:80").value()}};
    out.value = item.value;
    out.key = item.address.key;
    out.sig = item.sig;
    out.seq = item.seq;
    out.seen = test::far_endpoint(9);
    return out;
}

exchange_query full_query() {
    exchange_query out{alice.key(), {}};
    out.fresh.octets.fill('n');
    out.proof = exchange_proof{{}, alice.sign({})};
    out.accepted_rate = 1000;
    out.capabilities = 3;
    out.cursor = 2;
    out.load = {{alice.item("x", 1, "1:a"), bob.item("", 2, "d1:ai1ee")},
                {to_bytes(std::string_view("2:im"))}};
    return out;
}

bytes whole(lt::entry query) {
    query["t"] = "aa";
    query["y"] = "q";
    query["a"]["id"] = std::string(20, 'i');
    return encode_bencode(query);
}

// Every shorter message must be refused by the parser or the decoder.
template <class Decode>
void refuses_every_truncation(bytes const& message, Decode decode) {
    for (std::size_t n = 0; n < message.size(); ++n) {
        auto const node = parse_bencode(byte_view(message).first(n));
        EXPECT_TRUE(!node || !decode(node.value())) << n;
    }
}

TEST(GetQuery, RoundTrips) {
    get_rider const rider{public_key{{9}}, to_bytes("5:boxed")};
    for (auto const& query :
         {get_query{target{}, {}}, get_query{target{}, 5}, get_query{target{}, 5, rider}}) {
        auto const raw = whole(encode(query));
        EXPECT_EQ(decode_get_query(parse_bencode(raw).value()).value(), query);
        refuses_every_truncation(raw, decode_get_query);
    }
}

TEST(GetQuery, PassesOverARiderThatDoesNotFit) {
    auto const decode = [](lt::entry const& query) {
        return decode_get_query(parse_bencode(whole(query)).value()).value().rider;
    };
    auto const large = std::to_string(max_get_gossip) + ":" + std::string(max_get_gossip, 'x');
    EXPECT_FALSE(decode(encode(get_query{{}, {}, get_rider{{}, to_bytes(large)}})));
    auto query = encode(get_query{{}, {}, get_rider{{}, to_bytes("2:ok")}});
    EXPECT_TRUE(decode(query));
    query["a"]["tk"] = std::string(31, 'k');
    EXPECT_FALSE(decode(query));
    query["a"]["tk"] = std::string(32, 'k');
    query["a"]["tg"] = 5;
    EXPECT_FALSE(decode(query));
}

TEST(GetReply, RoundTrips) {
    auto reply = full_reply();
    reply.gossip = to_bytes("5:boxed");
    auto const raw = test::answer_with(encode(reply), reply.seen);
    EXPECT_EQ(decode_get_reply(parse_bencode(raw).value()).value(), reply);
    refuses_every_truncation(raw, decode_get_reply);
    EXPECT_FALSE(verify(item_of(reply, alice.address("chan")).value()));
}

TEST(GetReply, RefusesWhatIsTooLargeOrAnError) {
    auto const decode = [](get_reply const& reply) {
        auto const raw = test::answer_with(encode(reply));
        return decode_get_reply(parse_bencode(raw).value()).error();
    };
    auto large = full_reply();
    large.value = to_bytes("997:" + std::string(997, 'x'));
    EXPECT_EQ(decode(large), errc::too_large);
    large = full_reply();
    large.token.resize(max_token_bytes + 1);
    EXPECT_EQ(decode(large), errc::too_large);
    auto const error = to_bytes(std::string_view("d1:eli203e4:oopse1:t2:aa1:y1:ee"));
    EXPECT_EQ(decode_get_reply(parse_bencode(error).value()).error(), errc::refused);
}

TEST(GetReply, TakesABoundedNumberOfNodes) {
    auto reply = full_reply();
    reply.nodes.assign(40, {{}, test::far_endpoint(1)});
    auto const raw = test::answer_with(encode(reply));
    EXPECT_EQ(decode_get_reply(parse_bencode(raw).value()).value().nodes.size(), max_reply_nodes);
}

TEST(GetReply, AnItemNeedsItsKeySeqAndSignature) {
    auto const address = alice.address("chan");
    auto reply = full_reply();
    reply.sig.reset();
    EXPECT_EQ(item_of(reply, address).error(), errc::invalid_signature);
    reply = full_reply();
    reply.key = bob.key();
    EXPECT_EQ(item_of(reply, address).error(), errc::invalid_signature);
    reply = full_reply();
    reply.value.reset();
    EXPECT_EQ(item_of(reply, address).error(), errc::not_found);
}

TEST(ExchangeQuery, RoundTrips) {
    auto const query = full_query();
    auto const raw = whole(encode(query));
    EXPECT_EQ(decode_exchange_query(parse_bencode(raw).value()).value(), query);
    refuses_every_truncation(raw, decode_exchange_query);
    exchange_query const least{alice.key(), {}};
    EXPECT_EQ(decode_exchange_query(parse_bencode(whole(encode(least))).value()).value(), least);
}

TEST(ExchangeReply, RoundTrips) {
    exchange_reply reply{bob.key(), {}, parse_endpoint("[2001:db8::1]:80").value()};
    reply.proof = bob.sign({});
    reply.next = 3;
    reply.load.items = {bob.item("x", 1, "1:a")};
    auto const raw = test::answer_with(encode(reply));
    EXPECT_EQ(decode_exchange_reply(parse_bencode(raw).value()).value(), reply);
    refuses_every_truncation(raw, decode_exchange_reply);
}

TEST(ExchangeQuery, RefusesWhatIsAboveItsLimits) {
    auto query = full_query();
    query.load.immutables.assign(max_exchange_items + 1, to_bytes(std::string_view("0:")));
    EXPECT_EQ(decode_exchange_query(parse_bencode(whole(encode(query))).value()).error(),
              errc::too_large);
    query = full_query();
    query.load.immutables.assign(2, to_bytes("900:" + std::string(900, 'x')));
    EXPECT_EQ(decode_exchange_query(parse_bencode(whole(encode(query))).value()).error(),
              errc::too_large);
    auto entry = encode(full_query());
    entry["a"]["r"] = std::int64_t{1} << 40;
    EXPECT_EQ(decode_exchange_query(parse_bencode(whole(entry)).value()).error(),
              errc::invalid_argument);
}

TEST(ExchangeQuery, CostIsWhatTheEncodingTakes) {
    auto query = full_query();
    auto const size = [&] { return encode_bencode(encode(query)).size(); };
    auto const before = size();
    auto const item = bob.item("some salt", 1234567, "5:hello");
    query.load.items.push_back(item);
    EXPECT_EQ(size() - before, exchange_cost(item, alice.key()));
    query.load = {};
    EXPECT_LE(whole(encode(query)).size(), exchange_overhead(true));
}

TEST(ExchangeProof, BindsRoleNoncesKeysAndPlace) {
    exchange_binding const binding{{}, {}, alice.key(), bob.key(), test::far_endpoint(1)};
    auto const octets = proof_octets(exchange_role::asker, binding);
    auto const sig = alice.sign(octets);
    EXPECT_TRUE(is_signed_by(alice.key(), octets, sig));
    EXPECT_FALSE(is_signed_by(bob.key(), octets, sig));
    EXPECT_NE(octets, proof_octets(exchange_role::answerer, binding));
    for (auto const& change : {+[](exchange_binding& b) { b.query_nonce.octets[0] = 1; },
                               +[](exchange_binding& b) { b.challenge.octets[0] = 1; },
                               +[](exchange_binding& b) { b.asker = b.answerer; },
                               +[](exchange_binding& b) { b.answerer = b.asker; },
                               +[](exchange_binding& b) { b.asker_seen_at.port(1); }}) {
        auto other = binding;
        change(other);
        EXPECT_FALSE(is_signed_by(alice.key(), proof_octets(exchange_role::asker, other), sig));
    }
}

TEST(EndpointValue, RoundTripsAndRefuses) {
    endpoint_value value;
    value.endpoints = {test::far_endpoint(1), parse_endpoint("[2001:db8::1]:80").value()};
    value.time = unix_ms{std::chrono::milliseconds{1'700'000'000'123}};
    value.nat = stated_nat::cone;
    auto const raw = encode(value);
    EXPECT_EQ(decode_endpoint_value(raw).value(), value);
    for (std::size_t n = 0; n < raw.size(); ++n)
        EXPECT_TRUE(decode_endpoint_value(byte_view(raw).first(n)).has_error()) << n;
    for (std::string_view bad : {"le", "d1:elee", "d1:el5:12345e1:ti0ee", "d1:ele1:ti-1ee",
                                 "d1:el6:\x01\x02\x03\x04"
                                 "11e"})
        EXPECT_TRUE(decode_endpoint_value(as_bytes(bad)).has_error()) << bad;
    value.endpoints.assign(9, test::far_endpoint(1));
    EXPECT_EQ(decode_endpoint_value(encode(value)).value().endpoints.size(), max_cidr_endpoints);
}

TEST(LinksValue, RoundTripsAndRefuses) {
    links_value value;
    value.links = {wallet_address{{1}}, wallet_address{{2}}};
    value.time = unix_ms{std::chrono::milliseconds{1'700'000'000'123}};
    auto const raw = encode(value);
    EXPECT_EQ(decode_links_value(raw).value(), value);
    for (std::size_t n = 0; n < raw.size(); ++n)
        EXPECT_TRUE(decode_links_value(byte_view(raw).first(n)).has_error()) << n;
    for (std::string_view bad :
         {"le", "d1:l0:e", "d1:l0:1:ti-1ee", "d1:l3:abc1:ti0ee", "d1:lle1:ti0ee"})
        EXPECT_TRUE(decode_links_value(as_bytes(bad)).has_error()) << bad;
    auto const many = "d1:l820:" + std::string(820, 'a') + "1:ti0ee";
    EXPECT_EQ(decode_links_value(as_bytes(many)).error(), errc::too_large);
    value.links.assign(max_links_value + 1, wallet_address{});
    EXPECT_EQ(decode_links_value(encode(value)).value().links.size(), max_links_value);
    EXPECT_LE(encode(value).size(), 950U) << "a box takes it";
}

TEST(BencodeNode, HasLimits) {
    EXPECT_TRUE(parse_bencode(as_bytes("i1e")));
    EXPECT_TRUE(parse_bencode(as_bytes("i1ei2e")).has_error());
    EXPECT_TRUE(parse_bencode({}).has_error());
    EXPECT_TRUE(parse_bencode(as_bytes("l" + std::string(1200, '0') + "e")).has_error());
    std::string many = "l";
    for (int i = 0; i < max_bencode_tokens; ++i)
        many += "0:";
    EXPECT_TRUE(parse_bencode(as_bytes(many + "e")).has_error());
    EXPECT_TRUE(parse_bencode(as_bytes(std::string(100, 'l') + std::string(100, 'e'))).has_error());
}

} // namespace
} // namespace tau::wire
