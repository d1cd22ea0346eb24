#pragma once

#include "core/error.hpp"

#include <memory>
#include <string>
#include <string_view>

struct ssl_ctx_st;
struct ssl_st;

namespace tau::net {

/// A certificate and key that servers use; replaced as a whole when they are renewed.
/// Threading: any thread.
using tls_context = std::shared_ptr<ssl_ctx_st>;

/// Reads a certificate with its chain, and its key, from PEM files. Serves TLS 1.2
/// and 1.3. `why` tells the operator what is wrong with the files.
[[nodiscard]] result<tls_context> load_tls(std::string const& certificate_file,
                                           std::string const& key_file, std::string& why);

/// The TLS side of one accepted connection on a non-blocking socket, whose
/// descriptor stays the owner's. The handshake happens within the first reads.
///
/// Source: RFC 5246, RFC 8446, by OpenSSL. Threading: one thread. Errors: outcome::gone.
class tls_stream {
public:
    enum class outcome { done, wants_read, wants_write, gone };

    tls_stream() = default;
    /// Ignores `fd` without a context: the stream is then empty.
    tls_stream(tls_context const& context, int fd);
    tls_stream(tls_stream&&) noexcept;
    tls_stream& operator=(tls_stream&&) noexcept;
    ~tls_stream();

    [[nodiscard]] bool is_used() const { return m_ssl != nullptr; }
    [[nodiscard]] bool is_established() const;
    /// Sets `count` when done.
    [[nodiscard]] outcome read(char* to, std::size_t room, std::size_t& count);
    [[nodiscard]] outcome write(std::string_view data, std::size_t& count);
    /// Tells the other side that nothing more comes; does not wait for its answer.
    void finish();

private:
    [[nodiscard]] outcome outcome_of(int returned) const;

    ssl_st* m_ssl = nullptr;
};

} // namespace tau::net
