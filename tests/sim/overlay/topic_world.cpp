#include "sim/overlay/topic_world.hpp"

#include <algorithm>
#include <deque>

namespace tau::test {
namespace {

endpoint place_of(std::size_t number) {
    auto const low = static_cast<unsigned>(number);
    return {boost::asio::ip::address_v4((10U << 24) | (low << 8) | 1U), 6881};
}

} // namespace

topic_node::topic_node(topic_world& world, std::size_t number)
    : m_world(world), m_where(place_of(number)), m_keys(keys_of(5000 + number)), m_random(number),
      m_logic(std::make_unique<overlay::topics>(*m_keys, m_random, *this)) {
    m_logic->on_post(
        [this](wire::topic_post const& post) { heard.emplace(post.text, m_world.now()); });
}

void topic_node::say(std::string const& text) {
    (void)m_logic->say(m_world.topic, "", text, m_world.now());
    m_world.settle(*this);
}

void topic_node::send(wallet_address const& to, wire::link_kind kind, byte_view body) {
    auto& other = *m_world.m_wallets.at(to);
    if (m_links.contains(&other))
        m_world.carry(*this, other, kind, to_bytes(body));
}

void topic_node::part(info_hash const&, wallet_address const& who) {
    m_world.at(m_world.now().mono,
               [this, who] { m_world.unlink(*this, *m_world.m_wallets.at(who)); });
}

void topic_node::connect(info_hash const&, endpoint const& where) {
    // Three round trips: TCP, the extension handshakes, hello and proof.
    m_world.at(m_world.now().mono + 6 * topic_world::delay, [this, where] {
        auto const found = m_world.m_places.find(where);
        if (found != m_world.m_places.end())
            m_world.link(*this, *found->second);
    });
}

void topic_node::find_members(info_hash const&) {
    auto& directory = m_world.m_directory;
    if (!m_world.has_directory)
        return;
    if (std::find(directory.begin(), directory.end(), this) == directory.end())
        directory.push_back(this);
    m_world.at(m_world.now().mono + 4 * topic_world::delay, [this] {
        std::vector<endpoint> told;
        for (auto const* other : m_world.m_directory)
            if (other != this && !m_world.are_apart(*this, *other))
                told.push_back(other->where());
        while (told.size() > topic_world::told_members)
            told.erase(told.begin()
                       + static_cast<std::ptrdiff_t>(m_world.m_random.below(told.size())));
        if (is_dead)
            return;
        m_logic->on_candidates(m_world.topic, told, m_world.now());
        m_world.settle(*this);
    });
}

std::optional<endpoint> topic_node::endpoint_of(wallet_address const& who) const {
    return m_world.m_wallets.at(who)->where();
}

topic_node& topic_world::add() {
    auto& made = *m_nodes.emplace_back(std::make_unique<topic_node>(*this, m_nodes.size()));
    m_places[made.where()] = &made;
    m_wallets[made.wallet()] = &made;
    return made;
}

void topic_world::join(topic_node& who) {
    who.logic().join(topic, m_now);
    settle(who);
}

void topic_world::kill(topic_node& who) {
    who.is_dead = true;
    std::erase(m_directory, &who);
    for (auto* other : std::set(who.links()))
        unlink(who, *other);
}

std::vector<topic_node*> topic_world::alive() const {
    std::vector<topic_node*> out;
    for (auto const& one : m_nodes)
        if (!one->is_dead)
            out.push_back(one.get());
    return out;
}

void topic_world::at(time_point when, std::function<void()> what) {
    m_events.push({when, m_order++, std::move(what)});
}

std::size_t topic_world::number_of(topic_node const& who) const {
    for (std::size_t i = 0; i < m_nodes.size(); ++i)
        if (m_nodes[i].get() == &who)
            return i;
    return m_nodes.size();
}

bool topic_world::are_apart(topic_node const& a, topic_node const& b) const {
    return side && side(number_of(a)) != side(number_of(b));
}

void topic_world::link(topic_node& from, topic_node& to) {
    if (&from == &to || from.is_dead || to.is_dead || !to.accepts || from.m_links.contains(&to)
        || are_apart(from, to) || !to.logic().is_joined(topic) || !from.logic().is_joined(topic))
        return;
    from.m_links.insert(&to);
    to.m_links.insert(&from);
    from.logic().on_member(topic, to.wallet(), true, m_now);
    to.logic().on_member(topic, from.wallet(), true, m_now);
    settle(from);
    settle(to);
}

void topic_world::unlink(topic_node& a, topic_node& b) {
    if (a.m_links.erase(&b) == 0)
        return;
    b.m_links.erase(&a);
    for (auto* one : {&a, &b}) {
        auto& other = one == &a ? b : a;
        if (one->is_dead)
            continue;
        one->logic().on_member(topic, other.wallet(), false, m_now);
        settle(*one);
    }
}

void topic_world::carry(topic_node& from, topic_node& to, wire::link_kind kind, bytes body) {
    if (from.is_dead || (loss > 0 && static_cast<double>(m_random.below(1'000'000)) < loss * 1e6))
        return;
    at(m_now.mono + delay, [this, &from, &to, kind, body = std::move(body)] {
        if (to.is_dead || !to.m_links.contains(&from))
            return;
        if (kind == wire::link_kind::post)
            ++to.received[wire::decode_topic_post(body).value().text];
        (void)to.logic().on_message({from.m_keys->key(), from.wallet(), 0},
                                    {static_cast<std::uint8_t>(kind), body}, m_now);
        settle(to);
    });
}

void topic_world::settle(topic_node& who) {
    who.most_links = std::max(who.most_links, who.logic().members_of(topic));
    if (auto const due = who.logic().wake_at(); due && !who.is_dead)
        at(std::max(*due, m_now.mono + std::chrono::milliseconds(1)), [this, &who, due] {
            auto const still = who.logic().wake_at();
            if (who.is_dead || !still || *still > m_now.mono || *still < *due)
                return;
            who.logic().on_time(m_now);
            settle(who);
        });
}

void topic_world::run_for(std::chrono::milliseconds time) {
    auto const end = m_now.mono + time;
    while (!m_events.empty() && m_events.top().when <= end) {
        auto const next = m_events.top();
        m_events.pop();
        auto const passed = std::max(next.when, m_now.mono) - m_now.mono;
        m_now.mono += passed;
        m_now.wall += std::chrono::duration_cast<std::chrono::milliseconds>(passed);
        next.what();
    }
    m_now.wall += std::chrono::duration_cast<std::chrono::milliseconds>(end - m_now.mono);
    m_now.mono = end;
}

bool topic_world::is_connected() const {
    auto const all = alive();
    std::set<topic_node*> seen{all.front()};
    std::deque<topic_node*> open{all.front()};
    while (!open.empty()) {
        auto* const next = open.front();
        open.pop_front();
        for (auto* other : next->links())
            if (seen.insert(other).second)
                open.push_back(other);
    }
    return seen.size() == all.size();
}

std::size_t topic_world::heard_by(std::string const& text) const {
    auto const all = alive();
    return static_cast<std::size_t>(std::count_if(
        all.begin(), all.end(), [&](auto const* one) { return one->heard.contains(text); }));
}

} // namespace tau::test
