#include "messenger/engine_core.hpp"
#include "messenger/gossip_link.hpp"
#include "messenger/own_channels.hpp"

#include <utility>

// Vectors beyond the first: immutable items, boxed like the gossip channel.
namespace tau::messenger {

bytes gossip_link::box_for_all(wire::gossip_vector const& what) const {
    auto const plain = wire::encode(what, m_core.self());
    auto boxed =
        plain ? channel::box_value(m_core.channels->own_box_key(), rider_place(m_core.self()),
                                   plain.value(), m_core.ports.random)
              : result<bytes>(plain.error());
    return boxed ? std::move(boxed).value() : bytes{};
}

result<wire::gossip_vector> gossip_link::open_from(contact const& from, byte_view boxed) const {
    if (!from.row.contact_key)
        return errc::not_found;
    std::vector<channel::box_key> keys;
    keys.push_back(
        channel::contact_box_key(wire::contact_key::from(from.row.contact_key->view()).value()));
    TAU_TRY(plain, channel::open_value(keys, rider_place(from.row.key), boxed));
    return wire::decode_gossip(plain, from.row.key);
}

void gossip_link::perform(gossip::publish const& what) {
    if (auto boxed = box_for_all(m_machine.vector_for_all(m_core.now())); !boxed.empty())
        m_core.channels->put(channel::gossip_salt(), std::move(boxed));
    if (what.renewal)
        put_receipts();
}

void gossip_link::perform(gossip::make_page const& what) {
    auto boxed = box_for_all(what.what);
    if (boxed.empty())
        return;
    auto const at = m_core.ports.dht.put_immutable(std::move(boxed), {});
    if (at)
        m_machine.on_page_made(what.id, at.value());
}

void gossip_link::perform(gossip::drop_page const& what) {
    m_core.ports.dht.forget_immutable(what.what);
}

void gossip_link::perform(gossip::fetch_page const& what) {
    auto const from = m_core.find(what.from);
    if (!from)
        return;
    auto came = std::make_shared<bool>(false);
    m_core.ports.dht.get_immutable(
        what.what, what.from,
        {m_core.guarded(
             from,
             [this, page = what.what, came](contact_ptr const& who, dht::got_immutable const& got) {
                 auto const vector = open_from(*who, got.value);
                 if (!vector || std::exchange(*came, true))
                     return;
                 m_machine.on_page(who->row.key, page, vector.value(), m_core.now());
                 pump();
             }),
         m_core.guarded(from, [this, page = what.what, came](contact_ptr const& who, error_code) {
             if (!*came)
                 m_machine.on_no_page(who->row.key, page, m_core.now());
         })});
}

} // namespace tau::messenger
