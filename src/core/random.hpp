#pragma once

#include "core/bytes.hpp"

#include <cstdint>
#include <random>
#include <span>

namespace tau {

/// Where logic gets randomness from, so that a simulation can be rerun from its seed.
/// Threading: as the implementation says.
class random_source {
public:
    virtual ~random_source() = default;
    virtual void fill(std::span<std::uint8_t> out) = 0;

    [[nodiscard]] std::uint64_t next_u64();
    /// Uniform in [0, bound); 0 for a bound of 0.
    [[nodiscard]] std::uint64_t below(std::uint64_t bound);

    template <class Fixed>
    [[nodiscard]] Fixed make() {
        Fixed out;
        fill({out.data(), out.size()});
        return out;
    }
};

/// The operating system's generator by way of libsodium. Any thread.
class system_random final : public random_source {
public:
    system_random();
    void fill(std::span<std::uint8_t> out) override;
};

/// Repeatable, for tests and simulations; never for keys of real users. One thread.
class seeded_random final : public random_source {
public:
    explicit seeded_random(std::uint64_t seed) : m_engine(seed) {}
    void fill(std::span<std::uint8_t> out) override;

private:
    std::mt19937_64 m_engine;
};

} // namespace tau
