#include "identity/kdf.hpp"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <array>
#include <memory>

namespace tau::identity {
namespace {

struct free_kdf {
    void operator()(EVP_KDF* kdf) const { EVP_KDF_free(kdf); }
    void operator()(EVP_KDF_CTX* context) const { EVP_KDF_CTX_free(context); }
};

// OpenSSL takes parameters by non-const pointer and does not write to them.
OSSL_PARAM octets_param(char const* name, byte_view data) {
    static std::uint8_t none = 0; // a null pointer would mean "absent"
    auto* const start = data.empty() ? &none : const_cast<std::uint8_t*>(data.data());
    return OSSL_PARAM_construct_octet_string(name, start, data.size());
}

} // namespace

result<secret_bytes> hkdf_sha256(byte_view key, byte_view salt, byte_view info, std::size_t size) {
    if (key.empty() || size == 0 || size > max_hkdf_bytes)
        return errc::invalid_argument;
    // Fetching walks OpenSSL's providers: once is enough, and the object may be shared.
    static std::unique_ptr<EVP_KDF, free_kdf> const kdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
    std::unique_ptr<EVP_KDF_CTX, free_kdf> const context(kdf ? EVP_KDF_CTX_new(kdf.get())
                                                             : nullptr);
    if (!context)
        return errc::out_of_memory;
    std::array<char, 7> digest{"SHA256"};
    std::array<OSSL_PARAM, 5> const params{
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
        octets_param(OSSL_KDF_PARAM_KEY, key), octets_param(OSSL_KDF_PARAM_SALT, salt),
        octets_param(OSSL_KDF_PARAM_INFO, info), OSSL_PARAM_construct_end()};
    secret_bytes out(size);
    if (EVP_KDF_derive(context.get(), out.data(), out.size(), params.data()) != 1)
        return errc::out_of_memory;
    return out;
}

result<secret_bytes> derive_key(byte_view master, std::string_view label) {
    return hkdf_sha256(master, {}, as_bytes(label), 32);
}

} // namespace tau::identity
