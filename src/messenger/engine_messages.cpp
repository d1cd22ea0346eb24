#include "messenger/attachment_keeper.hpp"
#include "messenger/composer.hpp"
#include "messenger/courier.hpp"
#include "messenger/engine.hpp"
#include "messenger/engine_core.hpp"
#include "messenger/file_keeper.hpp"
#include "messenger/friend_watch.hpp"
#include "messenger/gossip_link.hpp"
#include "messenger/hauler.hpp"
#include "messenger/loader.hpp"
#include "messenger/views.hpp"

#include "core/text.hpp"
#include "dht/access.hpp"

#include <algorithm>
#include <utility>

namespace tau::messenger {
namespace {

/// Answers with an error, but not before the call returned.
template <class Answer>
void refuse(engine_core& core, Answer answer, error_code ec) {
    core.after(std::chrono::milliseconds(0), [answer = std::move(answer), ec] {
        if (answer)
            answer(ec);
    });
}

/// What stays of a message that was erased: its links.
bytes links_alone(store::message_row const& row) {
    wire::message_root out;
    if (auto const root = root_of(row))
        out.links = root.value().links;
    out.text = " ";
    auto encoded = wire::encode(wire::message_body(out));
    return encoded ? std::move(encoded).value() : bytes{};
}

void mark_rows(engine_core& core, std::vector<store::message_row> const& rows) {
    store::batch changes;
    for (auto const& row : rows) {
        auto const from = core.find(row.peer);
        if (!from || row.direction != store::direction::in)
            continue;
        from->late_unread.erase(row.root);
        if (row.state < static_cast<std::int64_t>(message_state::read)) {
            from->unread -= std::min<std::uint64_t>(from->unread, row.hidden ? 0 : 1);
            changes.push_back(store::set_message_state{
                row.id, static_cast<std::int64_t>(message_state::read), 0});
        }
    }
    if (changes.empty())
        return;
    // Friends are told only of what survives a crash.
    core.ports.store.commit(std::move(changes), store::durability::lazy,
                            core.guarded([&core, rows](error_code ec) {
                                if (ec)
                                    return;
                                for (auto const& row : rows) {
                                    auto const from = core.find(row.peer);
                                    if (!from || row.direction != store::direction::in
                                        || !from->dag.mark_seen(row.root))
                                        continue;
                                    if (from->is_talking() && core.receipts == read_receipts::on)
                                        core.deliver->owe_receipt(from);
                                }
                            }));
}

/// Why a message of the outbox is still there.
waiting_view why(engine_core const& core, contact const& to, outgoing const& one) {
    waiting_view out;
    out.next_try = to.next_try;
    out.tries = to.tries;
    out.carriers = core.gossip->carriers_of(one.root);
    out.published = one.item_taken && one.announced && one.content_taken;
    if (to.state() == friend_state::blocked)
        out.reason = waiting_reason::blocked;
    else if (to.state() == friend_state::pending)
        out.reason = waiting_reason::first_contact;
    else if (one.handed_over)
        out.reason = waiting_reason::not_acknowledged;
    else if (out.carriers > 0)
        out.reason = waiting_reason::with_friends;
    else if (to.last_failure == error_code(errc::unreachable))
        out.reason = waiting_reason::no_endpoint;
    else
        out.reason = waiting_reason::no_answer;
    return out;
}

} // namespace

void engine::send_text(public_key const& to, std::string text, answer_handler<message_id> stored) {
    auto const who = m_core->find(to);
    auto ec = m_core->sendable(who);
    if (!ec
        && text.size()
               > std::min<std::size_t>(m_core->settings.max_text_bytes, max_attachment_bytes))
        ec = errc::too_large;
    if (!ec && !is_utf8(text))
        ec = errc::invalid_encoding;
    if (!ec && text.empty())
        ec = errc::invalid_argument;
    if (ec)
        return refuse(*m_core, std::move(stored), ec);
    draft what;
    what.text = std::move(text);
    what.stored = std::move(stored);
    m_core->watch->hurry(who);
    m_core->compose->compose(who, std::move(what));
}

void engine::send_file(public_key const& to, outgoing_file file,
                       answer_handler<message_id> stored) {
    auto const who = m_core->find(to);
    auto ec = m_core->sendable(who);
    if (!ec
        && file.content.size()
               > std::min<std::size_t>(m_core->settings.max_attachment_bytes, max_attachment_bytes))
        ec = errc::too_large;
    if (!ec && file.content.empty())
        ec = errc::invalid_argument;
    if (!ec && !is_utf8(file.name))
        ec = errc::invalid_encoding;
    draft what;
    what.file_name = safe_file_name(file.name);
    if (!ec && what.file_name.size() > wire::max_file_name_bytes)
        ec = errc::too_large;
    if (ec)
        return refuse(*m_core, std::move(stored), ec);
    what.kind = kind_of_content(file.content);
    what.content = std::move(file.content);
    what.stored = std::move(stored);
    m_core->watch->hurry(who);
    m_core->compose->compose(who, std::move(what));
}

void engine::inbox(inbox_query query, answer_handler<std::vector<message_view>> answer) {
    store::message_query wanted;
    wanted.peer = query.who;
    wanted.peer_states = {static_cast<std::int64_t>(friend_state::pending),
                          static_cast<std::int64_t>(friend_state::accepted)};
    wanted.since = query.since;
    wanted.limit = std::min(query.limit, max_inbox_limit);
    m_core->ports.store.read(
        [wanted](store::database& db) { return load_view_sources(db, wanted); },
        m_core->guarded([core = m_core.get(),
                         answer = std::move(answer)](result<std::vector<view_source>> sources) {
            if (!sources)
                return answer(sources.error());
            std::vector<message_view> out;
            for (auto const& source : sources.value())
                if (auto const peer = core->find(source.row.peer))
                    out.push_back(view_of(source.row, *core, *peer, source.long_text));
            answer(std::move(out));
        }));
}

void engine::message(message_id const& id, answer_handler<message_view> answer) {
    m_core->ports.store.read([id](store::database& db) { return load_view_source(db, id); },
                             m_core->guarded([core = m_core.get(), answer = std::move(answer)](
                                                 result<view_source> source) {
                                 if (!source)
                                     return answer(source.error());
                                 auto const& row = source.value().row;
                                 auto const peer = core->find(row.peer);
                                 if (!peer || row.erased || row.hidden)
                                     return answer(errc::not_found);
                                 answer(view_of(row, *core, *peer, source.value().long_text));
                             }));
}

void engine::mark_read(std::vector<message_id> ids, done_handler done) {
    m_core->ports.store.read(
        [ids = std::move(ids)](store::database& db) { return db.messages_of(ids); },
        m_core->guarded([core = m_core.get(),
                         done = std::move(done)](result<std::vector<store::message_row>> rows) {
            if (rows)
                mark_rows(*core, rows.value());
            if (done)
                done(rows ? error_code{} : rows.error());
        }));
}

void engine::erase(message_id const& id, done_handler done) {
    m_core->ports.store.read(
        [id](store::database& db) -> result<store::message_row> {
            TAU_TRY(row, db.message(id));
            if (row.erased || row.hidden)
                return errc::not_found;
            if (auto const ec =
                    db.apply({store::erase_message{id, links_alone(row)}}, store::durability::full))
                return ec;
            return row;
        },
        m_core->guarded(
            [core = m_core.get(), done = std::move(done)](result<store::message_row> row) {
                if (row) {
                    core->attachments->cancel(row.value().id);
                    core->files->erase(row.value().id);
                    core->haul->release(row.value().id);
                    core->ports.dht.forget_immutable(row.value().root);
                    if (auto const peer = core->find(row.value().peer)) {
                        std::erase_if(peer->outbox,
                                      [&](auto const& one) { return one.id == row.value().id; });
                        bool const unread =
                            row.value().direction == store::direction::in
                            && row.value().state < static_cast<std::int64_t>(message_state::read);
                        peer->unread -= std::min<std::uint64_t>(peer->unread, unread ? 1 : 0);
                        peer->late_unread.erase(row.value().root);
                        core->deliver->offer(peer);
                        core->gossip->renew(peer);
                    }
                }
                if (done)
                    done(row ? error_code{} : row.error());
            }));
}

void engine::attachment(message_id const& id, answer_handler<bytes> answer) {
    struct stored {
        store::message_row row;
        result<bytes> content;
    };
    auto const read = [](message_id const& what) {
        return [what](store::database& db) -> result<stored> {
            TAU_TRY(row, db.message(what));
            auto content = stored_content(db, row);
            return stored{std::move(row), std::move(content)};
        };
    };
    m_core->ports.store.read(
        read(id), m_core->guarded([core = m_core.get(), id, read,
                                   answer = std::move(answer)](result<stored> found) {
            if (!found || found.value().content)
                return answer(found ? found.value().content : found.error());
            auto const& row = found.value().row;
            auto const peer = core->find(row.peer);
            auto const root = root_of(row);
            if (!peer || !root || !root.value().content || row.erased)
                return answer(errc::not_found);
            core->attachments->fetch(peer, id, root.value(), row.root);
            core->attachments->when_done(id, core->guarded([core, id, read, answer](error_code ec) {
                if (ec)
                    return answer(ec);
                core->ports.store.read(read(id), core->guarded([answer](result<stored> again) {
                    answer(again ? again.value().content : result<bytes>(again.error()));
                }));
            }));
        }));
}

void engine::why_waiting(message_id const& id, answer_handler<waiting_view> answer) {
    m_core->ports.store.read([id](store::database& db) { return db.message(id); },
                             m_core->guarded([core = m_core.get(), id, answer = std::move(answer)](
                                                 result<store::message_row> row) {
                                 if (!row)
                                     return answer(row.error());
                                 auto const to = core->find(row.value().peer);
                                 auto const* const one = to ? to->find_outgoing(id) : nullptr;
                                 answer(one ? why(*core, *to, *one) : waiting_view{});
                             }));
}

std::vector<waiting_message> engine::waiting_messages(std::size_t limit) const {
    std::vector<waiting_message> out;
    for (auto const& [key, who] : m_core->contacts)
        for (auto const& one : who->outbox)
            if (!one.hidden)
                out.push_back({one.id, key, one.time, why(*m_core, *who, one)});
    std::stable_sort(out.begin(), out.end(),
                     [](auto const& a, auto const& b) { return a.time < b.time; });
    out.resize(std::min(out.size(), limit));
    return out;
}

} // namespace tau::messenger
