#pragma once

#include "identity/keyring.hpp"
#include "wire/mutable_item.hpp"

#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <optional>
#include <string_view>

namespace tau::identity {

/// Names one data folder of an identity: random, made with the folder, never copied
/// by a backup.
using device_id = fixed_bytes<8, struct device_id_tag>;

/// The next seq of a channel of ours: the greater of last + 1 and unix ms, so that a
/// restored node, which forgot its last seq, still continues above it. -1: none yet.
[[nodiscard]] std::int64_t next_seq(std::int64_t last, unix_ms now);

/// Reads `<folder>/device`, or makes it on the first start. Errors of private_file.hpp.
[[nodiscard]] result<device_id> load_or_make_device_id(std::filesystem::path const& folder,
                                                       random_source& random);

/// Which device of this identity runs, and since when. The value of channel `device`,
/// encrypted under the identity's storage key, so that only its own devices read it.
struct device_record {
    device_id device;
    unix_ms started{};

    friend bool operator==(device_record const&, device_record const&) = default;
};

inline constexpr std::string_view device_channel = "device";

/// The bencoded BEP 44 value of a record (60 octets).
[[nodiscard]] bytes encode(device_record const& record, keyring const& keys, random_source& random);
/// errc::invalid_length, errc::invalid_encoding, errc::unsupported_version, or
/// errc::invalid_signature if another key sealed it.
[[nodiscard]] result<device_record> decode_device_record(byte_view value, keyring const& keys);

/// What an item under our own key tells about other devices.
enum class device_verdict {
    ours,        ///< we published it since we started
    predecessor, ///< older than what we remember of publishing there, if anything
    conflict,    ///< somebody else with our key publishes while we run
};

/// Tells when a second device uses our key, from the items of ours that the DHT returns.
///
/// A node calls on_published() for what it puts and on_seen() for every item of its own key that it
/// reads, and reports the first conflict to the user. It then publishes its device record once
/// more, so that the other device sees the same; announce_again() keeps two devices from answering
/// each other for ever.
///
/// Source:    docs/wire/identity.md, "Devices".
/// Threading: tau thread only. Pure logic; memory is bounded by max_channels and max_items.
class device_watch {
public:
    static constexpr std::size_t max_channels = 4096; ///< the channel seen longest ago makes room
    static constexpr std::size_t max_items = 32;      ///< remembered per channel

    explicit device_watch(device_id own) : m_own(own) {}

    /// We put this item. Call it before the item leaves.
    void on_published(wire::mutable_item const& item);

    /// An item of our own key, verified, came from elsewhere.
    [[nodiscard]] device_verdict on_seen(wire::mutable_item const& item);

    /// A device record that on_seen() judged; names the other device in a conflict. True if
    /// our own record should be published again, at most once for each other device.
    [[nodiscard]] bool announce_again(device_record const& record);

    [[nodiscard]] device_id const& own() const { return m_own; }

private:
    struct authored {
        std::int64_t seq;
        signature sig;
    };
    struct channel {
        std::deque<authored> items; // oldest first
        std::uint64_t used = 0;
    };

    channel& touch(wire::salt const& salt);

    device_id m_own;
    std::map<wire::salt, channel> m_channels;
    std::uint64_t m_clock = 0; // counts uses, orders channels by them
    std::deque<device_id> m_answered;
};

} // namespace tau::identity
