#include "identity/binding.hpp"

#include "core/hex.hpp"

#include <libtorrent/bdecode.hpp>

#include <string_view>

namespace tau::identity {
namespace {

constexpr std::int64_t record_version = 1;
constexpr std::int64_t max_issued_ms = 253'402'300'799'999; // the end of the year 9999
constexpr int max_depth = 2;
constexpr int max_tokens = 32; // a record has 16

void append_string(std::string& out, std::string_view name, byte_view octets) {
    out += name;
    out += std::to_string(octets.size()) + ":";
    out += as_text(octets);
}

// A string member of exactly Fixed's size; nullopt if it is absent.
template <class Fixed>
result<std::optional<Fixed>> fixed_member(lt::bdecode_node const& dict, char const* name) {
    auto const node = dict.dict_find_string(name);
    if (!node)
        return std::optional<Fixed>();
    auto const text = node.string_value();
    TAU_TRY(value, Fixed::from(as_bytes({text.data(), text.size()})));
    return std::optional<Fixed>(value);
}

binding_record unsigned_record(binding_kind kind, keyring const& keys, unix_ms issued) {
    return {kind, keys.key(), keys.wallet(), issued, std::nullopt, std::nullopt};
}

binding_record signed_by_both(binding_record record, keyring const& keys) {
    auto const text = signed_text(record);
    record.key_signature = keys.sign(as_bytes(text));
    record.wallet_sig = keys.personal_sign(as_bytes(text));
    return record;
}

result<binding_record> read_members(lt::bdecode_node const& dict) {
    if (dict.dict_find_int_value("v") != record_version)
        return errc::unsupported_version;
    TAU_TRY(key, fixed_member<public_key>(dict, "k"));
    TAU_TRY(wallet, fixed_member<wallet_address>(dict, "w"));
    TAU_TRY(key_signature, fixed_member<signature>(dict, "s"));
    TAU_TRY(wallet_sig, fixed_member<wallet_signature>(dict, "x"));
    auto const issued = dict.dict_find_int_value("i", -1);
    if (!key || !wallet)
        return errc::invalid_encoding;
    if (issued < 0 || issued > max_issued_ms)
        return errc::invalid_argument;
    auto const kind =
        dict.dict_find_int_value("r") == 1 ? binding_kind::revoked : binding_kind::bound;
    return binding_record{
        kind, *key, *wallet, unix_ms(std::chrono::milliseconds(issued)), key_signature, wallet_sig};
}

} // namespace

std::string signed_text(binding_record const& record) {
    std::string_view const label =
        record.kind == binding_kind::bound ? "tau-binding-v1" : "tau-revocation-v1";
    return std::string(label) + "|" + to_hex(record.key) + "|" + to_eip55(record.wallet) + "|"
           + std::to_string(record.issued.time_since_epoch().count());
}

binding_record make_binding(keyring const& keys, unix_ms issued) {
    return signed_by_both(unsigned_record(binding_kind::bound, keys, issued), keys);
}

binding_record make_revocation(keyring const& keys, unix_ms issued) {
    return signed_by_both(unsigned_record(binding_kind::revoked, keys, issued), keys);
}

error_code verify(binding_record const& record) {
    bool const complete = record.key_signature && record.wallet_sig;
    bool const one = record.key_signature || record.wallet_sig;
    if (!(record.kind == binding_kind::bound ? complete : one))
        return errc::invalid_signature;
    auto const text = signed_text(record);
    if (record.key_signature && !verify(record.key, as_bytes(text), *record.key_signature))
        return errc::invalid_signature;
    if (record.wallet_sig)
        return verify_wallet(record.wallet, as_bytes(text), *record.wallet_sig);
    return {};
}

bytes encode(binding_record const& record) {
    std::string out = "d1:ii" + std::to_string(record.issued.time_since_epoch().count()) + "e";
    append_string(out, "1:k", record.key);
    if (record.kind == binding_kind::revoked)
        out += "1:ri1e";
    if (record.key_signature)
        append_string(out, "1:s", *record.key_signature);
    out += "1:vi" + std::to_string(record_version) + "e";
    append_string(out, "1:w", record.wallet);
    if (record.wallet_sig)
        append_string(out, "1:x", *record.wallet_sig);
    return to_bytes(out + "e");
}

result<binding_record> decode_binding(byte_view data) {
    if (data.size() > max_binding_bytes)
        return errc::too_large;
    lt::error_code ec;
    auto const text = as_text(data);
    auto const dict = lt::bdecode({text.data(), static_cast<std::ptrdiff_t>(text.size())}, ec,
                                  nullptr, max_depth, max_tokens);
    if (ec || dict.type() != lt::bdecode_node::dict_t)
        return errc::invalid_encoding;
    TAU_TRY(record, read_members(dict));
    // One record, one form: no unknown members, no other order, no tail.
    if (encode(record) != to_bytes(data))
        return errc::invalid_encoding;
    return record;
}

} // namespace tau::identity
