#include "messenger/engine_core.hpp"
#include "messenger/gossip_link.hpp"

#include <utility>

// Vectors beyond the first: immutable items, boxed like the gossip channel.
namespace tau::messenger {

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
                 m_carrier.on_page(who->row.key, page, got.value);
                 m_machine.on_page(who->row.key, page, vector.value(), m_core.now());
                 pump();
             }),
         m_core.guarded(from, [this, page = what.what, came](contact_ptr const& who, error_code) {
             if (!*came)
                 m_machine.on_no_page(who->row.key, page, m_core.now());
         })});
}

} // namespace tau::messenger
