#include "net/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <utility>

namespace tau::net {
namespace {

std::string last_openssl_error() {
    std::array<char, 256> text{};
    ERR_error_string_n(ERR_get_error(), text.data(), text.size());
    ERR_clear_error();
    return text.data();
}

} // namespace

result<tls_context> load_tls(std::string const& certificate_file, std::string const& key_file,
                             std::string& why) {
    ERR_clear_error();
    tls_context context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
    if (!context)
        return errc::out_of_memory;
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION
                                           | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE
                                        | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER
                                        | SSL_MODE_RELEASE_BUFFERS);
    // Clients resume by tickets; a cache here would only cost memory.
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
    if (SSL_CTX_use_certificate_chain_file(context.get(), certificate_file.c_str()) != 1) {
        why = certificate_file + ": " + last_openssl_error();
        return errc::invalid_argument;
    }
    if (SSL_CTX_use_PrivateKey_file(context.get(), key_file.c_str(), SSL_FILETYPE_PEM) != 1
        || SSL_CTX_check_private_key(context.get()) != 1) {
        why = key_file + ": " + last_openssl_error();
        return errc::invalid_argument;
    }
    return context;
}

tls_stream::tls_stream(tls_context const& context, int fd) {
    if (!context)
        return;
    m_ssl = SSL_new(context.get());
    if (m_ssl == nullptr)
        return;
    SSL_set_fd(m_ssl, fd);
    SSL_set_accept_state(m_ssl);
}

tls_stream::tls_stream(tls_stream&& other) noexcept : m_ssl(std::exchange(other.m_ssl, nullptr)) {}

tls_stream& tls_stream::operator=(tls_stream&& other) noexcept {
    std::swap(m_ssl, other.m_ssl);
    return *this;
}

tls_stream::~tls_stream() {
    SSL_free(m_ssl);
}

bool tls_stream::is_established() const {
    return SSL_is_init_finished(m_ssl) == 1;
}

tls_stream::outcome tls_stream::outcome_of(int returned) const {
    switch (SSL_get_error(m_ssl, returned)) {
    case SSL_ERROR_WANT_READ:
        return outcome::wants_read;
    case SSL_ERROR_WANT_WRITE:
        return outcome::wants_write;
    default:
        return outcome::gone;
    }
}

tls_stream::outcome tls_stream::read(char* to, std::size_t room, std::size_t& count) {
    // What another connection left in the thread's queue would be taken for ours.
    ERR_clear_error();
    int const returned = SSL_read_ex(m_ssl, to, room, &count);
    return returned == 1 ? outcome::done : outcome_of(returned);
}

tls_stream::outcome tls_stream::write(std::string_view data, std::size_t& count) {
    ERR_clear_error();
    int const returned = SSL_write_ex(m_ssl, data.data(), data.size(), &count);
    return returned == 1 ? outcome::done : outcome_of(returned);
}

void tls_stream::finish() {
    if (m_ssl == nullptr || !is_established())
        return;
    ERR_clear_error();
    (void)SSL_shutdown(m_ssl);
}

} // namespace tau::net
