#include "identity/secret.hpp"

#include <sodium.h>

#include <new>
#include <utility>

namespace tau::identity {
namespace {

std::uint8_t* allocate(std::size_t size) {
    if (sodium_init() < 0)
        throw std::bad_alloc();
    // The guarded heap spends pages on every block: right for keys, not for a backup.
    auto* const block = size <= secret_bytes::max_locked_bytes
                            ? static_cast<std::uint8_t*>(sodium_malloc(size))
                            : static_cast<std::uint8_t*>(::operator new(size));
    if (block == nullptr)
        throw std::bad_alloc();
    return block;
}

} // namespace

secret_bytes::secret_bytes(std::size_t size) : m_size(size) {
    if (size == 0)
        return;
    m_data = allocate(size);
    sodium_memzero(m_data, size);
}

secret_bytes secret_bytes::from(byte_view data) {
    secret_bytes out(data.size());
    std::copy(data.begin(), data.end(), out.m_data);
    return out;
}

secret_bytes secret_bytes::random(std::size_t size, random_source& random) {
    secret_bytes out(size);
    random.fill(out.span());
    return out;
}

secret_bytes::secret_bytes(secret_bytes&& other) noexcept
    : m_data(std::exchange(other.m_data, nullptr)), m_size(std::exchange(other.m_size, 0)) {}

secret_bytes& secret_bytes::operator=(secret_bytes&& other) noexcept {
    if (this != &other) {
        release();
        m_data = std::exchange(other.m_data, nullptr);
        m_size = std::exchange(other.m_size, 0);
    }
    return *this;
}

secret_bytes::~secret_bytes() {
    release();
}

void secret_bytes::release() noexcept {
    if (m_data == nullptr)
        return;
    if (m_size <= max_locked_bytes) {
        sodium_free(m_data); // zeroes before it returns the pages
    } else {
        sodium_memzero(m_data, m_size);
        ::operator delete(m_data);
    }
}

bool operator==(secret_bytes const& a, secret_bytes const& b) {
    return a.m_size == b.m_size
           && (a.m_size == 0 || sodium_memcmp(a.m_data, b.m_data, a.m_size) == 0);
}

} // namespace tau::identity
