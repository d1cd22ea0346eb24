#include "core/hex.hpp"
#include "messenger/engine_core.hpp"
#include "messenger/gossip_link.hpp"
#include "messenger/publisher.hpp"
#include "wire/bencode.hpp"

#include <algorithm>
#include <utility>

// Our acknowledgements as sealed items, for friends who are never there when we are.
namespace tau::messenger {
namespace {

constexpr std::int64_t record_version = 1;

std::string name_of(char const* what, public_key const& key) {
    return std::string(what) + to_hex(key);
}

/// What a channel value says about the other chain, and nothing else.
wire::message_channel acknowledgement(wire::message_channel value) {
    wire::message_channel out;
    out.complete_root = value.complete_root;
    out.extra_roots = std::move(value.extra_roots);
    out.read_root = value.read_root;
    return out;
}

bool is_empty(wire::message_channel const& value) {
    return value == wire::message_channel{};
}

bytes encode(sealed_receipt const& what) {
    wire::dict_writer out;
    if (what.acknowledges)
        out.string("a", what.acknowledges->view());
    out.string("d", what.says);
    out.string("i", what.item);
    out.integer("s", what.settled ? 1 : 0);
    out.integer("t", what.time.time_since_epoch().count());
    out.integer("v", record_version);
    return out.finish();
}

result<sealed_receipt> decode(byte_view data) {
    TAU_TRY(in, wire::dict_reader::parse(data));
    if (auto const ec = in.check_version(record_version))
        return ec;
    sealed_receipt out;
    TAU_TRY(acknowledges, in.fixed_if<target>("a"));
    TAU_TRY(says, in.string("d", wire::max_value_bytes));
    TAU_TRY(item, in.string("i", wire::max_value_bytes));
    TAU_TRY(settled, in.integer("s", 0, 1));
    TAU_TRY(time, in.integer("t", 0, std::int64_t{1} << 53));
    out.acknowledges = acknowledges;
    out.says = to_bytes(says);
    out.item = to_bytes(item);
    out.settled = settled != 0;
    out.time = unix_ms(std::chrono::milliseconds(time));
    out.root = wire::target_of_immutable(out.item);
    return out;
}

} // namespace

void gossip_link::load_receipts(contact& who) const {
    auto const found = m_core.meta.find(name_of(receipt_name, who.row.key));
    if (found != m_core.meta.end())
        if (auto record = decode(found->second))
            who.receipt = std::move(record).value();
    auto const seen = m_core.meta.find(name_of(receipt_seen_name, who.row.key));
    if (seen != m_core.meta.end())
        if (auto const root = target::from(seen->second))
            who.receipt_seen = root.value();
}

void gossip_link::save_receipt(contact const& who) {
    m_core.ports.store.commit(
        {store::put_meta{name_of(receipt_name, who.row.key), encode(who.receipt)}},
        store::durability::lazy, {});
}

void gossip_link::note_receipt(contact& from, target const& root) {
    from.receipt_seen = root;
    m_core.ports.store.commit(
        {store::put_meta{name_of(receipt_seen_name, from.row.key), to_bytes(root)}},
        store::durability::lazy, {});
}

// Every exchange carries our tip, which says the same.
void gossip_link::on_reached(contact_ptr const& who) {
    m_machine.on_online(who->row.key, m_core.now());
}

void gossip_link::on_receipt_brought(contact_ptr const& who, wire::message_channel const& said) {
    auto says = wire::encode(acknowledgement(said));
    if (!says || (who->receipt.settled && who->receipt.says == says.value()))
        return;
    who->receipt = {};
    who->receipt.says = std::move(says).value();
    who->receipt.settled = true;
    who->receipt.time = m_core.now().wall;
    save_receipt(*who);
    renew(who);
}

bool gossip_link::says_all(contact const& who) const {
    auto const says = wire::encode(acknowledgement(m_core.publish->channel_of(who)));
    return says && says.value() == who.receipt.says;
}

bool gossip_link::owes_receipt(contact const& who) const {
    return !who.receipt.settled || !says_all(who);
}

bool gossip_link::is_receipt_alone(contact const& who) const {
    if (!says_all(who))
        return true;
    return !who.receipt.settled && !who.receipt.item.empty() && carriers_of(who.receipt.root) == 0;
}

void gossip_link::on_receipt_stuck(contact_ptr const& who) {
    if (who->state() != friend_state::accepted || !seal_receipt(*who))
        return;
    save_receipt(*who);
    put_receipt(*who);
    renew(who);
}

bool gossip_link::seal_receipt(contact& who) {
    auto const value = m_core.publish->channel_of(who);
    auto const part = acknowledgement(value);
    auto says = wire::encode(part);
    if (!says || is_empty(part) || who.receipt.says == says.value())
        return false;
    auto const content = wire::encode_sealed_state(value);
    if (!content)
        return false;
    auto const now = m_core.now().wall;
    auto sealed = m_core.sealer.seal({who.row.key, now}, content.value());
    if (!sealed)
        return false;
    sealed_receipt out;
    out.says = std::move(says).value();
    out.item = std::move(sealed.value().item);
    out.root = sealed.value().root;
    out.time = now;
    out.acknowledges = part.complete_root;
    who.receipt = std::move(out);
    return true;
}

void gossip_link::put_receipt(contact const& who) {
    auto const& mine = who.receipt;
    auto const now = m_core.now().wall;
    if (mine.settled || mine.item.empty())
        return;
    m_own_put[mine.root] = now;
    m_machine.on_put(mine.root, m_core.now());
    (void)m_core.ports.dht.put_immutable(mine.item, {});
}

// With the renewal of our gossip, which names them.
void gossip_link::put_receipts() {
    auto const now = m_core.now().wall;
    for (auto const& [key, who] : m_core.contacts) {
        auto const& mine = who->receipt;
        if (mine.settled || mine.item.empty() || now - mine.time >= receipt_lifetime)
            continue;
        auto const put = m_own_put.find(mine.root);
        if (now - (put == m_own_put.end() ? mine.time : put->second)
            >= m_core.settings.gossip.item_put_pause)
            put_receipt(*who);
        else
            (void)m_core.ports.dht.serve_immutable(mine.item);
    }
}

bytes gossip_link::receipt_at(target const& root) const {
    for (auto const& [key, who] : m_core.contacts)
        if (!who->receipt.settled && who->receipt.root == root)
            return who->receipt.item;
    return {};
}

} // namespace tau::messenger
