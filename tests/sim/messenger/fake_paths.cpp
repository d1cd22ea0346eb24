#include "sim/messenger/fake_paths.hpp"

#include "sim/messenger/world.hpp"

namespace tau::test {

fake_paths::fake_paths(world& w, person& owner) : m_world(w), m_owner(owner) {
    m_owner.engine().use_carrier(this);
}

fake_paths::~fake_paths() {
    if (m_owner.is_up())
        m_owner.engine().use_carrier(nullptr);
}

messenger::reach fake_paths::reach_of(public_key const& who,
                                      std::optional<wallet_address> const& wallet) const {
    for (auto const* other : m_others)
        if (wallet && !is_cut && other->m_owner.key() == who)
            return messenger::reach::path;
    return messenger::reach::none;
}

error_code fake_paths::carry(public_key const& to, wallet_address const&,
                             messenger::message_id const& id, bytes sealed) {
    for (auto* other : m_others) {
        if (other->m_owner.key() != to)
            continue;
        ++on_the_way;
        most_on_the_way = std::max(most_on_the_way, on_the_way);
        bool const is_lost = m_world.random.below(100) < loss_percent;
        m_world.later(time_for(sealed.size()),
                      [this, other, id, is_lost, sealed = std::move(sealed)] {
                          if (is_lost || is_cut) {
                              --on_the_way;
                              return;
                          }
                          other->m_came[id] = this;
                          other->m_owner.engine().on_carried(sealed, m_owner.keys().wallet(),
                                                             messenger::delivery_way::path);
                      });
        return {};
    }
    return errc::unreachable;
}

std::chrono::milliseconds fake_paths::time_for(std::size_t octets) {
    if (bytes_per_s == 0)
        return delay;
    auto const now = m_world.clock.now().mono;
    m_free_at =
        std::max(m_free_at, now) + std::chrono::microseconds(octets * 1'000'000 / bytes_per_s);
    return delay + std::chrono::duration_cast<std::chrono::milliseconds>(m_free_at - now);
}

void fake_paths::on_kept(messenger::message_id const& id) {
    auto const found = m_came.find(id);
    if (found == m_came.end())
        return;
    auto* const from = found->second;
    m_came.erase(found);
    m_world.later(delay, [this, from, id] {
        --from->on_the_way;
        from->m_owner.engine().on_carried_receipt(m_owner.key(), {id},
                                                  messenger::delivery_way::path);
    });
}

} // namespace tau::test
