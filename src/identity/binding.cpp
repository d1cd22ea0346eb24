#include "identity/binding.hpp"

#include "core/hex.hpp"
#include "wire/bencode.hpp"

#include <string_view>

namespace tau::identity {
namespace {

constexpr std::int64_t record_version = 1;
constexpr std::int64_t max_issued_ms = 253'402'300'799'999; // the end of the year 9999

binding_record unsigned_record(binding_kind kind, keyring const& keys, unix_ms issued) {
    return {kind, keys.key(), keys.wallet(), issued, std::nullopt, std::nullopt};
}

binding_record signed_by_both(binding_record record, keyring const& keys) {
    auto const text = signed_text(record);
    record.key_signature = keys.sign(as_bytes(text));
    record.wallet_sig = keys.personal_sign(as_bytes(text));
    return record;
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
    wire::dict_writer out;
    out.integer("i", record.issued.time_since_epoch().count());
    out.string("k", record.key);
    if (record.kind == binding_kind::revoked)
        out.integer("r", 1);
    if (record.key_signature)
        out.string("s", *record.key_signature);
    out.integer("v", record_version);
    out.string("w", record.wallet);
    if (record.wallet_sig)
        out.string("x", *record.wallet_sig);
    return out.finish();
}

result<binding_record> decode_binding(byte_view data) {
    if (data.size() > max_binding_bytes)
        return errc::too_large;
    TAU_TRY(dict, wire::dict_reader::parse(data));
    if (auto const problem = dict.check_version(record_version))
        return problem;
    TAU_TRY(issued, dict.integer("i", 0, max_issued_ms));
    TAU_TRY(key, dict.fixed<public_key>("k"));
    TAU_TRY(wallet, dict.fixed<wallet_address>("w"));
    TAU_TRY(key_signature, dict.fixed_if<signature>("s"));
    TAU_TRY(wallet_sig, dict.fixed_if<wallet_signature>("x"));
    binding_record out;
    out.kind = dict.has("r") ? binding_kind::revoked : binding_kind::bound;
    out.key = key;
    out.wallet = wallet;
    out.issued = unix_ms(std::chrono::milliseconds(issued));
    out.key_signature = key_signature;
    out.wallet_sig = wallet_sig;
    // One record, one form: no unknown members, no other order, no tail.
    if (encode(out) != to_bytes(data))
        return errc::invalid_encoding;
    return out;
}

} // namespace tau::identity
