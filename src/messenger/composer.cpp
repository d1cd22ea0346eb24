#include "messenger/composer.hpp"

#include "messenger/attachment_keeper.hpp"
#include "messenger/courier.hpp"
#include "messenger/engine_core.hpp"
#include "messenger/file_keeper.hpp"
#include "messenger/gossip_link.hpp"
#include "messenger/publisher.hpp"

#include <algorithm>
#include <string_view>

namespace tau::messenger {
namespace {

/// How far ahead of our clock a friend's may be before we no longer follow it.
constexpr std::chrono::hours max_clock_gap{2};

/// Lists of the items of a tree, for friends who hold what they cannot read.
result<std::vector<attachment_item>> manifests_of(std::vector<attachment_item> const& items) {
    std::vector<attachment_item> out;
    for (std::size_t at = 0; at < items.size(); at += wire::max_manifest_targets) {
        std::vector<target> part;
        for (auto i = at; i < std::min(items.size(), at + wire::max_manifest_targets); ++i)
            part.push_back(items[i].where);
        TAU_TRY(value, wire::encode_manifest(part));
        auto const where = wire::target_of_immutable(value);
        out.push_back({where, std::move(value)});
    }
    return out;
}

} // namespace

wire::content_kind kind_of_content(byte_view content) {
    using namespace std::string_view_literals;
    auto const text = as_text(content);
    for (auto const magic : {"\x89PNG\r\n\x1a\n"sv, "\xff\xd8\xff"sv, "GIF87a"sv, "GIF89a"sv})
        if (text.starts_with(magic))
            return wire::content_kind::image;
    if (text.starts_with("RIFF") && text.substr(0, 12).ends_with("WEBP"))
        return wire::content_kind::image;
    return wire::content_kind::file;
}

void composer::compose(contact_ptr const& to, draft what) {
    to->drafts.push_back(std::move(what));
    next(to);
}

void composer::compose_card(contact_ptr const& to, wire::contact_step step) {
    draft what;
    what.kind = wire::content_kind::contact;
    auto const key = m_core.ports.keys.contact_key(m_core.contact_generation);
    what.card =
        wire::contact_card{step, wire::contact_key::from(key.view()).value(), m_core.own_name};
    compose(to, std::move(what));
}

void composer::next(contact_ptr const& to) {
    if (to->composing || to->drafts.empty())
        return;
    to->composing = true;
    auto made = std::make_shared<result<composed>>(make(*to, to->drafts.front()));
    auto done = [this, made](contact_ptr const& who, error_code ec) {
        auto const stored = std::move(who->drafts.front().stored);
        who->drafts.pop_front();
        who->composing = false;
        auto const id = *made ? made->value().sealed.id : message_id{};
        if (!ec)
            on_stored(who, std::move(*made).value());
        next(who);
        if (stored)
            ec ? stored(ec) : stored(id);
    };
    // A draft that cannot be made is answered by way of the store too: never before
    // compose() returned, and in order.
    store::batch changes;
    if (*made) {
        changes = changes_for(*to, made->value());
        auto const& with = to->drafts.front().with;
        changes.insert(changes.end(), with.begin(), with.end());
    }
    m_core.ports.store.commit(
        std::move(changes), store::durability::full,
        m_core.guarded(to, [made, done](contact_ptr const& who, error_code ec) {
            done(who, *made ? ec : made->error());
        }));
}

result<composer::composed> composer::make(contact& to, draft const& what) {
    composed out;
    auto const now = m_core.now().wall;
    // Later than all that was said before, so that order is right though clocks differ.
    out.time = to.newest_time <= now + max_clock_gap
                   ? std::max(now, to.newest_time + std::chrono::milliseconds(1))
                   : now;
    out.root.kind = what.kind;
    out.root.links = to.dag.next_links();
    if (m_core.receipts == read_receipts::off || !to.late_unread.empty())
        out.root.links.seen.reset();
    out.root.text = what.text;
    out.root.file_name = what.file_name;
    out.root.card = what.card;
    out.root.file = what.file;
    out.root.received_file = what.received_file;
    byte_view tree = what.content;
    if (what.kind == wire::content_kind::text && what.text.size() > wire::max_inline_text_bytes) {
        tree = as_bytes(what.text);
        out.root.text.clear();
    }
    for (;;) {
        if (!tree.empty()) {
            TAU_TRY(built, build_attachment(tree, m_core.ports.random));
            out.root.content = std::move(built.ref);
            out.items = std::move(built.items);
            TAU_TRY(manifests, manifests_of(out.items));
            out.manifests = std::move(manifests);
        }
        TAU_TRY(content, wire::encode(out.root));
        if (content.size() > m_core.sealer.max_content_bytes() && tree.empty()) {
            // The links left less room than an inline text may take.
            tree = as_bytes(what.text);
            out.root.text.clear();
            if (!tree.empty())
                continue;
        }
        out.content = std::move(content);
        break;
    }
    TAU_TRY(sealed, m_core.sealer.seal({to.row.key, out.time}, out.content));
    out.sealed = std::move(sealed);
    return out;
}

store::batch composer::changes_for(contact const& to, composed const& made) const {
    store::message_row row;
    row.id = made.sealed.id;
    row.root = made.sealed.root;
    row.peer = to.row.key;
    row.direction = store::direction::out;
    row.kind = static_cast<std::int64_t>(made.root.kind);
    row.time = made.time;
    row.received = m_core.now().wall;
    row.content = made.content;
    row.sealed = made.sealed.item;
    row.fetched = made.root.content ? static_cast<std::int64_t>(made.root.content->size) : 0;
    row.hidden = wire::is_hidden(made.root.kind);
    store::batch out;
    out.push_back(store::put_message{std::move(row), true});
    if (made.root.card) {
        // In one with the card: a crash between the two would leave them without our key.
        auto with_key = to.row;
        with_key.has_our_key = m_core.contact_generation;
        out.push_back(store::put_friend{std::move(with_key)});
    }
    if (made.root.file)
        out.push_back(m_core.files->row_of(to.row.key, made.sealed.id, *made.root.file,
                                           store::direction::out));
    for (auto const* list : {&made.items, &made.manifests})
        for (auto const& item : *list)
            out.push_back(store::put_item{{item.where, made.sealed.id, item.value}});
    return out;
}

void composer::on_stored(contact_ptr const& to, composed made) {
    to->newest_time = std::max(to->newest_time, made.time);
    to->dag.add({made.sealed.id, made.sealed.root, chain_side::ours, made.time, made.root.links});
    to->sent[made.sealed.id] = {};
    if (made.root.card)
        to->row.has_our_key = m_core.contact_generation;
    outgoing one;
    one.id = made.sealed.id;
    one.root = made.sealed.root;
    one.sealed = std::move(made.sealed.item);
    one.has_content = made.root.content.has_value();
    one.content_taken = !one.has_content;
    one.time = made.time;
    one.hidden = wire::is_hidden(made.root.kind);
    for (auto const& manifest : made.manifests)
        one.manifests.push_back(manifest.where);
    to->outbox.push_back(std::move(one));
    if (made.root.file)
        m_core.files->on_sent(to, made.sealed.id, *made.root.file);
    if (!m_core.running || !to->is_talking())
        return;
    std::vector<bytes> items;
    for (auto* list : {&made.manifests, &made.items})
        for (auto& item : *list)
            items.push_back(std::move(item.value));
    m_core.attachments->serve(items);
    m_core.deliver->kick(to);
    m_core.publish->publish_new(to);
    if (!items.empty())
        m_core.attachments->publish(to, made.sealed.id);
    m_core.gossip->on_user_active();
    m_core.gossip->renew(to);
}

} // namespace tau::messenger
