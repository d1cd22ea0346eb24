#pragma once

#include "core/bytes.hpp"
#include "core/random.hpp"

#include <cstddef>
#include <memory>
#include <span>

namespace tau::identity {

/// Octets that must not leak: a key, a seed, a passphrase.
///
/// They are zeroed when the holder dies, compared in constant time, and neither
/// printable nor copied by accident: copy() says so. Up to `max_locked_bytes` they lie
/// between guard pages and, where the system allows it, are kept out of swap and
/// core dumps (libsodium's guarded heap); larger contents (a backup) are only zeroed.
/// Threading: a value type. Errors: std::bad_alloc when there is no memory.
class secret_bytes {
public:
    static constexpr std::size_t max_locked_bytes = 4096;

    secret_bytes() = default;
    /// Holds `size` zero octets.
    explicit secret_bytes(std::size_t size);
    /// Copies `data`; wiping the source is the caller's business.
    [[nodiscard]] static secret_bytes from(byte_view data);
    [[nodiscard]] static secret_bytes random(std::size_t size, random_source& random);

    secret_bytes(secret_bytes&& other) noexcept;
    secret_bytes& operator=(secret_bytes&& other) noexcept;
    secret_bytes(secret_bytes const&) = delete;
    secret_bytes& operator=(secret_bytes const&) = delete;
    ~secret_bytes();

    [[nodiscard]] secret_bytes copy() const { return from(view()); }
    [[nodiscard]] std::size_t size() const { return m_size; }
    [[nodiscard]] bool empty() const { return m_size == 0; }
    [[nodiscard]] std::uint8_t const* data() const { return m_data; }
    [[nodiscard]] std::uint8_t* data() { return m_data; }
    [[nodiscard]] byte_view view() const { return {m_data, m_size}; }
    [[nodiscard]] std::span<std::uint8_t> span() { return {m_data, m_size}; }

    /// Constant time for equal sizes.
    friend bool operator==(secret_bytes const& a, secret_bytes const& b);

private:
    void release() noexcept;

    std::uint8_t* m_data = nullptr;
    std::size_t m_size = 0;
};

} // namespace tau::identity
