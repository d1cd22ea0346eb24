#pragma once

#include "dht/config.hpp"
#include "wire/exchange.hpp"
#include "wire/krpc.hpp"

#include <sodium.h>

#include <array>
#include <string_view>

namespace tau::test {

/// An ed25519 key made from one letter: the same on every run.
class signer {
public:
    explicit signer(char seed) {
        std::array<unsigned char, crypto_sign_SEEDBYTES> octets{};
        octets.fill(static_cast<unsigned char>(seed));
        crypto_sign_seed_keypair(m_key.data(), m_secret.data(), octets.data());
    }

    [[nodiscard]] public_key const& key() const { return m_key; }

    [[nodiscard]] signature sign(byte_view data) const {
        signature out;
        crypto_sign_detached(out.data(), nullptr, data.data(), data.size(), m_secret.data());
        return out;
    }

    [[nodiscard]] dht::node_identity identity() const {
        return {m_key, [copy = *this](byte_view data) { return copy.sign(data); }};
    }

    [[nodiscard]] wire::item_address address(std::string_view salt) const {
        return {m_key, wire::salt::from(salt).value()};
    }

    [[nodiscard]] wire::mutable_item item(std::string_view salt, std::int64_t seq,
                                          std::string_view value) const {
        wire::mutable_item out{address(salt), seq, to_bytes(value), {}};
        out.sig = sign(wire::signed_octets(out.address.salt, seq, out.value));
        return out;
    }

private:
    public_key m_key;
    std::array<unsigned char, crypto_sign_SECRETKEYBYTES> m_secret{};
};

/// 10.0.0.<n>:6881; `far_endpoint` is in a network of its own on the internet.
[[nodiscard]] inline endpoint node_endpoint(std::uint8_t n) {
    return {boost::asio::ip::address_v4({10, 0, 0, n}), 6881};
}
[[nodiscard]] inline endpoint far_endpoint(std::uint8_t n, std::uint16_t port = 6881) {
    return {boost::asio::ip::address_v4({80, n, 0, 1}), port};
}

/// The answer of a node that holds `item`, as a whole KRPC message.
[[nodiscard]] inline bytes get_answer(wire::mutable_item const& item) {
    wire::get_reply reply;
    reply.token = to_bytes(std::string_view("tokn"));
    reply.value = item.value;
    reply.key = item.address.key;
    reply.sig = item.sig;
    reply.seq = item.seq;
    lt::entry message(lt::entry::dictionary_t);
    message["y"] = "r";
    message["t"] = "aa";
    message["r"] = encode(reply);
    return wire::encode_bencode(message);
}

/// Any answer with this `r`, and `ip` if it is given.
[[nodiscard]] inline bytes answer_with(lt::entry r, std::optional<endpoint> seen = {}) {
    lt::entry message(lt::entry::dictionary_t);
    if (seen)
        message["ip"] = wire::string_entry(to_compact(*seen));
    message["y"] = "r";
    message["t"] = "aa";
    message["r"] = std::move(r);
    return wire::encode_bencode(message);
}

} // namespace tau::test
