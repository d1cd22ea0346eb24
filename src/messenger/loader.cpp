#include "messenger/loader.hpp"

#include "messenger/courier.hpp"
#include "messenger/engine_core.hpp"
#include "messenger/gossip_link.hpp"

#include <algorithm>

namespace tau::messenger {
namespace {

void restore_settings(engine_core& core, store::snapshot& tables) {
    for (auto& [name, value] : tables.meta)
        core.meta.emplace(std::move(name), std::move(value));
    if (auto const found = core.meta.find(meta_own_name); found != core.meta.end())
        core.own_name = std::string(as_text(found->second));
    if (auto const found = core.meta.find(meta_receipts); found != core.meta.end())
        core.receipts = found->second == bytes{0} ? read_receipts::off : read_receipts::on;
    if (auto const found = core.meta.find(meta_generation); found != core.meta.end()) {
        std::uint32_t number = 0;
        for (auto const octet : found->second)
            number = number * 256 + octet;
        core.contact_generation = std::max(number, std::uint32_t{1});
    }
    for (auto& row : tables.authored)
        core.authored.emplace(row.salt, std::move(row));
}

void restore_outbox(engine_core& core, std::vector<store::message_row>& rows,
                    std::map<message_id, std::vector<target>>& manifests) {
    for (auto& row : rows) {
        auto const to = core.find(row.peer);
        auto const root = root_of(row);
        if (!to || !root)
            continue;
        add_rows(*to, {row});
        outgoing one;
        one.id = row.id;
        one.root = row.root;
        one.has_content = root.value().content.has_value();
        bool const published = row.state >= static_cast<std::int64_t>(message_state::published);
        one.item_taken = one.announced = one.content_taken = published;
        one.content_taken = published || !one.has_content;
        one.time = row.time;
        one.hidden = row.hidden;
        if (auto const found = manifests.find(row.id); found != manifests.end())
            one.manifests = std::move(found->second);
        if (to->outbox.size() < courier::max_loaded)
            one.sealed = std::move(row.sealed);
        to->outbox.push_back(std::move(one));
    }
}

void restore_contact(engine_core& core, store::friend_row row, loaded_state& state) {
    auto const made = core.make_contact(std::move(row));
    if (!made)
        return;
    auto const& key = made->row.key;
    auto const& ends = state.ends[key];
    add_rows(*made, ends.newest_out);
    add_rows(*made, ends.newest_in);
    made->unread = state.unread[key];
    made->request_messages = ends.newest_in.size();
    auto const tip = channel::blinded_message_tip_salt(made->secret, core.self(), key);
    if (auto const found = core.authored.find(tip); found != core.authored.end())
        made->last_seq = found->second.seq;
    core.contacts.emplace(key, made);
}

} // namespace

result<wire::message_root> root_of(store::message_row const& row) {
    TAU_TRY(body, wire::decode_body(row.content));
    if (auto* const root = std::get_if<wire::message_root>(&body))
        return std::move(*root);
    return errc::invalid_encoding;
}

result<loaded_state> load_state(store::database& db) {
    loaded_state out;
    TAU_TRY(tables, db.load());
    out.tables = std::move(tables);
    for (auto const& row : out.tables.friends) {
        TAU_TRY(ends, db.ends(row.key, loaded_messages));
        TAU_TRY(unread, db.count_below(row.key, static_cast<std::int64_t>(message_state::read)));
        out.ends.emplace(row.key, std::move(ends));
        out.unread.emplace(row.key, unread);
    }
    TAU_TRY(outbox, db.messages_of(out.tables.outbox));
    out.outbox = std::move(outbox);
    for (auto const& row : out.outbox) {
        TAU_TRY(listed, db.manifests_of(row.id));
        if (!listed.empty())
            out.manifests.emplace(row.id, std::move(listed));
    }
    return out;
}

void add_rows(contact& to, std::vector<store::message_row> const& rows) {
    std::optional<target> seen;
    unix_ms seen_time{};
    for (auto const& row : rows) {
        auto const root = root_of(row);
        if (!root)
            continue;
        bool const ours = row.direction == store::direction::out;
        to.dag.add({row.id, row.root, ours ? chain_side::ours : chain_side::theirs, row.time,
                    root.value().links});
        to.newest_time = std::max(to.newest_time, row.time);
        if (ours)
            to.sent.insert_or_assign(row.id, sent_state{static_cast<message_state>(row.state),
                                                        static_cast<delivery_way>(row.way)});
        else if (row.state == static_cast<std::int64_t>(message_state::read)
                 && (!seen || row.time > seen_time)) {
            seen = row.root;
            seen_time = row.time;
        }
        if (!ours && root.value().card && row.time > to.card_time) {
            to.card_time = row.time;
            // A crash may have come between storing the card and applying it.
            to.row.contact_key = hash256::from(root.value().card->key.view()).value();
        }
    }
    if (seen)
        to.dag.mark_seen(*seen);
}

void restore_state(engine_core& core, loaded_state& state) {
    restore_settings(core, state.tables);
    for (auto& row : state.tables.friends)
        restore_contact(core, row, state);
    restore_outbox(core, state.outbox, state.manifests);
    for (auto const& row : state.tables.missing)
        if (auto const from = core.find(row.peer))
            from->stored_missing.push_back(row.root);
    for (auto const& row : state.tables.endpoints)
        core.ports.dht.hint_endpoint(row.key, row.where);
    for (auto const& [key, who] : core.contacts)
        core.gossip->load_receipts(*who);
}

} // namespace tau::messenger
