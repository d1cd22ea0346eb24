#include "messenger/views.hpp"

#include "core/text.hpp"
#include "messenger/attachment_fetch.hpp"
#include "messenger/engine_core.hpp"
#include "messenger/file_keeper.hpp"
#include "messenger/loader.hpp"

#include <algorithm>
#include <map>

namespace tau::messenger {
namespace {

result<view_source> source_of(store::database& db, store::message_row row) {
    view_source out{std::move(row)};
    if (out.row.kind != static_cast<std::int64_t>(wire::content_kind::text) || out.row.erased)
        return out;
    TAU_TRY(root, root_of(out.row));
    if (root.content)
        if (auto const text = stored_content(db, out.row))
            out.long_text = std::string(as_text(text.value()));
    return out;
}

} // namespace

result<bytes> stored_content(store::database& db, store::message_row const& row) {
    TAU_TRY(root, root_of(row));
    if (!root.content)
        return errc::not_found;
    TAU_TRY(machine, attachment_fetch::of(*root.content));
    TAU_TRY(items, db.items_of(row.id));
    std::map<target, bytes> stored;
    for (auto& item : items)
        stored.emplace(item.target, std::move(item.value));
    while (!machine.is_done()) {
        auto const wanted = machine.next(time_point{});
        if (wanted.empty())
            return errc::not_found;
        for (auto const& item : wanted) {
            auto const found = stored.find(item);
            if (found == stored.end())
                return errc::not_found;
            if (auto const ec = machine.on_value(item, found->second, time_point{}))
                return ec;
        }
    }
    return machine.take();
}

result<view_source> load_view_source(store::database& db, message_id const& id) {
    TAU_TRY(row, db.message(id));
    return source_of(db, std::move(row));
}

result<std::vector<view_source>> load_view_sources(store::database& db,
                                                   store::message_query const& query) {
    TAU_TRY(rows, db.messages(query));
    std::vector<view_source> out;
    for (auto& row : rows) {
        TAU_TRY(source, source_of(db, std::move(row)));
        out.push_back(std::move(source));
    }
    return out;
}

message_view view_of(store::message_row const& row, engine_core const& core, contact const& peer,
                     std::string const& long_text) {
    bool const ours = row.direction == store::direction::out;
    message_view out;
    out.id = row.id;
    out.from = ours ? core.self() : row.peer;
    out.to = ours ? row.peer : core.self();
    out.time = row.time;
    out.received = row.received;
    out.state = static_cast<message_state>(row.state);
    out.way = static_cast<delivery_way>(row.way);
    if (auto const known = peer.sent.find(row.id);
        ours && known != peer.sent.end() && known->second.state >= out.state) {
        out.state = known->second.state;
        out.way = known->second.way;
    }
    out.waiting_first_contact =
        ours && peer.state() == friend_state::pending && out.state < message_state::delivered;
    auto const root = root_of(row);
    if (!root)
        return out;
    if (root.value().kind == wire::content_kind::text)
        out.text = root.value().content ? long_text : root.value().text;
    else if (root.value().content)
        out.file =
            attachment_view{safe_file_name(root.value().file_name), root.value().content->size,
                            root.value().content->sha256,
                            static_cast<std::uint64_t>(std::max<std::int64_t>(row.fetched, 0))};
    else if (auto const& file = root.value().file) {
        out.file =
            attachment_view{safe_file_name(root.value().file_name), file->size, file->sha256};
        core.files->describe(row.id, *out.file);
    }
    return out;
}

std::string safe_file_name(std::string_view name) {
    if (auto const cut = name.find_last_of("/\\"); cut != std::string_view::npos)
        name.remove_prefix(cut + 1);
    std::string out;
    for (char const c : name)
        if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f)
            out += c;
    if (out.empty() || out == "." || out == ".." || !is_utf8(out))
        return "file";
    return out;
}

} // namespace tau::messenger
