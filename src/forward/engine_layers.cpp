#include "forward/engine.hpp"

#include "identity/ed25519.hpp"
#include "identity/keccak.hpp"

#include <utility>

namespace tau::forward {

std::optional<sealing_key> engine::sealing_key_for(wallet_address const& who,
                                                   own_message const& own) {
    auto const key = who == own.what.target ? std::optional(own.what.key) : m_port.key_of(who);
    if (!key)
        return std::nullopt;
    if (auto const known = m_sealing_keys.find(*key); known != m_sealing_keys.end())
        return known->second;
    auto const made = identity::sealing_key_of(*key);
    if (!made)
        return std::nullopt;
    if (m_sealing_keys.size() >= max_sealing_keys)
        m_sealing_keys.erase(m_sealing_keys.begin());
    return m_sealing_keys.emplace(*key, made.value()).first->second;
}

// A message of ours was given a path over `hop`. False if the path must be sealed and cannot.
bool engine::seal_path(cargo& what, wallet_address const& hop) {
    what.layers.reset();
    auto const found = m_own.find(what.what.id);
    if (m_settings.layers == layering::off || found == m_own.end())
        return true;
    auto& own = found->second;
    std::vector<layer_hop> hops;
    auto const add = [&](wallet_address const& who) {
        auto const key = sealing_key_for(who, own);
        if (key)
            hops.push_back({who, *key});
        return key.has_value();
    };
    bool is_whole = add(hop);
    for (std::size_t i = 0; is_whole && i < what.what.path.size(); ++i)
        is_whole = add(what.what.path[i]);
    if (!own.answers)
        own.answers = m_random.make<wire::answer_key>();
    auto sealed = is_whole ? seal_layers(hops, self(), *own.answers, what.what.payload, m_random)
                           : result<layered_message>(errc::not_found);
    if (!sealed)
        return m_settings.layers == layering::preferred;
    own.layered.push_back(sealed.value().id);
    m_layered[sealed.value().id] = {own.what.id, own.attempt_on_wire()};
    ++m_counts.layered;
    // So that a hop does not see how far it is from us.
    auto const needed = static_cast<std::uint8_t>(hops.size());
    what.what.hop_limit =
        static_cast<std::uint8_t>(needed + m_random.below(wire::max_frame_hops - needed + 1));
    what.layers = std::move(sealed).value();
    return true;
}

void engine::open_layered(cargo_ptr what, moment now) {
    if (!m_copies.add(copy_mark(what->what))) {
        ++m_counts.copies;
        return report(*what, wire::hop_outcome::taken);
    }
    auto opened = open_layer(m_keys, what->what.payload);
    if (!opened) {
        ++m_counts.bad_layers;
        return report(*what, wire::hop_outcome::refused);
    }
    if (auto* const pass = std::get_if<wire::layer_pass>(&opened.value()))
        return pass_layer(std::move(what), std::move(*pass), now);
    arrive_layered(*what, std::move(std::get<wire::layer_end>(opened.value())), now);
    report(*what, wire::hop_outcome::taken);
}

void engine::pass_layer(cargo_ptr what, wire::layer_pass pass, moment now) {
    auto& frame = what->what;
    if (m_settings.forwards == transit::off)
        return report(*what, wire::hop_outcome::refused);
    if (pass.next == self() || pass.next == what->source) {
        ++m_counts.looped;
        return report(*what, wire::hop_outcome::looped);
    }
    if (frame.hop_limit == 0 || frame.life <= std::chrono::milliseconds(0)) {
        ++m_counts.expired;
        return report(*what, wire::hop_outcome::expired);
    }
    auto const before = what->size();
    what->layers = layered_message{frame.id, {}};
    --frame.hop_limit;
    frame.id = pass.id;
    frame.target = pass.next;
    frame.path.clear();
    frame.visited.clear();
    frame.payload = std::move(pass.inner);
    recount_held(*what, before);
    what->expires =
        now.mono + std::min<std::chrono::milliseconds>(frame.life, m_settings.hold_time);
    route(std::move(what), now);
}

// The neighbour's share is counted by the size of what is here: a layer is gone.
void engine::recount_held(cargo const& what, std::size_t before) {
    auto const near = m_near.find(what.source);
    if (what.is_owed && near != m_near.end() && near->second.epoch == what.source_epoch)
        near->second.held_bytes -= before - what.size();
}

void engine::remember_way_back(wallet_address const& next, hash256 const& id, return_way to) {
    auto& known = m_ways_back[next];
    if (!known.ways.insert_or_assign(id, to).second)
        return;
    known.order.push_back(id);
    if (known.order.size() <= max_ways_back)
        return;
    known.ways.erase(known.order.front());
    known.order.pop_front();
}

void engine::arrive_layered(cargo const& what, wire::layer_end end, moment now) {
    auto const id = identity::keccak256(end.payload);
    unaccepted entry{end.origin, {}, now.mono};
    entry.layers = sealed_return{{what.source, what.what.id}, end.answers};
    if (!m_accepted.has(id))
        return keep_arrival(id, std::move(end.payload), {end.origin, what.source},
                            std::move(entry));
    ++m_counts.repeated;
    owe_ack(id, std::move(entry), now);
}

void engine::answer_layered(return_way const& to, wire::layered_answer const& what, moment now) {
    send_control(wire::frame_kind::layered_answer, to.id, to.to, {}, wire::encode(what), now);
}

void engine::on_layered_answer(cargo const& what, moment now) {
    auto const& frame = what.what;
    if (auto const own = m_layered.find(frame.id); own != m_layered.end())
        return on_own_answer(hash256(own->second.first), own->second.second, what, now);
    auto const& known = m_ways_back[what.source].ways;
    auto const way = known.find(frame.id);
    if (way == known.end()) {
        ++m_counts.bad_layers;
        return;
    }
    ++m_counts.passed_on;
    send_control(wire::frame_kind::layered_answer, way->second.id, way->second.to, {},
                 frame.payload, now);
}

void engine::on_own_answer(hash256 const& own_id, std::uint8_t attempt, cargo const& what,
                           moment now) {
    auto const own = m_own.find(own_id);
    auto const answer = wire::decode_layered_answer(what.what.payload);
    if (!answer || own == m_own.end()) {
        ++m_counts.bad_layers;
        return;
    }
    if (auto const* const failed = std::get_if<wire::layered_failure>(&answer.value()))
        return on_own_failure(own_id, attempt, failed->outcome, what.source, now);
    auto const plain =
        open_answer(*own->second.answers, std::get<wire::layered_ack>(answer.value()).sealed);
    if (!plain) {
        ++m_counts.bad_layers;
        return;
    }
    on_end_ack(plain.value(), {what.source, own->second.what.target}, now);
}

} // namespace tau::forward
