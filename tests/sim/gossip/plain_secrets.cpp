#include <cstddef>
#include <cstdlib>

// A process may have 65,530 mappings, and libsodium spends three on every secret. Two hundred
// devices online at a time, with three secrets for each friend, have more: the table's program
// keeps its secrets, which are nobody's, on the heap. Its definitions come before the library's.
extern "C" {
void* sodium_malloc(std::size_t size);
void sodium_free(void* block);

void* sodium_malloc(std::size_t size) {
    return std::malloc(size);
}

void sodium_free(void* block) {
    std::free(block);
}
}
