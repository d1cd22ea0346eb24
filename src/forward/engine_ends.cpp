#include "forward/engine.hpp"

#include "identity/ed25519.hpp"
#include "identity/keccak.hpp"

#include <utility>

namespace tau::forward {
namespace {

// Messages that wait for the layer above to put them on disk, and for how long.
constexpr std::size_t max_unaccepted = 8192;
constexpr std::chrono::seconds accept_time{60};
// An acknowledgement or a failure is on its way this long at most.
constexpr std::chrono::seconds control_life{30};

} // namespace

error_code engine::send(outgoing what, moment now) {
    if (what.target == self())
        return errc::invalid_argument;
    if (what.payload.size() > wire::max_frame_payload)
        return errc::too_large;
    if (m_own.contains(what.id))
        return {};
    if (m_own.size() >= m_settings.own_messages
        || m_own_bytes + what.payload.size() > m_settings.own_bytes)
        return errc::rate_limited;
    own_message made;
    made.expires = now.mono + std::min(what.life, wire::max_frame_life);
    made.mark = random_mark();
    made.what = std::move(what);
    m_own_bytes += made.what.payload.size();
    auto const id = made.what.id;
    auto& own = m_own.emplace(id, std::move(made)).first->second;
    dispatch(own, now);
    return {};
}

// What was sent before, in another run or until its time was over, is known to hops as a copy.
std::uint8_t engine::random_mark() {
    return static_cast<std::uint8_t>(m_random.below(256));
}

void engine::cancel(hash256 const& id) {
    forget_own(id);
}

void engine::forget_own(hash256 const& id) {
    auto const found = m_own.find(id);
    if (found == m_own.end())
        return;
    m_own_bytes -= found->second.what.payload.size();
    m_retries.erase({found->second.retry_at, id});
    m_stranded.erase(id);
    for (auto const& sealed : found->second.layered)
        m_layered.erase(sealed);
    m_own.erase(found);
}

void engine::set_retry(own_message& own, time_point when) {
    m_retries.erase({own.retry_at, own.what.id});
    own.retry_at = std::min(when, own.expires);
    m_retries.emplace(own.retry_at, own.what.id);
}

std::chrono::milliseconds engine::pause_after(std::uint8_t attempt) const {
    auto pause = m_settings.retry_first;
    for (unsigned i = 0; i < attempt && pause < m_settings.retry_last; ++i)
        pause *= 2;
    return std::min(pause, m_settings.retry_last);
}

void engine::dispatch(own_message& own, moment now) {
    auto what = std::make_unique<cargo>();
    what->what.kind = wire::frame_kind::message;
    what->what.attempt = own.attempt_on_wire();
    what->what.id = own.what.id;
    what->what.target = own.what.target;
    what->what.payload = own.what.payload;
    what->source = self();
    what->arrived = now.mono;
    what->expires = own.expires;
    what->tried = own.failed;
    own.first_hop.reset();
    m_stranded.erase(own.what.id);
    set_retry(own, own.expires); // the time for an answer begins when it leaves
    route(std::move(what), now);
}

void engine::on_hop_chosen(cargo const& what, wallet_address const& hop, moment now) {
    auto const own = m_own.find(what.what.id);
    if (own == m_own.end())
        return;
    own->second.first_hop = hop;
    std::vector<wallet_address> way{hop};
    way.insert(way.end(), what.what.path.begin(), what.what.path.end());
    m_traces.add(what.what.id, {trace_step::sent, now.wall, own->second.attempt, std::move(way),
                                wire::hop_outcome::taken, what.layers.has_value()});
}

void engine::on_own_sent(hash256 const& id, moment now) {
    ++m_counts.sent;
    auto const own = m_own.find(id);
    if (own == m_own.end())
        return;
    m_counts.resent += own->second.attempt > 0 ? 1U : 0U;
    set_retry(own->second, now.mono + pause_after(own->second.attempt));
}

void engine::on_own_failure(hash256 const& id, std::uint8_t attempt_on_wire,
                            wire::hop_outcome outcome, wallet_address const& hop, moment now) {
    auto const found = m_own.find(id);
    // Only what the newest sending met counts.
    if (found == m_own.end() || found->second.attempt_on_wire() != attempt_on_wire)
        return;
    auto& own = found->second;
    bool const at_home = hop == self();
    m_traces.add(id, {at_home ? trace_step::no_way : trace_step::refused, now.wall, own.attempt,
                      at_home ? std::vector<wallet_address>{} : std::vector{hop}, outcome});
    ++own.attempt;
    if (own.first_hop)
        own.failed.push_back(*own.first_hop);
    if (!at_home) {
        dispatch(own, now); // by another neighbour, if there is one
        return;
    }
    // None is left: begin anew after a pause, with what the trackers say then. Neighbours that
    // refused at once must not make it longer.
    own.failed.clear();
    own.first_hop.reset();
    m_stranded.insert(id);
    set_retry(own, now.mono + pause_after(own.rounds++));
}

void engine::retry_own(moment now) {
    while (!m_retries.empty() && m_retries.begin()->first <= now.mono) {
        auto const id = m_retries.begin()->second;
        m_retries.erase(m_retries.begin());
        auto const found = m_own.find(id);
        if (found == m_own.end())
            continue;
        auto& own = found->second;
        if (own.expires <= now.mono) {
            m_traces.add(id, {trace_step::expired, now.wall, own.attempt, {}});
            forget_own(id);
            ++m_counts.expired;
            m_port.on_expired(id);
            continue;
        }
        if (own.first_hop) {
            m_traces.add(id, {trace_step::silent, now.wall, own.attempt, {*own.first_hop}});
            own.failed.push_back(*own.first_hop);
            ++own.attempt;
        } else {
            m_book.forget(own.what.target);
        }
        dispatch(own, now);
    }
    std::erase_if(m_unaccepted,
                  [&](auto const& one) { return one.second.since + accept_time < now.mono; });
}

// A link, a neighbour's link or a tracker's answer may lead where nothing did before.
void engine::retry_stranded(moment now) {
    std::vector<hash256> ready;
    for (auto const& id : m_stranded)
        if (!paths_to(m_own.at(id).what.target, now.mono).empty())
            ready.push_back(id);
    for (auto const& id : ready)
        if (auto const own = m_own.find(id); own != m_own.end())
            dispatch(own->second, now);
}

void engine::arrive(cargo const& what, moment now) {
    auto const& frame = what.what;
    switch (frame.kind) {
    case wire::frame_kind::ack:
        return on_end_ack(frame.payload, {frame.visited.rbegin(), frame.visited.rend()}, now);
    case wire::frame_kind::layered_answer:
        return on_layered_answer(what, now);
    case wire::frame_kind::probe:
        return answer_probe(frame, now);
    case wire::frame_kind::echo:
        return on_echo(frame.id, now);
    default:
        break;
    }
    if (frame.kind == wire::frame_kind::failure) {
        if (auto const note = wire::decode_failure_note(frame.payload))
            on_own_failure(frame.id, note.value().attempt, note.value().outcome, note.value().hop,
                           now);
        return;
    }
    if (identity::keccak256(frame.payload) != frame.id) {
        ++m_counts.bad_ids;
        return;
    }
    unaccepted entry{
        frame.visited.front(), {frame.visited.rbegin(), frame.visited.rend()}, now.mono};
    if (!m_accepted.has(frame.id))
        return keep_arrival(frame.id, frame.payload, frame.visited, std::move(entry));
    ++m_counts.repeated;
    owe_ack(frame.id, std::move(entry), now);
}

void engine::keep_arrival(hash256 const& id, bytes payload, std::vector<wallet_address> visited,
                          unaccepted entry) {
    if (auto const known = m_unaccepted.find(id); known != m_unaccepted.end()) {
        ++m_counts.repeated;
        known->second = std::move(entry);
        return;
    }
    if (m_unaccepted.size() >= max_unaccepted) {
        ++m_counts.crowded;
        return; // its origin sends it again
    }
    auto const origin = entry.origin;
    m_unaccepted.emplace(id, std::move(entry));
    ++m_counts.delivered;
    m_port.deliver({id, std::move(payload), origin, std::move(visited)});
}

void engine::accept(hash256 const& id, moment now) {
    auto const found = m_unaccepted.find(id);
    if (found == m_unaccepted.end())
        return;
    auto entry = std::move(found->second);
    m_unaccepted.erase(found);
    (void)m_accepted.add(id);
    owe_ack(id, std::move(entry), now);
}

void engine::decline(hash256 const& id) {
    m_unaccepted.erase(id);
}

void engine::owe_ack(hash256 const& id, unaccepted entry, moment now) {
    auto& due = m_acks[{entry.origin, entry.layers.has_value()}];
    due.way_back = std::move(entry.way_back);
    due.layers = entry.layers;
    // A copy that comes before the acknowledgement leaves needs no second one; copies are
    // close to each other.
    auto const newest =
        due.ids.end() - static_cast<std::ptrdiff_t>(std::min(due.ids.size(), wire::max_ack_ids));
    if (std::find(newest, due.ids.end(), id) == due.ids.end())
        due.ids.push_back(id);
    if (!m_acks_due)
        m_acks_due = std::max(now.mono, m_last_acks + m_settings.ack_pause);
    if (due.ids.size() >= wire::max_ack_ids || *m_acks_due <= now.mono) {
        m_acks_due = now.mono;
        want_flush();
    }
}

void engine::send_acks(moment now) {
    m_acks_due.reset();
    m_last_acks = now.mono;
    for (auto& [whom, due] : std::exchange(m_acks, {})) {
        auto const& origin = whom.first;
        for (std::size_t at = 0; at < due.ids.size(); at += wire::max_ack_ids) {
            wire::end_ack ack;
            ack.key = m_keys.key();
            auto const end = std::min(due.ids.size(), at + wire::max_ack_ids);
            ack.ids.assign(due.ids.begin() + static_cast<std::ptrdiff_t>(at),
                           due.ids.begin() + static_cast<std::ptrdiff_t>(end));
            ack.sig = m_keys.sign(wire::signed_octets(ack, origin));
            auto payload = wire::encode(ack).value();
            if (due.layers) {
                auto sealed = seal_answer(due.layers->key, payload, m_random);
                answer_layered(due.layers->first, wire::layered_ack{std::move(sealed)}, now);
                continue;
            }
            auto const id = identity::keccak256(payload);
            send_control(wire::frame_kind::ack, id, origin, due.way_back, std::move(payload), now);
        }
    }
}

void engine::send_control(wire::frame_kind kind, hash256 const& id, wallet_address const& target,
                          std::vector<wallet_address> way_back, bytes payload, moment now) {
    auto what = std::make_unique<cargo>();
    what->what.kind = kind;
    what->what.attempt = random_mark();
    what->what.id = id;
    what->what.target = target;
    what->what.path = std::move(way_back);
    what->what.payload = std::move(payload);
    what->source = self();
    what->arrived = now.mono;
    what->expires = now.mono + control_life;
    route(std::move(what), now);
}

void engine::on_end_ack(byte_view payload, std::vector<wallet_address> way, moment now) {
    auto ack = wire::decode_end_ack(payload);
    if (!ack) {
        ++m_counts.malformed;
        return;
    }
    acknowledged out;
    out.key = ack.value().key;
    for (auto const& id : ack.value().ids) {
        auto const own = m_own.find(id);
        bool const is_ours = own != m_own.end() && own->second.what.key == out.key;
        // It may name one twice.
        if (is_ours && std::find(out.ids.begin(), out.ids.end(), id) == out.ids.end())
            out.ids.push_back(id);
    }
    // One that comes twice is common, and costs no signature to refuse.
    if (out.ids.empty()
        || !identity::verify(out.key, wire::signed_octets(ack.value(), self()), ack.value().sig)) {
        ++m_counts.refused_acks;
        return;
    }
    out.way = std::move(way);
    for (auto const& id : out.ids) {
        m_traces.add(id, {trace_step::acknowledged, now.wall, m_own.at(id).attempt, out.way});
        forget_own(id);
    }
    m_counts.acknowledged += out.ids.size();
    m_port.on_acknowledged(out);
}

} // namespace tau::forward
