#pragma once

#include "core/error.hpp"
#include "net/tracker_shared_store.hpp"

#include <filesystem>

namespace tau::tracker_tool {

/// What a restart would lose, in one file: swarms, devices with their last signed
/// time and their wallet's ed25519 key, and claims. Written beside the target and moved over it, so
/// that there is always a whole one; its last 32 octets are BLAKE2b of the rest.
///
/// Requests are served meanwhile: each lock is held for one shard, or for a part
/// of the wallets.
///
/// Source: docs/tracker-operating.md, "Snapshot". Threading: one thread.
struct snapshot_counts {
    std::uint64_t swarms = 0;
    std::uint64_t peers = 0;
    std::uint64_t devices = 0;
    std::uint64_t claims = 0;
};

/// errc::disk_full or errc::storage_failed; the old file then remains.
[[nodiscard]] result<snapshot_counts> write_snapshot(std::filesystem::path const& file,
                                                     net::tracker_shared_store& store, moment now);

/// Puts back what the octets of a snapshot say and is not too old; errors as read_snapshot().
[[nodiscard]] result<snapshot_counts>
restore_snapshot(byte_view data, net::tracker_shared_store& store, moment now);

/// Puts back what is not too old. errc::not_found without a file; errc::invalid_checksum,
/// errc::unsupported_version or errc::invalid_encoding for one that is not whole.
[[nodiscard]] result<snapshot_counts> read_snapshot(std::filesystem::path const& file,
                                                    net::tracker_shared_store& store, moment now);

} // namespace tau::tracker_tool
