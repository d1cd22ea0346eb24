#include "channel/salts.hpp"

#include "core/text.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cassert>

namespace tau::channel {
namespace {

constexpr std::string_view gossip_name = "gossip";
constexpr std::string_view cidr_name = "cidr";
constexpr std::string_view wallet_name = "wallet";
constexpr std::string_view links_name = "links";
constexpr std::string_view message_name = "msg";
constexpr std::string_view message_tip_name = "msgTip";
constexpr std::string_view block_tip_name = "blkTip";
constexpr std::string_view transaction_tip_name = "txTip";

constexpr std::string_view blinded_message_label = "tau-msg-salt-v1";
constexpr std::string_view blinded_tip_label = "tau-msgtip-salt-v1";

constexpr std::size_t blinded_salt_bytes = 32;

void append(bytes& out, byte_view more) {
    out.insert(out.end(), more.begin(), more.end());
}

// Big endian, so that the first octets of every slot of the next million years are zero
// and no printable name can end in one.
void append(bytes& out, slot_number slot) {
    for (int shift = 56; shift >= 0; shift -= 8)
        out.push_back(static_cast<std::uint8_t>(slot >> shift));
}

wire::salt salt_of(byte_view octets) {
    auto made = wire::salt::from(as_text(octets));
    assert(made);
    return std::move(made).value();
}

wire::salt blinded(pair_secret const& secret, std::string_view label, public_key const& sender,
                   public_key const& receiver, byte_view rest) {
    bytes message = to_bytes(label);
    append(message, sender.view());
    append(message, receiver.view());
    append(message, rest);
    std::array<std::uint8_t, blinded_salt_bytes> out{};
    crypto_generichash(out.data(), out.size(), message.data(), message.size(), secret.data(),
                       secret.size());
    return salt_of(out);
}

result<wire::salt> tip_salt(std::string_view name, byte_view chain_id, byte_view slot) {
    if (chain_id.size() > max_chain_id_bytes)
        return errc::too_large;
    bytes rest = to_bytes(chain_id);
    append(rest, slot);
    return named_salt(name, rest);
}

bool is_control(char c) {
    auto const octet = static_cast<unsigned char>(c);
    return octet < 0x20 || octet == 0x7f;
}

bool is_reserved(std::string_view name) {
    // msgTip has no slot in its salt, so any name that begins with it could be a tip.
    return name == gossip_name || name == cidr_name || name == wallet_name || name == links_name
           || name == message_name || name == block_tip_name || name == transaction_tip_name
           || name.starts_with(message_tip_name);
}

} // namespace

wire::salt named_salt(std::string_view name, byte_view rest) {
    bytes out = to_bytes(name);
    if (name.size() + rest.size() <= wire::max_salt_bytes) {
        append(out, rest);
        return salt_of(out);
    }
    std::array<std::uint8_t, crypto_hash_sha256_BYTES> digest{};
    crypto_hash_sha256(digest.data(), rest.data(), rest.size());
    append(out, digest);
    return salt_of(out);
}

wire::salt gossip_salt() {
    return named_salt(gossip_name, {});
}

wire::salt gossip_salt(slot_number slot) {
    bytes rest;
    append(rest, slot);
    return named_salt(gossip_name, rest);
}

wire::salt cidr_salt() {
    return named_salt(cidr_name, {});
}

wire::salt wallet_salt() {
    return named_salt(wallet_name, {});
}

wire::salt links_salt() {
    return named_salt(links_name, {});
}

wire::salt plain_message_salt(public_key const& receiver, slot_number slot) {
    bytes rest = to_bytes(receiver.view());
    append(rest, slot);
    return named_salt(message_name, rest);
}

wire::salt blinded_message_salt(pair_secret const& secret, public_key const& sender,
                                public_key const& receiver, slot_number slot) {
    bytes rest;
    append(rest, slot);
    return blinded(secret, blinded_message_label, sender, receiver, rest);
}

result<wire::salt> plain_message_tip_salt(byte_view chain_id) {
    return tip_salt(message_tip_name, chain_id, {});
}

wire::salt blinded_message_tip_salt(pair_secret const& secret, public_key const& sender,
                                    public_key const& receiver) {
    return blinded(secret, blinded_tip_label, sender, receiver, {});
}

result<wire::salt> block_tip_salt(byte_view chain_id, slot_number slot) {
    bytes rest;
    append(rest, slot);
    return tip_salt(block_tip_name, chain_id, rest);
}

result<wire::salt> transaction_tip_salt(byte_view chain_id, slot_number slot) {
    bytes rest;
    append(rest, slot);
    return tip_salt(transaction_tip_name, chain_id, rest);
}

result<wire::salt> free_salt(std::string_view name) {
    if (name.empty() || is_reserved(name))
        return errc::invalid_argument;
    if (!is_utf8(name) || std::any_of(name.begin(), name.end(), is_control))
        return errc::invalid_encoding;
    return wire::salt::from(name);
}

} // namespace tau::channel
