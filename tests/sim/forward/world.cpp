#include "sim/forward/world.hpp"

#include "identity/keccak.hpp"

namespace tau::test {

using namespace std::chrono_literals;

forward_node::forward_node(forward_world& world, std::size_t number,
                           forward::engine_settings settings)
    : m_world(world), m_keys(keys_of(1000 + number)),
      m_random(std::make_unique<seeded_random>(number)),
      m_engine(std::make_unique<forward::engine>(*m_keys, *m_random, *this, settings)) {}

hash256 forward_node::send_to(forward_node const& target, std::size_t size) {
    bytes payload(std::max<std::size_t>(size, 8));
    m_random->fill(payload);
    auto const id = identity::keccak256(payload);
    sent_at[id] = m_world.now();
    (void)m_engine->send({id, target.wallet(), target.keys().key(), std::move(payload)},
                         m_world.now());
    m_world.settle(*this);
    return id;
}

void forward_node::send(wallet_address const& neighbour, wire::link_kind kind, byte_view body) {
    auto copy = to_bytes(body);
    if (tamper && !tamper(neighbour, kind, copy))
        return;
    m_world.carry(*this, neighbour, kind, std::move(copy));
}

void forward_node::ask_route(wallet_address const& target) {
    m_world.answer_route(*this, target);
}

void forward_node::deliver(forward::arrival const& what) {
    last_visited = what.visited;
    if (!accepts)
        return m_engine->decline(what.id);
    ++received[what.id];
    m_world.at(m_world.now().mono + 1ms, [this, id = what.id] {
        m_engine->accept(id, m_world.now());
        m_world.settle(*this);
    });
}

void forward_node::on_acknowledged(forward::acknowledged const& what) {
    last_ack_way = what.way;
    for (auto const& id : what.ids)
        acknowledged.emplace(id, m_world.now());
}

void forward_node::on_expired(hash256 const&) {
    ++expired;
}

void forward_node::want_flush() {
    if (std::exchange(m_flush_posted, true))
        return;
    m_world.at(m_world.now().mono, [this] {
        m_flush_posted = false;
        m_engine->flush(m_world.now());
        m_world.settle(*this);
    });
}

std::optional<public_key> forward_node::key_of(wallet_address const& who) {
    auto const* const one = m_world.find(who);
    return one == nullptr || m_world.keyless.contains(who) ? std::nullopt
                                                           : std::optional(one->keys().key());
}

forward_world::forward_world(std::uint64_t seed, std::chrono::microseconds delay)
    : m_random(seed), m_delay(delay) {}

forward_node& forward_world::add(forward::engine_settings settings) {
    m_nodes.push_back(std::make_unique<forward_node>(*this, m_nodes.size(), settings));
    return *m_nodes.back();
}

void forward_world::at(time_point when, job what) {
    m_events.push({when, m_order++, std::move(what)});
}

forward_node* forward_world::find(wallet_address const& who) {
    for (auto const& one : m_nodes)
        if (one->wallet() == who)
            return one.get();
    return nullptr;
}

void forward_world::link(forward_node& a, forward_node& b) {
    m_links.emplace(a.wallet(), b.wallet());
    m_links.emplace(b.wallet(), a.wallet());
    a.engine().on_link_up(b.wallet(), m_now);
    b.engine().on_link_up(a.wallet(), m_now);
    settle(a);
    settle(b);
}

void forward_world::unlink(forward_node& a, forward_node& b) {
    if (m_links.erase({a.wallet(), b.wallet()}) == 0)
        return;
    m_links.erase({b.wallet(), a.wallet()});
    for (auto* one : {&a, &b}) {
        auto& other = one == &a ? b : a;
        if (!one->is_dead)
            one->engine().on_link_down(other.wallet(), m_now);
        settle(*one);
    }
}

void forward_world::kill(forward_node& who) {
    who.is_dead = true;
    for (auto const& other : m_nodes)
        unlink(who, *other);
}

void forward_world::carry(forward_node& from, wallet_address const& to, wire::link_kind kind,
                          bytes body) {
    std::pair const way{from.wallet(), to};
    if (from.is_dead || !m_links.contains(way))
        return;
    if (loss > 0 && static_cast<double>(m_random.below(1'000'000)) < loss * 1e6)
        return;
    auto when = m_now.mono;
    if (link_rate != 0) {
        auto& busy = m_busy_until[way];
        busy = std::max(busy, m_now.mono) + std::chrono::microseconds(1000 / link_rate);
        when = busy;
    }
    at(when + m_delay, [this, way, kind, body = std::move(body)] {
        auto* const receiver = find(way.second);
        if (receiver->is_dead || !m_links.contains(way))
            return;
        receiver->engine().on_message(way.first, {static_cast<std::uint8_t>(kind), body}, m_now);
        settle(*receiver);
    });
}

void forward_world::answer_route(forward_node& asker, wallet_address const& target) {
    ++routes_asked;
    if (!has_tracker)
        return at(m_now.mono + 1ms, [this, &asker, target] {
            asker.engine().on_route(target, {}, m_now);
            settle(asker);
        });
    graph::edge_store store;
    for (auto const& one : m_nodes)
        if (!one->is_dead)
            (void)store.set_online(one->wallet(), {});
    for (auto const& [a, b] : m_links)
        (void)store.add_claim(a, b, {});
    graph::path_search search;
    std::vector<forward::wallet_path> paths;
    auto const from = store.find(asker.wallet());
    auto const to = store.find(target);
    if (from != graph::no_node && to != graph::no_node)
        for (auto const& found : search.find(store, from, to, {})) {
            auto& path = paths.emplace_back();
            for (auto const hop : found.hops)
                path.push_back(store.wallet_of(hop));
        }
    at(m_now.mono + m_delay, [this, &asker, target, paths = std::move(paths)] {
        if (asker.is_dead)
            return;
        asker.engine().on_route(target, paths, m_now);
        settle(asker);
    });
}

void forward_world::wake(forward_node& who) {
    if (who.is_dead)
        return;
    auto const due = who.engine().wake_at();
    if (!due || *due > m_now.mono)
        return;
    who.engine().on_time(m_now);
    settle(who);
}

void forward_world::settle(forward_node& who) {
    if (auto const due = who.engine().wake_at())
        at(std::max(*due, m_now.mono + 100us), [this, &who] { wake(who); });
}

bool forward_world::step(time_point limit) {
    if (m_events.empty() || m_events.top().when > limit)
        return false;
    auto const next = m_events.top();
    m_events.pop();
    auto const passed = std::max(next.when, m_now.mono) - m_now.mono;
    m_now.mono += passed;
    m_now.wall += std::chrono::duration_cast<std::chrono::milliseconds>(passed);
    next.what();
    return true;
}

void forward_world::run_for(std::chrono::milliseconds time) {
    auto const end = m_now.mono + time;
    while (step(end)) {
    }
    m_now.wall += std::chrono::duration_cast<std::chrono::milliseconds>(end - m_now.mono);
    m_now.mono = end;
}

bool forward_world::run_until(std::function<bool()> const& done, std::chrono::milliseconds limit) {
    auto const end = m_now.mono + limit;
    while (!done())
        if (!step(end))
            return done();
    return true;
}

} // namespace tau::test
