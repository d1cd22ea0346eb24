#include "forward/engine.hpp"

#include <utility>

namespace tau::forward {

void engine::probe(wallet_path path, probe_handler done, moment now) {
    if (path.empty() || path.size() > wire::max_frame_hops || m_probes.size() >= max_probes)
        return done(std::nullopt);
    auto const id = m_random.make<hash256>();
    auto const target = path.back();
    m_probes.emplace(id, sent_probe{now.mono, std::move(done)});
    send_control(wire::frame_kind::probe, id, target, std::move(path), {}, now);
}

void engine::answer_probe(wire::frame const& what, moment now) {
    if (!m_echoes.allow(what.visited.back(), now.mono))
        return;
    send_control(wire::frame_kind::echo, what.id, what.visited.front(),
                 {what.visited.rbegin(), what.visited.rend()}, {}, now);
}

void engine::on_echo(hash256 const& id, moment now) {
    auto const found = m_probes.find(id);
    if (found == m_probes.end())
        return;
    auto const one = std::move(found->second);
    m_probes.erase(found);
    one.done(now.mono - one.sent);
}

void engine::give_up_probes(time_point now) {
    std::vector<probe_handler> over;
    std::erase_if(m_probes, [&](auto& one) {
        if (one.second.sent + probe_time > now)
            return false;
        over.push_back(std::move(one.second.done));
        return true;
    });
    for (auto const& done : over)
        done(std::nullopt);
}

} // namespace tau::forward
