#include "identity/keccak.hpp"

#include <array>
#include <bit>
#include <utility>

namespace tau::identity {
namespace {

constexpr std::size_t rate = 136; // octets absorbed per permutation: 200 - 2 * 32
using state = std::array<std::uint64_t, 25>;

constexpr std::array<std::uint64_t, 24> round_constants{
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
    0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
    0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
    0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
    0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};

// rho and pi: the lane that moves in step t goes to `place` after a turn by `turn` bits.
struct step {
    std::size_t place;
    int turn;
};

constexpr std::array<step, 24> rho_pi = [] {
    std::array<step, 24> out{};
    std::size_t x = 1;
    std::size_t y = 0;
    for (std::size_t t = 0; t < out.size(); ++t) { // lane (x, y) moves to (y, 2x + 3y)
        auto const next_y = (2 * x + 3 * y) % 5;
        x = y;
        y = next_y;
        out[t] = {x + 5 * y, static_cast<int>((t + 1) * (t + 2) / 2 % 64)};
    }
    return out;
}();

// Unrolled, every place and turn is a constant: a quarter of the time.
void theta(state& a) {
    std::array<std::uint64_t, 5> c{};
#pragma GCC unroll 5
    for (std::size_t x = 0; x < 5; ++x)
        c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
#pragma GCC unroll 5
    for (std::size_t x = 0; x < 5; ++x) {
        auto const d = c[(x + 4) % 5] ^ std::rotl(c[(x + 1) % 5], 1);
#pragma GCC unroll 5
        for (std::size_t y = 0; y < 25; y += 5)
            a[x + y] ^= d;
    }
}

void chi(state& a) {
#pragma GCC unroll 5
    for (std::size_t y = 0; y < 25; y += 5) {
        std::array<std::uint64_t, 5> const row{a[y], a[y + 1], a[y + 2], a[y + 3], a[y + 4]};
#pragma GCC unroll 5
        for (std::size_t x = 0; x < 5; ++x)
            a[y + x] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5]);
    }
}

void permute(state& a) {
    for (auto const constant : round_constants) {
        theta(a);
        auto moving = a[1];
#pragma GCC unroll 24
        for (auto const& [place, turn] : rho_pi)
            moving = std::exchange(a[place], std::rotl(moving, turn));
        chi(a);
        a[0] ^= constant; // iota
    }
}

// Lanes are little-endian whatever the machine is.
void absorb(state& a, byte_view block) {
    for (std::size_t lane = 0; lane < rate / 8; ++lane) {
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < 8; ++i)
            value |= std::uint64_t{block[8 * lane + i]} << (8 * i);
        a[lane] ^= value;
    }
}

} // namespace

hash256 keccak256(byte_view data) {
    state a{};
    for (; data.size() >= rate; data = data.subspan(rate)) {
        absorb(a, data.first(rate));
        permute(a);
    }
    std::array<std::uint8_t, rate> last{};
    std::copy(data.begin(), data.end(), last.begin());
    last[data.size()] = 0x01;
    last[rate - 1] |= 0x80;
    absorb(a, last);
    permute(a);

    hash256 out;
    for (std::size_t i = 0; i < out.size(); ++i)
        out.octets[i] = static_cast<std::uint8_t>(a[i / 8] >> (8 * (i % 8)));
    return out;
}

} // namespace tau::identity
