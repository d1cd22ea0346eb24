#include "messenger/hauler.hpp"

#include "core/hex.hpp"
#include "dht/access.hpp"
#include "messenger/engine_core.hpp"
#include "messenger/links_channel.hpp"
#include "wire/bencode.hpp"

#include <utility>

namespace tau::messenger {
namespace {

constexpr std::string_view hint_prefix = "wallet_hint_";

} // namespace

std::optional<wallet_address> hauler::wallet_of(contact const& who) {
    return who.row.wallet ? who.row.wallet : who.wallet_hint;
}

reach hauler::reach_of(contact const& who) const {
    return m_carrier == nullptr ? reach::none : m_carrier->reach_of(who.row.key, wallet_of(who));
}

void hauler::carry(contact& to, outgoing const& one) {
    auto const wallet = wallet_of(to);
    auto const sealed = wire::unwrap_string(one.sealed);
    if (wallet && sealed)
        (void)m_carrier->carry(to.row.key, *wallet, one.id, to_bytes(sealed.value()));
}

bool hauler::is_connected(contact const& to) const {
    return reach_of(to) == reach::connection && to.tries_carried < trusted_tries;
}

void hauler::carry_all(contact_ptr const& to, std::vector<message_id> const& ids) {
    auto const now = m_core.now().mono;
    bool is_again = false;
    for (auto const& id : ids)
        if (auto* const one = to->find_outgoing(id)) {
            is_again = is_again || one->offered;
            carry(*to, *one);
            one->offered = now;
        }
    if (to->receipt_due)
        carry_receipt(to);
    if (is_again)
        ++to->tries_carried; // until something is acknowledged
}

void hauler::help(contact_ptr const& to) {
    auto const how = reach_of(*to);
    if (to->outbox.empty() || how == reach::none)
        return;
    if (how == reach::path)
        m_core.links->look(to);
    bool const is_known = to->last_source || m_core.ports.dht.endpoint_of(to->row.key);
    if (!is_known || to->tries > 0)
        return carry_loaded(*to);
    if (!m_core.alarms.is_set(to->help_alarm))
        to->help_alarm = m_core.after(stagger, m_core.guarded(to, [this](contact_ptr const& who) {
            if (m_core.running && who->is_talking())
                carry_loaded(*who);
        }));
}

// What is under way already the carrier leaves alone.
void hauler::carry_loaded(contact& to) {
    if (reach_of(to) == reach::none)
        return;
    std::size_t seen = 0;
    for (auto const& one : to.outbox) {
        if (++seen > max_helped)
            return;
        if (!one.sealed.empty())
            carry(to, one);
    }
}

void hauler::release(message_id const& id) {
    if (m_carrier != nullptr)
        m_carrier->release(id);
}

void hauler::carry_receipt(contact_ptr const& to) {
    auto const wallet = wallet_of(*to);
    if (!wallet || reach_of(*to) == reach::none)
        return;
    wire::message_receipt receipt;
    receipt.delivered = std::exchange(to->receipt_ids, {});
    to->receipt_due = false;
    if (m_core.receipts == read_receipts::on && to->late_unread.empty())
        receipt.read_root = to->dag.seen();
    if (receipt.delivered.empty() && !receipt.read_root)
        return; // the carrier itself acknowledges what it brought
    auto const content = wire::encode(wire::message_body(receipt));
    if (!content)
        return;
    auto const sealed = m_core.sealer.seal({to->row.key, m_core.now().wall}, content.value());
    auto const octets =
        sealed ? wire::unwrap_string(sealed.value().item) : result<byte_view>(sealed.error());
    if (octets)
        (void)m_carrier->carry(to->row.key, *wallet, sealed.value().id, to_bytes(octets.value()));
}

void hauler::hint_wallet(contact& of, wallet_address const& wallet) {
    if (of.wallet_hint == wallet)
        return;
    of.wallet_hint = wallet;
    m_core.ports.store.commit(
        {store::put_meta{std::string(hint_prefix) + to_hex(of.row.key), to_bytes(wallet.view())}},
        store::durability::lazy, {});
}

void hauler::restore_hints() {
    for (auto const& [key, who] : m_core.contacts)
        if (auto const found = m_core.meta.find(std::string(hint_prefix) + to_hex(key));
            found != m_core.meta.end())
            if (auto const wallet = wallet_address::from(found->second))
                who->wallet_hint = wallet.value();
}

} // namespace tau::messenger
