#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <utility>

namespace tau::tracker {

/// Time in steps of four seconds, which fourteen bits hold for 18 hours.
using tick = std::uint16_t;
inline constexpr std::uint32_t seconds_per_tick = 4;
inline constexpr tick tick_mask = 0x3fff;

/// Has the processor load what lies at `at` without waiting for it: a load whose value
/// nobody uses. A prefetch would be a hint only, and is dropped where the page is not at
/// hand, as those of a large table seldom are. `at` must be readable.
inline void fetch_line(void const* at) {
    asm volatile("" ::"r"(*static_cast<char const volatile*>(at)));
}

/// fetch_line() for each line that `size` octets from `at` on lie in.
inline void fetch_lines(std::uint8_t const* at, std::size_t size) {
    constexpr std::size_t line = 64;
    if (size == 0)
        return;
    for (std::size_t i = 0; i < size; i += line)
        fetch_line(at + i);
    fetch_line(at + size - 1);
}

/// What a peer is to its swarm; the bits beside its tick.
enum class peer_kind : std::uint16_t {
    leecher = 0,
    partial = 0x4000, ///< has what it wants, and not all (BEP 21)
    seeder = 0x8000,
};

/// A generator that is fast and not for secrets: it picks peers and jitter.
class quick_random {
public:
    explicit quick_random(std::uint64_t seed) : m_state(seed | 1) {}
    /// Uniform enough in [0, bound); bound above 0.
    [[nodiscard]] std::uint32_t below(std::uint32_t bound) {
        return static_cast<std::uint32_t>((next() >> 32) * bound >> 32);
    }
    [[nodiscard]] std::uint64_t next() {
        m_state ^= m_state << 13;
        m_state ^= m_state >> 7;
        m_state ^= m_state << 17;
        return m_state;
    }

private:
    std::uint64_t m_state;
};

/// Peers of one swarm and address family: N octets of address and port in network
/// order (BEP 23, BEP 7) and two of state each, nothing more.
///
/// Peers lie in buckets of a few dozen by the hash of their octets, so that
/// finding one reads a few cache lines and an answer is copied from one place.
/// Threading: one thread. Errors: none; the owner bounds the number of peers.
template <std::size_t N>
class peer_pool {
public:
    using address = std::span<std::uint8_t const, N>;

    struct change {
        bool was_known = false;
        peer_kind was = peer_kind::leecher;
    };

    [[nodiscard]] std::size_t size() const { return m_size; }

    /// Adds the peer or refreshes it.
    change put(address peer, peer_kind kind, tick now) {
        auto const meta =
            static_cast<std::uint16_t>(static_cast<unsigned>(kind) | (now & tick_mask));
        if (m_buckets == nullptr)
            m_buckets = std::make_unique<bucket[]>(1);
        auto& b = bucket_of(peer);
        if (auto const at = b.find(peer); at != none) {
            change const out{true, kind_of(b.meta(at))};
            b.set_meta(at, meta);
            return out;
        }
        b.add(peer, meta);
        ++m_size;
        if (m_size > full_bucket << m_bits && m_bits < max_bits)
            split();
        return {};
    }

    /// Takes the peer out.
    change remove(address peer) {
        if (m_size == 0)
            return {};
        auto& b = bucket_of(peer);
        auto const at = b.find(peer);
        if (at == none)
            return {};
        change const out{true, kind_of(b.meta(at))};
        b.remove(at);
        --m_size;
        return out;
    }

    /// Copies up to `wanted` peers, leaving out `self`, from a place on that follows from
    /// `draw`, a random number. `out` has room for them and one more; returns the octets
    /// written.
    std::size_t sample(std::size_t wanted, std::uint8_t const* self, std::uint32_t draw,
                       std::uint8_t* out) const {
        if (m_size == 0 || wanted == 0)
            return 0;
        auto* const begin = out;
        for_each_sampled(wanted, self, draw, [&](bucket const& b, bool may_hold_self) {
            auto* const part = out;
            out = b.copy(wanted, draw, out);
            if (may_hold_self)
                out = without(part, out, self, wanted);
        });
        return static_cast<std::size_t>(out - begin);
    }

    /// Drops peers that are silent for more than `max_age`; calls gone(kind) for each.
    template <class Gone>
    void expire(tick now, tick max_age, Gone gone) {
        for (std::size_t i = 0; m_buckets != nullptr && i < bucket_count(); ++i)
            for (std::uint32_t at = m_buckets[i].size; at-- > 0;) {
                auto const meta = m_buckets[i].meta(at);
                if (((now - meta) & tick_mask) <= max_age)
                    continue;
                m_buckets[i].remove(at);
                --m_size;
                gone(kind_of(meta));
            }
    }

    /// Calls visit(octets, kind, tick) for every peer.
    template <class Visit>
    void for_each(Visit visit) const {
        for (std::size_t i = 0; m_buckets != nullptr && i < bucket_count(); ++i)
            for (std::uint32_t at = 0; at < m_buckets[i].size; ++at)
                visit(address(m_buckets[i].at(at), N), kind_of(m_buckets[i].meta(at)),
                      static_cast<tick>(m_buckets[i].meta(at) & tick_mask));
    }

    /// Asks the processor for the heads of the buckets that `peer` belongs to and that
    /// sample() begins with...
    void prefetch_buckets(address peer, std::uint32_t draw) const {
        if (m_buckets == nullptr)
            return;
        fetch_line(&m_buckets[place_of(peer)]);
        fetch_line(&m_buckets[draw & (bucket_count() - 1)]);
    }
    /// ...and, once those are there, for its peers, and for those that sample() will take.
    void prefetch_peers(address peer, std::uint32_t draw, std::size_t wanted) const {
        if (m_buckets == nullptr)
            return;
        m_buckets[place_of(peer)].prefetch();
        for_each_sampled(wanted, peer.data(), draw, [&](bucket const& b, bool may_hold_self) {
            may_hold_self ? b.skip(wanted) : b.prefetch_copy(wanted, draw);
        });
    }

private:
    static constexpr std::uint32_t none = 0xffff'ffff;
    static constexpr std::size_t full_bucket = 48;
    static constexpr unsigned max_bits = 20;

    static peer_kind kind_of(std::uint16_t meta) {
        return static_cast<peer_kind>(meta & ~tick_mask);
    }
    template <class Word>
    static Word word_at(std::uint8_t const* at) {
        Word out{};
        std::memcpy(&out, at, sizeof out);
        return out;
    }
    // Spelled out in words: a call of memcmp for each peer costs more than the rest.
    static bool is_same(std::uint8_t const* a, std::uint8_t const* b) {
        using std::uint16_t;
        using std::uint32_t;
        using std::uint64_t;
        static_assert(N == 6 || N == 18);
        if (word_at<uint16_t>(a + N - 2) != word_at<uint16_t>(b + N - 2))
            return false;
        if constexpr (N == 6)
            return word_at<uint32_t>(a) == word_at<uint32_t>(b);
        return word_at<uint64_t>(a) == word_at<uint64_t>(b)
               && word_at<uint64_t>(a + N - 10) == word_at<uint64_t>(b + N - 10);
    }

    // Addresses first, so that an answer is one copy; then the states.
    struct bucket {
        std::unique_ptr<std::uint8_t[]> data;
        std::uint32_t size = 0;
        std::uint32_t capacity = 0;

        [[nodiscard]] std::uint8_t* at(std::uint32_t i) const { return data.get() + i * N; }
        [[nodiscard]] std::uint16_t meta(std::uint32_t i) const {
            std::uint16_t out = 0;
            std::memcpy(&out, data.get() + capacity * N + i * 2, 2);
            return out;
        }
        void set_meta(std::uint32_t i, std::uint16_t value) {
            std::memcpy(data.get() + capacity * N + i * 2, &value, 2);
        }

        void prefetch() const { fetch_lines(data.get(), capacity * (N + 2)); }
        [[nodiscard]] std::uint32_t find(address peer) const {
            auto const* p = data.get();
            for (std::uint32_t i = 0; i < size; ++i, p += N)
                if (is_same(p, peer.data()))
                    return i;
            return none;
        }
        void add(address peer, std::uint16_t state) {
            if (size == capacity)
                resize(capacity + (size < 8 ? 4 : size / 4));
            std::memcpy(at(size), peer.data(), N);
            set_meta(size++, state);
        }
        void remove(std::uint32_t i) {
            std::uint32_t const last = --size;
            if (i != last) {
                std::memcpy(at(i), at(last), N);
                set_meta(i, meta(last));
            }
            if (size == 0) {
                data.reset();
                capacity = 0;
            } else if (size < capacity / 4) {
                resize(capacity / 2);
            }
        }
        void resize(std::uint32_t larger) {
            auto fresh = std::make_unique_for_overwrite<std::uint8_t[]>(larger * (N + 2));
            if (size > 0) {
                std::memcpy(fresh.get(), data.get(), size * N);
                std::memcpy(fresh.get() + larger * N, data.get() + capacity * N, size * 2);
            }
            data = std::move(fresh);
            capacity = larger;
        }
        /// Which of its peers an answer takes: `first` from `start` on, then `rest` from 0 on.
        struct part {
            std::uint32_t start = 0;
            std::uint32_t first = 0;
            std::uint32_t rest = 0;
        };
        [[nodiscard]] part part_of(std::size_t wanted, std::uint32_t draw) const {
            // The upper bits: the lower ones chose the bucket.
            auto const start =
                size > wanted ? static_cast<std::uint32_t>(std::uint64_t{draw} * size >> 32) : 0;
            auto const whole = static_cast<std::uint32_t>(std::min<std::size_t>(wanted, size));
            auto const first = std::min(whole, size - start);
            return {start, first, whole - first};
        }
        /// Copies up to `wanted` peers from one on that follows from `draw`, and around.
        std::uint8_t* copy(std::size_t& wanted, std::uint32_t draw, std::uint8_t* out) const {
            auto const p = part_of(wanted, draw);
            std::memcpy(out, at(p.start), p.first * N);
            std::memcpy(out + p.first * N, at(0), p.rest * N);
            skip(wanted);
            return out + (p.first + p.rest) * N;
        }
        /// Asks the processor for what copy() will read.
        void prefetch_copy(std::size_t& wanted, std::uint32_t draw) const {
            auto const p = part_of(wanted, draw);
            fetch_lines(at(p.start), p.first * N);
            fetch_lines(at(0), p.rest * N);
            skip(wanted);
        }
        void skip(std::size_t& wanted) const { wanted -= std::min<std::size_t>(wanted, size); }
    };

    /// Calls visit(bucket, may_hold_self) for the buckets an answer is made of, until visit()
    /// has brought `wanted`, which it counts down, to 0; one more is wanted where `self` may be.
    template <class Visit>
    void for_each_sampled(std::size_t& wanted, std::uint8_t const* self, std::uint32_t draw,
                          Visit visit) const {
        std::size_t const count = bucket_count();
        for (std::size_t i = 0; i < count && wanted > 0; ++i) {
            auto const place = (draw + i) & (count - 1);
            if (m_buckets[place].size == 0)
                continue;
            bool const may_hold_self = self != nullptr && place == place_of(address(self, N));
            wanted += may_hold_self ? 1 : 0;
            visit(m_buckets[place], may_hold_self);
        }
    }

    /// Takes `self` out of [part, end), which may hold one peer more than was wanted.
    static std::uint8_t* without(std::uint8_t* part, std::uint8_t* end, std::uint8_t const* self,
                                 std::size_t& wanted) {
        auto* at = part;
        while (at != end && !is_same(at, self))
            at += N;
        if (at != end) {
            std::memmove(at, end - N, N);
            return end - N;
        }
        if (wanted == 0)
            return end - N;
        --wanted;
        return end;
    }

    [[nodiscard]] std::size_t bucket_count() const { return std::size_t{1} << m_bits; }
    [[nodiscard]] std::size_t place_of(address peer) const {
        std::uint64_t mixed = 0;
        for (std::size_t i = 0; i < N; i += 2) {
            std::uint16_t part = 0;
            std::memcpy(&part, peer.data() + i, 2);
            mixed = (mixed ^ part) * 0x9e3779b97f4a7c15ULL;
        }
        return mixed >> 40 & (bucket_count() - 1);
    }
    [[nodiscard]] bucket& bucket_of(address peer) { return m_buckets[place_of(peer)]; }

    void split() {
        auto const old = std::move(m_buckets);
        std::size_t const old_count = bucket_count();
        ++m_bits;
        m_buckets = std::make_unique<bucket[]>(bucket_count());
        for (std::size_t i = 0; i < old_count; ++i)
            for (std::uint32_t at = 0; at < old[i].size; ++at)
                bucket_of(address(old[i].at(at), N))
                    .add(address(old[i].at(at), N), old[i].meta(at));
    }

    std::unique_ptr<bucket[]> m_buckets;
    std::uint32_t m_size = 0;
    std::uint8_t m_bits = 0;
};

} // namespace tau::tracker
