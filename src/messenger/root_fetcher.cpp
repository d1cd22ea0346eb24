#include "messenger/root_fetcher.hpp"

#include "messenger/engine_core.hpp"
#include "messenger/gossip_link.hpp"
#include "messenger/receiver.hpp"

#include <algorithm>

namespace tau::messenger {
namespace {

// A sender who is online brings what we have not acknowledged; what it does not bring in this time
// is asked for.
constexpr std::chrono::milliseconds patience{1'000};

} // namespace

void root_fetcher::kick(contact_ptr const& from) {
    if (!m_core.running || !from->is_talking())
        return;
    auto const now = m_core.now().mono;
    std::vector<target> unchecked;
    std::optional<time_point> next;
    auto roots = from->dag.missing(max_looked_at);
    std::erase_if(from->stored_missing, [&](target const& root) { return from->dag.has(root); });
    for (auto const& root : from->stored_missing)
        if (roots.size() < max_looked_at && std::ranges::find(roots, root) == roots.end())
            roots.push_back(root);
    for (auto const& root : roots) {
        auto& one = from->wanted[root];
        if (!one.checked)
            unchecked.push_back(root);
        else if (one.under_way)
            continue;
        else if (one.not_before > now)
            next = next ? std::min(*next, one.not_before) : one.not_before;
        else if (from->root_gets < max_gets)
            get(from, root);
    }
    if (!unchecked.empty())
        check(from, std::move(unchecked));
    m_core.alarms.cancel(from->fetch_alarm);
    if (next)
        from->fetch_alarm =
            m_core.after(std::chrono::ceil<std::chrono::milliseconds>(*next - now),
                         m_core.guarded(from, [this](contact_ptr const& who) { kick(who); }));
}

void root_fetcher::check(contact_ptr const& from, std::vector<target> roots) {
    if (std::exchange(from->checking_roots, true))
        return;
    m_core.ports.store.read(
        [roots](store::database& db) { return db.known_of(roots); },
        m_core.guarded(
            from, [this, roots](contact_ptr const& who, result<std::vector<target>> known) {
                who->checking_roots = false;
                if (!known)
                    return;
                for (auto const& root : known.value()) {
                    who->dag.assume_held(root);
                    who->wanted.erase(root);
                }
                store::batch note;
                for (auto const& root : roots)
                    if (auto const found = who->wanted.find(root); found != who->wanted.end()) {
                        found->second.checked = true;
                        // Whoever is there brings what waits with them.
                        if (m_core.gossip->is_online(*who))
                            found->second.not_before = m_core.now().mono + patience;
                        note.push_back(store::put_missing{{who->row.key, root, m_core.now().wall}});
                    }
                if (!note.empty())
                    m_core.ports.store.commit(std::move(note), store::durability::lazy, {});
                kick(who);
            }));
}

void root_fetcher::get(contact_ptr const& from, target const& root) {
    from->wanted[root].under_way = true;
    ++from->root_gets;
    auto way = std::make_shared<bool>(false);
    auto const holder = m_core.gossip->holder_for(*from, root, from->wanted[root].failures);
    m_core.ports.dht.get_immutable(
        root, holder,
        {m_core.guarded(from,
                        [this, way, holder](contact_ptr const& who, dht::got_immutable const& got) {
                            *way = true;
                            auto const direct = holder == who->row.key ? delivery_way::direct
                                                                       : delivery_way::friends;
                            m_core.receive->on_sealed(
                                {got.value},
                                got.source == dht::get_source::direct ? direct : delivery_way::dht,
                                who);
                        }),
         m_core.guarded(from, [this, root, way](contact_ptr const& who, error_code) {
             on_done(who, root, *way);
         })});
}

void root_fetcher::on_done(contact_ptr const& from, target const& root, bool found) {
    --from->root_gets;
    auto const one = from->wanted.find(root);
    if (one != from->wanted.end()) {
        one->second.under_way = false;
        // What was found but did not open is as good as lost; it may yet come otherwise.
        auto const failures = std::min(one->second.failures++, found ? 20U : 12U);
        auto const pause =
            std::min(first_pause * (std::int64_t{1} << std::min(failures, 11U)), last_pause);
        one->second.not_before = m_core.now().mono + pause;
    }
    if (!found)
        m_core.gossip->on_missing(*from, root);
    kick(from);
}

void root_fetcher::forget(contact& who) {
    m_core.alarms.cancel(who.fetch_alarm);
    who.wanted.clear();
}

} // namespace tau::messenger
