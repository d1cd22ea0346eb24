#include "identity/secret.hpp"

#include <sodium.h>

#include <memory_resource>
#include <new>
#include <utility>

namespace tau::identity {
namespace {

// Short secrets, such as keys, share guarded blocks: each block takes several of the some
// 65,000 mappings that the kernel allows a process, and a node has three keys for each friend.
constexpr std::size_t max_shared_bytes = 64;
constexpr std::size_t secrets_per_block = 64;

/// libsodium's guarded heap.
class guarded_heap final : public std::pmr::memory_resource {
    // A block ends where its guard page begins, so a multiple of the alignment is aligned.
    void* do_allocate(std::size_t size, std::size_t alignment) override {
        auto* const block = sodium_init() < 0
                                ? nullptr
                                : sodium_malloc((size + alignment - 1) / alignment * alignment);
        if (block == nullptr)
            throw std::bad_alloc();
        return block;
    }
    void do_deallocate(void* block, std::size_t, std::size_t) override {
        sodium_free(block); // zeroes before it returns the pages
    }
    [[nodiscard]] bool do_is_equal(memory_resource const& other) const noexcept override {
        return this == &other;
    }
};

// Whose secrets die after every static object has no heap to return them to: it stays.
std::pmr::memory_resource& heap_for(std::size_t size) {
    static auto& guarded = *new guarded_heap;
    static auto& shared =
        *new std::pmr::synchronized_pool_resource({secrets_per_block, max_shared_bytes}, &guarded);
    if (size <= max_shared_bytes)
        return shared;
    return size <= secret_bytes::max_locked_bytes ? guarded : *std::pmr::new_delete_resource();
}

} // namespace

secret_bytes::secret_bytes(std::size_t size) : m_size(size) {
    if (size == 0)
        return;
    m_data = static_cast<std::uint8_t*>(heap_for(size).allocate(size));
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
    sodium_memzero(m_data, m_size);
    heap_for(m_size).deallocate(m_data, m_size);
}

bool operator==(secret_bytes const& a, secret_bytes const& b) {
    return a.m_size == b.m_size
           && (a.m_size == 0 || sodium_memcmp(a.m_data, b.m_data, a.m_size) == 0);
}

} // namespace tau::identity
