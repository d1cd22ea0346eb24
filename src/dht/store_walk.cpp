#include "dht/store_walk.hpp"

#include "dht/deadline_queue.hpp"

#include <algorithm>

namespace tau::dht {
namespace {

// Candidates kept; the closest ones win. A lookup needs a few times put_nodes.
constexpr std::size_t max_candidates = 128;
// Queries of a walk that are unanswered at the same time.
constexpr int max_in_flight = 12;
// Nodes asked in one walk. Whoever invents ever closer nodes leads us no further.
constexpr int max_asked = 96;
// A node that was silent after this many datagrams counts as dead.
constexpr int max_sends = 3;

target distance_of(wire::node_id const& id, target const& what) {
    target out;
    for (std::size_t i = 0; i < target::size_bytes; ++i)
        out.octets[i] = id.octets[i] ^ what.octets[i];
    return out;
}

} // namespace

store_walk::store_walk(config const& settings, target const& what,
                       std::chrono::microseconds resend_after)
    : m_settings(settings), m_what(what), m_resend_after(resend_after) {}

void store_walk::begin(std::vector<wire::node_info> const& seeds) {
    // All at once: this is most of the time that put() keeps its caller.
    m_nodes.reserve(std::max(seeds.size(), max_candidates) + 1);
    for (auto const& seed : seeds)
        if (seed.where.port() != 0)
            m_nodes.push_back({seed, distance_of(seed.id, m_what)});
    auto const kept =
        m_nodes.begin() + static_cast<std::ptrdiff_t>(std::min(m_nodes.size(), max_candidates));
    std::partial_sort(m_nodes.begin(), kept, m_nodes.end(), closer);
    m_nodes.erase(kept, m_nodes.end());
    advance();
}

void store_walk::learn(wire::node_info const& info) {
    node fresh{info, distance_of(info.id, m_what)};
    bool const too_far = m_nodes.size() == max_candidates && !closer(fresh, m_nodes.back());
    if (info.where.port() == 0 || too_far || find(info.where))
        return;
    auto const at = std::upper_bound(m_nodes.begin(), m_nodes.end(), fresh, closer);
    m_nodes.insert(at, std::move(fresh));
    if (m_nodes.size() > max_candidates)
        m_nodes.pop_back();
}

store_walk::node* store_walk::find(endpoint const& where) {
    auto const found = std::find_if(m_nodes.begin(), m_nodes.end(),
                                    [&](node const& n) { return n.info.where == where; });
    return found == m_nodes.end() ? nullptr : &*found;
}

void store_walk::on_reply(endpoint const& from, wire::get_reply const& reply) {
    auto* n = find(from);
    if (m_ended || !n || (n->at != state::asked && n->at != state::failed))
        return;
    if (reply.token.empty()) {
        n->at = state::failed;
    } else {
        n->at = state::answered;
        n->token = reply.token;
    }
    for (auto const& info : reply.nodes)
        learn(info);
    advance();
}

void store_walk::on_stored(endpoint const& at) {
    auto* n = find(at);
    if (m_ended || !n || (n->at != state::storing && n->at != state::failed))
        return;
    n->at = state::stored;
    ++m_taken;
    advance();
}

void store_walk::on_refused(endpoint const& by) {
    auto* n = find(by);
    if (m_ended || !n || !n->pending())
        return;
    n->at = state::failed;
    advance();
}

void store_walk::on_sent(endpoint const& to, time_point now) {
    if (auto* n = find(to))
        n->last_sent = now;
}

void store_walk::send(node& n) {
    ++n.sends;
    n.last_sent.reset();
    if (n.at == state::storing)
        m_steps.emplace_back(store{n.info.where, n.token});
    else
        m_steps.emplace_back(ask{n.info.where});
}

// Walks the closest put_nodes that are not known to be dead: asks those not asked, stores
// at those that answered. Ends when all of them have the item.
void store_walk::advance() {
    auto in_flight =
        std::count_if(m_nodes.begin(), m_nodes.end(), [](node const& n) { return n.pending(); });
    std::size_t alive = 0, complete = 0;
    for (auto& n : m_nodes) {
        if (n.at == state::failed)
            continue;
        if (n.at == state::answered) {
            n.at = state::storing;
            n.sends = 0;
            send(n);
        } else if (n.at == state::known && m_asked == max_asked) {
            continue;
        } else if (n.at == state::known && in_flight < max_in_flight) {
            n.at = state::asked;
            ++m_asked;
            ++in_flight;
            send(n);
        }
        complete += n.at == state::stored ? 1 : 0;
        if (++alive == m_settings.put_nodes)
            break;
    }
    m_ended = complete == alive;
}

void store_walk::on_time(time_point now) {
    if (m_ended)
        return;
    for (auto& n : m_nodes) {
        auto const when = due(n);
        if (!when || now < *when)
            continue;
        if (n.sends >= max_sends)
            n.at = state::failed;
        else
            send(n);
    }
    advance();
}

// Each datagram to a node is given more time than the one before.
std::optional<time_point> store_walk::due(node const& n) const {
    if (!n.pending() || !n.last_sent)
        return std::nullopt;
    return *n.last_sent + m_resend_after * n.sends;
}

std::optional<time_point> store_walk::wake_at() const {
    std::optional<time_point> out;
    if (m_ended)
        return out;
    for (auto const& n : m_nodes)
        out = earlier(out, due(n));
    return out;
}

std::vector<endpoint> store_walk::dead() const {
    std::vector<endpoint> out;
    for (auto const& n : m_nodes)
        if (n.at == state::failed && n.token.empty())
            out.push_back(n.info.where);
    return out;
}

} // namespace tau::dht
