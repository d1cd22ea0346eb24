#pragma once

#include "messenger/contact.hpp"
#include "store/database.hpp"

#include <map>
#include <vector>

namespace tau::messenger {

struct engine_core;

/// Messages of each side of a conversation that are kept in memory from the start on.
/// Older ones stay on disk; their roots count as held when something links them.
inline constexpr std::size_t loaded_messages = 128;

/// Everything that the engine needs from the store to go on.
struct loaded_state {
    store::snapshot tables;
    std::map<public_key, store::conversation_ends> ends;
    std::map<public_key, std::uint64_t> unread;
    std::vector<store::message_row> outbox;
    std::map<message_id, std::vector<target>> manifests; ///< of those in the outbox
};

/// Reads it. Worker thread.
[[nodiscard]] result<loaded_state> load_state(store::database& db);

/// Fills contacts and settings of an engine that has not run yet; takes the settings and
/// outbox rows out of `state`.
void restore_state(engine_core& core, loaded_state& state);

/// Adds stored messages to a conversation that is in memory.
void add_rows(contact& to, std::vector<store::message_row> const& rows);

/// The root message in a row; an error if the row was made by something else.
[[nodiscard]] result<wire::message_root> root_of(store::message_row const& row);

// Names in the table of settings.
inline constexpr char const* meta_own_name = "own_name";
inline constexpr char const* meta_receipts = "read_receipts";
inline constexpr char const* meta_generation = "contact_generation";
inline constexpr char const* meta_restored = "restored";

} // namespace tau::messenger
