#include "forward/engine.hpp"

#include "wire/octets.hpp"

#include <sodium.h>

#include <utility>

namespace tau::forward {
namespace {

// What one neighbour's frames may make us ask trackers.
constexpr double asks_per_second = 10;
constexpr double asks_burst = 50;
constexpr std::size_t asking_neighbours = 1024;
// Probes that are answered, of one neighbour.
constexpr double echoes_per_second = 50;
constexpr double echoes_burst = 100;

// A message of ours as its first hop sees it: for that hop, from us, and no more.
result<bytes> encode_layered(cargo const& what, wallet_address const& hop) {
    wire::frame out;
    out.kind = wire::frame_kind::layered;
    out.hop_limit = what.what.hop_limit;
    out.id = what.layers->id;
    out.target = hop;
    out.life = what.what.life;
    out.visited = what.what.visited;
    out.payload = what.layers->payload;
    return wire::encode(out);
}

} // namespace

engine::engine(identity::keyring const& keys, random_source& random, engine_port& port,
               engine_settings settings)
    : m_keys(keys), m_random(random), m_port(port), m_settings(settings),
      m_asks(asks_per_second, asks_burst, asking_neighbours),
      m_echoes(echoes_per_second, echoes_burst, asking_neighbours) {
    random.fill(m_mark_key);
}

engine::~engine() = default;

void engine::want_flush() {
    if (!std::exchange(m_flush_wanted, true))
        m_port.want_flush();
}

void engine::on_link_up(wallet_address const& who, moment now) {
    auto& made = m_near[who];
    made = {};
    made.epoch = ++m_link_epoch;
    made.next_seq = made.epoch << 32;
    m_tell_links = true;
    want_flush();
    std::vector<wallet_address> targets;
    for (auto const& [target, waiting] : m_parked)
        targets.push_back(target);
    for (auto const& target : targets)
        unpark(target, now);
    retry_stranded(now);
}

void engine::on_link_down(wallet_address const& who, moment now) {
    auto const found = m_near.find(who);
    if (found == m_near.end())
        return;
    auto gone = std::move(found->second);
    m_near.erase(found);
    m_book.forget_neighbour(who);
    m_ways_back.erase(who);
    m_tell_links = true;
    want_flush();
    auto left = gone.queue.take_all();
    for (auto& [seq, what] : gone.unreported)
        left.push_back(std::move(what));
    for (auto& what : left)
        if (what->source != self() || what->is_control())
            route(std::move(what), now);
    std::vector<hash256> ours;
    for (auto const& [id, own] : m_own)
        if (own.first_hop == who)
            ours.push_back(id);
    for (auto const& id : ours)
        if (auto const own = m_own.find(id); own != m_own.end()) {
            m_traces.add(id, {trace_step::link_lost, now.wall, own->second.attempt, {who}});
            ++own->second.attempt;
            dispatch(own->second, now);
        }
}

void engine::on_message(wallet_address const& from, wire::link_message const& message, moment now) {
    switch (static_cast<wire::link_kind>(message.kind)) {
    case wire::link_kind::frame:
        return on_frame(from, message.body, now);
    case wire::link_kind::hop_ack:
        return on_reports(from, message.body, now);
    case wire::link_kind::neighbours:
        if (auto list = wire::decode_neighbours(message.body))
            on_neighbours(from, std::move(list).value(), now);
        else
            ++m_counts.malformed;
        return;
    default:
        return; // of another layer, or of a later version
    }
}

void engine::on_neighbours(wallet_address const& from, std::vector<wallet_address> list,
                           moment now) {
    if (!m_near.contains(from))
        return;
    auto const known = list;
    m_book.on_links(from, std::move(list));
    for (auto const& one : known)
        unpark(one, now);
    retry_stranded(now);
}

// Keyed, so that nobody can make a frame that we take for a copy of another one.
std::uint64_t engine::copy_mark(wire::frame const& what) const {
    static_assert(crypto_shorthash_KEYBYTES == 16 && crypto_shorthash_BYTES == 8);
    std::array<std::uint8_t, 8> payload;
    crypto_shorthash(payload.data(), what.payload.data(), what.payload.size(), m_mark_key.data());
    wire::octet_writer all(64);
    all.number(what.kind);
    all.number(what.attempt);
    all.octets(what.id);
    all.octets(what.target);
    all.octets(payload);
    auto const joined = all.take();
    std::array<std::uint8_t, 8> out;
    crypto_shorthash(out.data(), joined.data(), joined.size(), m_mark_key.data());
    std::uint64_t number = 0;
    std::memcpy(&number, out.data(), sizeof number);
    return number;
}

void engine::on_frame(wallet_address const& from, byte_view body, moment now) {
    auto const found = m_near.find(from);
    if (found == m_near.end())
        return;
    auto& near = found->second;
    ++near.frames_in;
    auto what = std::make_unique<cargo>();
    what->source = from;
    what->source_epoch = near.epoch;
    what->arrived = now.mono;
    wire::octet_reader in(body);
    what->source_seq = in.number<std::uint64_t>();
    auto read = wire::decode_frame(in.octets(in.left()));
    if (read)
        what->what = std::move(read).value();
    what->is_owed = true;
    ++near.held;
    near.held_bytes += what->size();
    ++m_held;
    // The neighbour proved its key, so it cannot say that a frame came from another.
    if (!read || what->what.visited.back() != from) {
        ++m_counts.malformed;
        return report(*what, wire::hop_outcome::refused);
    }
    if (near.held > m_settings.held_frames || near.held_bytes > m_settings.held_bytes) {
        ++m_counts.crowded;
        return report(*what, wire::hop_outcome::crowded);
    }
    take_in(std::move(what), now);
}

void engine::take_in(cargo_ptr what, moment now) {
    auto& frame = what->what;
    if (contains(frame.visited, self())) {
        ++m_counts.looped;
        return report(*what, wire::hop_outcome::looped);
    }
    if (frame.target == self()) {
        if (frame.kind == wire::frame_kind::layered)
            return open_layered(std::move(what), now);
        arrive(*what, now);
        return report(*what, wire::hop_outcome::taken);
    }
    if (m_settings.forwards == transit::off || frame.kind == wire::frame_kind::layered
        || frame.kind == wire::frame_kind::layered_answer)
        return report(*what, wire::hop_outcome::refused);
    if (frame.hop_limit == 0 || frame.life <= std::chrono::milliseconds(0)
        || frame.visited.size() >= wire::max_frame_hops) {
        ++m_counts.expired;
        return report(*what, wire::hop_outcome::expired);
    }
    --frame.hop_limit;
    what->expires =
        now.mono + std::min<std::chrono::milliseconds>(frame.life, m_settings.hold_time);
    if (!m_copies.add(copy_mark(frame))) {
        ++m_counts.copies;
        return report(*what, wire::hop_outcome::taken);
    }
    route(std::move(what), now);
}

bool engine::is_usable(cargo const& what, wallet_address const& hop) const {
    return m_near.contains(hop) && !contains(what.what.visited, hop) && !contains(what.tried, hop);
}

// It has frames of ours and says nothing: its machine may be gone, though its connection
// seems to stand.
bool engine::is_stalled(neighbour const& near, time_point now) const {
    return !near.unreported.empty() && now - near.heard >= m_settings.stall_time;
}

// The hop nearest to the target that we are linked with: a path may have become shorter.
bool engine::take_named_path(cargo& what, wallet_address& hop, bool with_stalled,
                             time_point now) const {
    auto& path = what.what.path;
    for (std::size_t i = path.size(); i-- > 0;)
        if (is_usable(what, path[i]) && (with_stalled || !is_stalled(m_near.at(path[i]), now))) {
            hop = path[i];
            path.erase(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(i) + 1);
            return true;
        }
    return false;
}

std::optional<wallet_address> engine::choose(cargo& what, moment now) {
    auto const hop = pick(what, now, false);
    return hop ? hop : pick(what, now, true);
}

std::optional<wallet_address> engine::pick(cargo& what, moment now, bool with_stalled) {
    auto& frame = what.what;
    auto const serves = [&](wallet_address const& one) {
        return is_usable(what, one) && (with_stalled || !is_stalled(m_near.at(one), now.mono));
    };
    if (serves(frame.target)) {
        frame.path.clear();
        return frame.target;
    }
    if (frame.kind == wire::frame_kind::layered || frame.kind == wire::frame_kind::layered_answer)
        return std::nullopt; // the way is not ours to choose
    wallet_address hop;
    if (take_named_path(what, hop, with_stalled, now.mono))
        return hop;
    for (auto const& path : m_book.paths_to(frame.target, now.mono)) {
        bool const loops = std::any_of(path.begin(), path.end(), [&](auto const& w) {
            return w == self() || contains(frame.visited, w);
        });
        if (loops || path.size() > wire::max_frame_hops || !serves(path.front()))
            continue;
        frame.path.assign(path.begin() + 1, path.end());
        if (what.source != self() || what.is_control() || seal_path(what, path.front()))
            return path.front();
        frame.path.clear();
    }
    return std::nullopt;
}

void engine::route(cargo_ptr what, moment now) {
    if (now.mono >= what->expires)
        return give_up(std::move(what), wire::hop_outcome::expired, now);
    auto const hop = choose(*what, now);
    if (!hop) {
        if (what->what.kind == wire::frame_kind::layered
            || what->what.kind == wire::frame_kind::layered_answer)
            return give_up(std::move(what), wire::hop_outcome::no_route, now);
        if (m_book.is_fresh(what->what.target, now.mono))
            return give_up(std::move(what), wire::hop_outcome::no_route, now);
        return park(std::move(what), now);
    }
    if (what->source == self() && !what->is_control())
        on_hop_chosen(*what, *hop, now);
    auto& to = m_near.at(*hop);
    to.queue.push(std::move(what));
    pump(*hop, to, now);
}

void engine::park(cargo_ptr what, moment now) {
    auto const target = what->what.target;
    auto found = m_parked.find(target);
    if (found == m_parked.end()) {
        if (what->source != self() && !m_asks.allow(what->source, now.mono))
            return give_up(std::move(what), wire::hop_outcome::no_route, now);
        found = m_parked.emplace(target, parking{{}, now.mono + m_settings.park_time}).first;
        m_port.ask_route(target);
    }
    found->second.waiting.push_back(std::move(what));
}

// Whatever waits for `target` looks again for a hop; what finds none goes on waiting,
// unless an answer says that there is none.
void engine::unpark(wallet_address const& target, moment now) {
    auto const found = m_parked.find(target);
    if (found == m_parked.end())
        return;
    auto waiting = std::move(found->second);
    m_parked.erase(found);
    std::vector<cargo_ptr> left;
    for (auto& what : waiting.waiting) {
        auto const known = is_usable(*what, target) || !what->what.path.empty()
                           || !m_book.paths_to(target, now.mono).empty();
        if (known || m_book.is_fresh(target, now.mono))
            route(std::move(what), now);
        else
            left.push_back(std::move(what));
    }
    if (left.empty())
        return;
    auto& again = m_parked[target];
    again.until = waiting.until;
    for (auto& what : left)
        again.waiting.push_back(std::move(what));
}

void engine::on_route(wallet_address const& target, std::vector<wallet_path> paths, moment now) {
    // We can only begin with those we are linked to.
    std::erase_if(paths, [&](wallet_path const& p) {
        return p.empty() || p.size() > wire::max_frame_hops || !m_near.contains(p.front());
    });
    m_book.on_route(target, std::move(paths), now.mono);
    unpark(target, now);
    retry_stranded(now);
}

void engine::on_far_links(wallet_address const& of, std::vector<wallet_address> links,
                          duration good_for, moment now) {
    m_book.on_far_links(of, std::move(links), now.mono + good_for, now.mono);
    unpark(of, now);
    retry_stranded(now);
}

void engine::pump(wallet_address const& who, neighbour& to, moment now) {
    while (!to.queue.empty() && to.unreported.size() < m_settings.window_frames
           && to.unreported_bytes < m_settings.window_bytes) {
        // The last part is for messages, so that files which a slow hop holds do not bar them.
        bool const has_room = to.unreported_bytes < m_settings.window_bytes / 4 * 3;
        auto what = to.queue.pop(has_room ? load::any : load::light);
        if (!what || !launch(who, to, std::move(what), now))
            return;
    }
}

// False if the neighbour may be gone.
bool engine::launch(wallet_address const& who, neighbour& to, cargo_ptr what, moment now) {
    auto& frame = what->what;
    bool const is_own = what->source == self() && !what->is_control();
    if (is_own && !m_own.contains(frame.id))
        return true; // acknowledged or cancelled while it waited
    auto const left =
        std::chrono::duration_cast<std::chrono::milliseconds>(what->expires - now.mono);
    if (left <= std::chrono::milliseconds(0)) {
        give_up(std::move(what), wire::hop_outcome::expired, now);
        return m_near.contains(who);
    }
    frame.life = std::min(left, wire::max_frame_life);
    frame.visited.push_back(self());
    auto const encoded = is_own && what->layers ? encode_layered(*what, who) : wire::encode(frame);
    frame.visited.pop_back();
    if (!encoded)
        return true; // longer than what may be sent: its origin's mistake
    auto const seq = to.next_seq++;
    wire::octet_writer body(8 + encoded.value().size());
    body.number(seq);
    body.octets(encoded.value());
    m_port.send(who, wire::link_kind::frame, body.take());
    to.spoke = true;
    ++to.frames_out;
    if (is_own)
        on_own_sent(frame.id, now);
    else if (what->source != self())
        ++m_counts.passed_on;
    report(*what, wire::hop_outcome::taken);
    if (frame.kind == wire::frame_kind::layered)
        remember_way_back(who, frame.id, {what->source, what->layers->id});
    to.unreported_bytes += what->size();
    if (to.unreported.empty())
        to.heard = now.mono;
    to.unreported.emplace(seq, std::move(what));
    return true;
}

void engine::report(cargo& what, wire::hop_outcome outcome) {
    if (!std::exchange(what.is_owed, false))
        return;
    --m_held;
    auto const found = m_near.find(what.source);
    if (found == m_near.end() || found->second.epoch != what.source_epoch)
        return;
    auto& near = found->second;
    --near.held;
    near.held_bytes -= what.size();
    ++near.reported;
    near.is_report_urgent = near.is_report_urgent || outcome != wire::hop_outcome::taken;
    auto& all = near.reports;
    if (!all.empty() && all.back().outcome == outcome
        && all.back().first + all.back().count == what.source_seq)
        ++all.back().count;
    else
        all.push_back({what.source_seq, 1, outcome});
    want_flush();
}

void engine::on_reports(wallet_address const& from, byte_view body, moment now) {
    auto const found = m_near.find(from);
    auto const reports = wire::decode_hop_reports(body);
    if (found == m_near.end() || !reports) {
        ++m_counts.malformed;
        return;
    }
    std::vector<std::pair<cargo_ptr, wire::hop_outcome>> returned;
    auto& near = found->second;
    near.heard = now.mono;
    for (auto const& one : reports.value()) {
        auto at = near.unreported.lower_bound(one.first);
        while (at != near.unreported.end() && at->first - one.first < one.count) {
            near.unreported_bytes -= at->second->size();
            if (one.outcome != wire::hop_outcome::taken)
                returned.emplace_back(std::move(at->second), one.outcome);
            at = near.unreported.erase(at);
        }
    }
    for (auto& [what, outcome] : returned) {
        if (what->source == self() && !what->is_control()) {
            on_own_failure(what->what.id, what->what.attempt, outcome, from, now);
            continue;
        }
        what->tried.push_back(from);
        route(std::move(what), now);
    }
    if (auto const again = m_near.find(from); again != m_near.end())
        pump(from, again->second, now);
}

void engine::give_up(cargo_ptr what, wire::hop_outcome outcome, moment now) {
    ++(outcome == wire::hop_outcome::expired ? m_counts.expired : m_counts.no_route);
    if (what->source == self()) {
        if (!what->is_control())
            on_own_failure(what->what.id, what->what.attempt, outcome, self(), now);
        return;
    }
    // The neighbour that still holds it knows other ways; otherwise its origin may.
    if (what->is_owed)
        report(*what, outcome);
    else if (what->what.kind == wire::frame_kind::message)
        tell_origin(*what, outcome, now);
    else if (what->what.kind == wire::frame_kind::layered)
        answer_layered({what->source, what->layers->id}, wire::layered_failure{outcome}, now);
}

// What waits behind frames that nobody reports on goes by others, if there are any.
void engine::leave_stalled(moment now) {
    std::vector<cargo_ptr> left;
    for (auto& [who, near] : m_near) {
        if (near.queue.empty() || !is_stalled(near, now.mono))
            continue;
        for (auto& what : near.queue.take_all()) {
            what->tried.push_back(who);
            left.push_back(std::move(what));
        }
    }
    m_counts.stalled += left.size();
    for (auto& what : left) {
        if (what->source != self() || what->is_control()) {
            route(std::move(what), now);
            continue;
        }
        on_own_failure(what->what.id, what->what.attempt, wire::hop_outcome::crowded,
                       what->tried.back(), now);
    }
}

void engine::tell_origin(cargo const& what, wire::hop_outcome outcome, moment now) {
    auto const& visited = what.what.visited;
    wire::failure_note const note{self(), outcome, what.what.attempt};
    send_control(wire::frame_kind::failure, what.what.id, visited.front(),
                 {visited.rbegin(), visited.rend()}, wire::encode(note), now);
}

void engine::tell_neighbours() {
    m_tell_links = false;
    if (!m_settings.tell_links)
        return;
    std::vector<wallet_address> all;
    for (auto const& [who, near] : m_near)
        if (all.size() < wire::max_told_neighbours)
            all.push_back(who);
    auto const body = wire::encode_neighbours(all);
    for (auto const& who : all)
        m_port.send(who, wire::link_kind::neighbours, body);
}

void engine::flush(moment now) {
    m_flush_wanted = true; // what is gathered meanwhile leaves with the rest
    if (m_acks_due && *m_acks_due <= now.mono)
        send_acks(now);
    if (m_tell_links)
        tell_neighbours();
    for (auto& [who, near] : m_near) {
        bool const spoke = std::exchange(near.spoke, false);
        if (near.reports.empty())
            continue;
        if (!near.reports_due)
            near.reports_due = now.mono + m_settings.report_pause;
        if (spoke || near.is_report_urgent || near.reported >= m_settings.report_frames
            || *near.reports_due <= now.mono)
            send_reports(who, near);
    }
    m_flush_wanted = false;
}

void engine::send_reports(wallet_address const& who, neighbour& near) {
    auto const all = std::exchange(near.reports, {});
    near.reported = 0;
    near.is_report_urgent = false;
    near.reports_due.reset();
    for (std::size_t at = 0; at < all.size(); at += wire::max_hop_reports) {
        auto const end = std::min(all.size(), at + wire::max_hop_reports);
        m_port.send(who, wire::link_kind::hop_ack,
                    wire::encode(std::vector(all.begin() + static_cast<std::ptrdiff_t>(at),
                                             all.begin() + static_cast<std::ptrdiff_t>(end))));
    }
}

std::optional<time_point> engine::wake_at() const {
    std::optional<time_point> out = m_acks_due;
    auto const sooner = [&out](time_point when) { out = out ? std::min(*out, when) : when; };
    if (!m_retries.empty())
        sooner(m_retries.begin()->first);
    for (auto const& [target, waiting] : m_parked)
        sooner(waiting.until);
    for (auto const& [who, near] : m_near)
        if (near.reports_due)
            sooner(*near.reports_due);
    for (auto const& [who, near] : m_near)
        if (!near.queue.empty() && !near.unreported.empty())
            sooner(near.heard + m_settings.stall_time);
    for (auto const& [id, one] : m_probes)
        sooner(one.sent + probe_time);
    return out;
}

void engine::on_time(moment now) {
    bool is_due = m_acks_due && *m_acks_due <= now.mono;
    for (auto const& [who, near] : m_near)
        is_due = is_due || (near.reports_due && *near.reports_due <= now.mono);
    if (is_due)
        want_flush();
    std::vector<cargo_ptr> over;
    for (auto at = m_parked.begin(); at != m_parked.end();) {
        if (at->second.until > now.mono) {
            ++at;
            continue;
        }
        for (auto& what : at->second.waiting)
            over.push_back(std::move(what));
        at = m_parked.erase(at);
    }
    for (auto& what : over)
        give_up(std::move(what), wire::hop_outcome::no_route, now);
    leave_stalled(now);
    give_up_probes(now.mono);
    retry_own(now);
}

std::vector<wallet_path> engine::paths_to(wallet_address const& target, time_point now) const {
    auto out = m_book.paths_to(target, now);
    if (m_near.contains(target))
        out.insert(out.begin(), wallet_path{target});
    return out;
}

forward_counts engine::counts() const {
    auto out = m_counts;
    out.waiting = m_own.size();
    out.held = m_held;
    for (auto const& [who, near] : m_near)
        out.held += near.unreported.size();
    return out;
}

std::vector<neighbour_view> engine::neighbours() const {
    std::vector<neighbour_view> out;
    for (auto const& [who, near] : m_near)
        out.push_back({who, near.queue.size(), near.unreported.size(), near.held, near.frames_out,
                       near.frames_in});
    return out;
}

} // namespace tau::forward
