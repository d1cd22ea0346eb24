#include "gossip/signals.hpp"

#include <algorithm>
#include <array>

namespace tau::gossip {
namespace {

using enum signal_side;
using enum signal_item;

constexpr std::array<signal_info, 20> registry{{
    {signal::message_root, "MESSAGE_ROOT", chat, immutable_item},
    {signal::bundle, "MESSAGE_BUNDLE", chat, immutable_item},
    {signal::read_root, "READ_ROOT", chat, immutable_item},
    {signal::receipt, "RECEIPT", chat, immutable_item},
    {signal::demand, "DEMAND", chat, immutable_item},
    {signal::writing, "WRITING", chat, none},
    {signal::seen, "SEEN", chat, none},
    {signal::frequency, "GOSSIP_FREQUENCY", chat, none},
    {signal::endpoint_changed, "ENDPOINT_CHANGED", chat, mutable_item},
    {signal::tip_block_for_mining, "TIP_BLOCK_FROM_PEER_FOR_MINING", chain, mutable_item},
    {signal::history_block_for_mining, "GET_HISTORY_BLOCK_FOR_MINING", chain, immutable_item},
    {signal::history_tx_for_mining, "GET_HISTORY_BLOCK_TX_FOR_MINING", chain, immutable_item},
    {signal::block_demand, "BLOCK_DEMAND_FROM_PEER", chain, mutable_item},
    {signal::tx_demand, "BLOCK_TX_DEMAND_FROM_PEER", chain, mutable_item},
    {signal::history_block_for_sync, "GET_HISTORY_BLOCK_FOR_SYNC", chain, immutable_item},
    {signal::history_tx_for_sync, "GET_HISTORY_TX_FOR_SYNC", chain, immutable_item},
    {signal::tip_block_for_voting, "TIP_BLOCK_FROM_PEER_FOR_VOTING", chain, mutable_item},
    {signal::history_block_for_voting, "GET_HISTORY_BLOCK_FOR_VOTING", chain, immutable_item},
    {signal::tip_tx_for_mining, "TIP_TX_FOR_MINING", chain, mutable_item},
    {signal::tx_for_mining, "GET_TX_FOR_MINING", chain, immutable_item},
}};

constexpr std::array<signal_alias, 2> aliases{{
    {"HISTORY_BLOCK_REQUEST_FOR_VOTING", signal::history_block_for_voting},
    {"TX_FOR_MINING", signal::tx_for_mining},
}};

} // namespace

std::span<signal_info const> all_signals() {
    return registry;
}

std::span<signal_alias const> signal_aliases() {
    return aliases;
}

std::optional<signal> signal_named(std::string_view name) {
    for (auto const& one : registry)
        if (one.name == name)
            return one.what;
    for (auto const& one : aliases)
        if (one.name == name)
            return one.what;
    return std::nullopt;
}

std::string_view name_of(signal what) {
    auto const found = std::find_if(registry.begin(), registry.end(),
                                    [&](auto const& s) { return s.what == what; });
    return found == registry.end() ? std::string_view{} : found->name;
}

} // namespace tau::gossip
