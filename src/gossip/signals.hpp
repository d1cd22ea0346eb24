#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace tau::gossip {

/// Everything that one key may signal to others over the shared transport (S1-33, S1-53):
/// the chat side, which gossip carries, and the chain side, which a later capability adds.
enum class signal : std::uint8_t {
    // Chat; the numbers are those of wire::gossip_type.
    message_root = 1,
    bundle = 2,
    read_root = 3,
    receipt = 4,
    demand = 5,
    writing = 6,
    seen = 7,
    frequency = 8,
    endpoint_changed = 9,

    // Chain. Declared so that numbers and names are taken; nothing sends them yet.
    tip_block_for_mining = 64,     ///< mutable: tip of a random member
    history_block_for_mining = 65, ///< immutable, by block hash
    history_tx_for_mining = 66,    ///< immutable: a transaction of that block
    block_demand = 67,             ///< mutable: asks for a block hash
    tx_demand = 68,                ///< mutable: asks for a transaction hash
    history_block_for_sync = 69,   ///< immutable
    history_tx_for_sync = 70,      ///< immutable
    tip_block_for_voting = 71,     ///< mutable
    history_block_for_voting = 72, ///< immutable
    tip_tx_for_mining = 73,        ///< mutable: the pool's best or own transaction
    tx_for_mining = 74,            ///< immutable: a transaction of the pool
};

/// What a signal is about and where it is found.
enum class signal_side : std::uint8_t { chat, chain };
enum class signal_item : std::uint8_t { none, immutable_item, mutable_item };

struct signal_info {
    signal what;
    std::string_view name; ///< as the source lists it
    signal_side side;
    signal_item item;
};

/// A second name that the source gives to a signal.
struct signal_alias {
    std::string_view name;
    signal what;
};

/// The registry, each signal once.
[[nodiscard]] std::span<signal_info const> all_signals();
[[nodiscard]] std::span<signal_alias const> signal_aliases();

/// By name or alias; nullopt for one that nobody registered.
[[nodiscard]] std::optional<signal> signal_named(std::string_view name);
[[nodiscard]] std::string_view name_of(signal what);

} // namespace tau::gossip
