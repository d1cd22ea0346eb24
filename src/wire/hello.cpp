#include "wire/hello.hpp"

#include "wire/octets.hpp"

namespace tau::wire {
namespace {

enum class packet_kind : std::uint8_t { hello = 1, proof = 2, record = 3 };

constexpr std::string_view proof_label = "tau-link-v1";
constexpr std::size_t message_head = 5; // kind and length

result<bytes> encode_one(hello const& what) {
    if (what.binding.size() > max_hello_binding)
        return errc::too_large;
    octet_writer out(80 + what.binding.size());
    out.number(packet_kind::hello);
    out.number(link_version);
    out.number(what.capabilities);
    out.octets(what.nonce);
    out.octets(what.key);
    out.number(static_cast<std::uint16_t>(what.binding.size()));
    out.octets(what.binding);
    return out.take();
}

result<bytes> encode_one(hello_proof const& what) {
    octet_writer out(1 + signature::size_bytes);
    out.number(packet_kind::proof);
    out.octets(what.sig);
    return out.take();
}

result<bytes> encode_one(link_record const& what) {
    if (what.sealed.size() > max_record_bytes)
        return errc::too_large;
    octet_writer out(1 + what.sealed.size());
    out.number(packet_kind::record);
    out.octets(what.sealed);
    return out.take();
}

result<link_packet> decode_hello(octet_reader in) {
    if (in.number<std::uint8_t>() != link_version)
        return in.failed() ? errc::invalid_length : errc::unsupported_version;
    hello out;
    out.capabilities = in.number<std::uint32_t>();
    out.nonce = in.fixed<link_nonce>();
    out.key = in.fixed<public_key>();
    auto const size = in.number<std::uint16_t>();
    if (size > max_hello_binding)
        return errc::too_large;
    out.binding = to_bytes(in.octets(size));
    if (in.failed() || in.left() != 0)
        return errc::invalid_length;
    return link_packet{std::move(out)};
}

void append_hello(octet_writer& out, hello const& what) {
    out.number(what.capabilities);
    out.octets(what.nonce);
    out.octets(what.key);
}

} // namespace

result<bytes> encode(link_packet const& packet) {
    return std::visit([](auto const& what) { return encode_one(what); }, packet);
}

result<link_packet> decode_link_packet(byte_view body) {
    octet_reader in(body);
    auto const kind = in.number<std::uint8_t>();
    if (in.failed())
        return errc::invalid_length;
    switch (static_cast<packet_kind>(kind)) {
    case packet_kind::hello:
        return decode_hello(in);
    case packet_kind::proof: {
        hello_proof out{in.fixed<signature>()};
        if (in.failed() || in.left() != 0)
            return errc::invalid_length;
        return link_packet{out};
    }
    case packet_kind::record:
        if (in.left() > max_record_bytes)
            return errc::too_large;
        if (in.left() < record_tag_bytes)
            return errc::invalid_length;
        return link_packet{link_record{to_bytes(in.octets(in.left()))}};
    }
    return errc::invalid_encoding;
}

bytes signed_octets(proof_statement const& what) {
    octet_writer out(256);
    out.octets(as_bytes(proof_label));
    out.number(static_cast<std::uint8_t>(what.signer_began ? 'b' : 'a'));
    out.octets(what.swarm);
    append_hello(out, what.beginner);
    append_hello(out, what.accepter);
    return out.take();
}

void append_link_message(bytes& plain, link_kind kind, byte_view body) {
    auto const size = static_cast<std::uint32_t>(body.size());
    plain.push_back(static_cast<std::uint8_t>(kind));
    for (int shift = 24; shift >= 0; shift -= 8)
        plain.push_back(static_cast<std::uint8_t>(size >> shift));
    plain.insert(plain.end(), body.begin(), body.end());
}

result<std::vector<link_message>> split_record(byte_view plain) {
    std::vector<link_message> out;
    octet_reader in(plain);
    while (in.left() != 0) {
        if (in.left() < message_head)
            return errc::invalid_length;
        link_message one;
        one.kind = in.number<std::uint8_t>();
        auto const size = in.number<std::uint32_t>();
        if (size > max_link_message_bytes)
            return errc::too_large;
        one.body = in.octets(size);
        if (in.failed())
            return errc::invalid_length;
        out.push_back(one);
    }
    return out;
}

} // namespace tau::wire
