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

void permute(state& a) {
    for (auto const constant : round_constants) {
        std::array<std::uint64_t, 5> c{};
        for (std::size_t i = 0; i < 25; ++i) // theta
            c[i % 5] ^= a[i];
        for (std::size_t i = 0; i < 25; ++i)
            a[i] ^= c[(i + 4) % 5] ^ std::rotl(c[(i + 1) % 5], 1);
        auto moving = a[1]; // rho and pi: lane (x, y) turns and moves to (y, 2x + 3y)
        for (std::size_t t = 0, x = 1, y = 0; t < 24; ++t) {
            auto const next_y = (2 * x + 3 * y) % 5;
            x = y;
            y = next_y;
            auto const turn = static_cast<int>((t + 1) * (t + 2) / 2 % 64);
            moving = std::exchange(a[x + 5 * y], std::rotl(moving, turn));
        }
        for (std::size_t y = 0; y < 25; y += 5) { // chi
            std::array<std::uint64_t, 5> const row{a[y], a[y + 1], a[y + 2], a[y + 3], a[y + 4]};
            for (std::size_t x = 0; x < 5; ++x)
                a[y + x] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5]);
        }
        a[0] ^= constant; // iota
    }
}

// Lanes are little-endian whatever the machine is.
void absorb(state& a, byte_view block) {
    for (std::size_t i = 0; i < block.size(); ++i)
        a[i / 8] ^= std::uint64_t{block[i]} << (8 * (i % 8));
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
