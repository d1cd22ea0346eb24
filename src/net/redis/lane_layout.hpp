#pragma once

#include "net/redis/redis_connection.hpp"
#include "wire/tracker_replica.hpp"

namespace tau::net {

/// The keys of one lane and the commands that write a batch to them.
///
/// All keys of a lane hold the same hash tag, so that they are at one server.
///
/// Source:    docs/wire/tracker-redis.md. Threading: any thread. Errors: none.
class lane_layout {
public:
    /// Lanes of a tracker; the same for all front-ends.
    static constexpr std::size_t lane_count = 16;
    /// State is kept in hashes that each hold what was said in this time, and are
    /// dropped as a whole.
    static constexpr std::uint32_t epoch_s = 600;
    /// Batches the log keeps, about.
    static constexpr char const* log_length = "8192";
    static constexpr std::uint32_t log_lifetime_s = 86'400;
    /// Time added to every lifetime in Redis, for clocks that differ and late writes.
    static constexpr std::uint32_t slack_s = 60;

    lane_layout(std::string const& prefix, std::size_t lane, std::uint32_t lifetime_s);

    /// Which lane an info-hash or a wallet belongs to.
    [[nodiscard]] static std::size_t lane_of(byte_view twenty) {
        return (twenty[0] ^ twenty[19]) % lane_count;
    }

    [[nodiscard]] std::uint16_t slot() const { return m_slot; }
    [[nodiscard]] std::string log() const { return m_tag + "log"; }
    [[nodiscard]] std::string peers(std::uint32_t epoch) const;
    [[nodiscard]] std::string devices(std::uint32_t epoch) const;
    [[nodiscard]] std::string claims(wallet_address const& wallet) const;

    /// Epochs, newest last, that may hold what is not too old at `redis_s`.
    [[nodiscard]] std::vector<std::uint32_t> epochs(std::uint32_t redis_s) const;

    /// Commands that store the state after `changes`, which were made at `seen_s`.
    [[nodiscard]] std::vector<redis_command>
    store(wire::replica::batch const& changes, std::uint32_t seen_s, std::uint32_t redis_s) const;
    /// Commands for the first write in an epoch: lifetimes, and the end of what is too old.
    [[nodiscard]] std::vector<redis_command> begin_epoch(std::uint32_t redis_s) const;
    [[nodiscard]] redis_command append(byte_view batch) const;

private:
    void store_claims(wire::replica::device_change const& change,
                      std::vector<redis_command>& out) const;

    std::string m_tag;
    std::uint16_t m_slot;
    std::uint32_t m_lifetime_s;
};

} // namespace tau::net
