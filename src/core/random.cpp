#include "core/random.hpp"

#include <sodium.h>

#include <stdexcept>

namespace tau {

std::uint64_t random_source::next_u64() {
    std::array<std::uint8_t, sizeof(std::uint64_t)> octets{};
    fill(octets);
    std::uint64_t out = 0;
    std::memcpy(&out, octets.data(), sizeof out);
    return out;
}

std::uint64_t random_source::below(std::uint64_t bound) {
    if (bound == 0)
        return 0;
    // Values under `threshold` would make the low results slightly likelier.
    std::uint64_t const threshold = (0 - bound) % bound;
    for (;;) {
        std::uint64_t const value = next_u64();
        if (value >= threshold)
            return value % bound;
    }
}

system_random::system_random() {
    if (sodium_init() < 0)
        throw std::runtime_error("libsodium could not be initialised");
}

void system_random::fill(std::span<std::uint8_t> out) {
    randombytes_buf(out.data(), out.size());
}

void seeded_random::fill(std::span<std::uint8_t> out) {
    for (auto& octet : out)
        octet = static_cast<std::uint8_t>(m_engine());
}

} // namespace tau
