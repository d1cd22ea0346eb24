#pragma once

#include "messenger/contact.hpp"
#include "store/database.hpp"

namespace tau::messenger {

struct engine_core;

/// A stored message with its text, if that is a content tree and all of it is here.
struct view_source {
    store::message_row row;
    std::string long_text{};
};

/// The content of a message from the items that are stored; errc::not_found if some are
/// missing. Worker thread; costs 5 us an item.
[[nodiscard]] result<bytes> stored_content(store::database& db, store::message_row const& row);

[[nodiscard]] result<view_source> load_view_source(store::database& db, message_id const& id);
[[nodiscard]] result<std::vector<view_source>> load_view_sources(store::database& db,
                                                                 store::message_query const& query);

/// What a user sees of a row. State and way of our own messages come from `peer`, which
/// may know more than the row does.
[[nodiscard]] message_view view_of(store::message_row const& row, engine_core const& core,
                                   contact const& peer, std::string const& long_text = {});

/// A file name without folders and control characters; "file" if nothing is left.
[[nodiscard]] std::string safe_file_name(std::string_view name);

} // namespace tau::messenger
