#include "plugins/tau/topic_set.hpp"

#include <boost/asio/post.hpp>

#include <utility>

namespace tau {
namespace {

overlay::member_limits limits_of(plugins::swarm_options const& options) {
    overlay::member_limits out;
    out.max_links = static_cast<std::size_t>(options.max_connections);
    return out;
}

plugins::swarm_options options_of_topics(plugins::swarm_options base, bool finds_itself) {
    base.max_connections += topic_set::spare_connections;
    base.in_dht = finds_itself;
    base.is_chosen = true;
    return base;
}

} // namespace

topic_set::topic_set(boost::asio::io_context& context, clock_source const& clock,
                     random_source& random, identity::keyring const& keys,
                     plugins::swarm_plugin& swarm, overlay::reach_book const& reach,
                     plugins::swarm_options base, bool finds_itself)
    : m_context(context), m_clock(clock), m_swarm(swarm), m_reach(reach),
      m_options(options_of_topics(base, finds_itself)),
      m_logic(keys, random, *this, limits_of(base)),
      m_timer(
          context, clock, [this] { return m_logic.wake_at(); },
          [this](moment now) { m_logic.on_time(now); }) {
    m_logic.on_wake([this] { m_timer.update(); });
    m_swarm.on_found([this](info_hash const& swarm_hash, std::vector<endpoint> const& found) {
        m_logic.on_candidates(swarm_hash, found, m_clock.now());
    });
}

topic_set::~topic_set() {
    stop();
}

void topic_set::stop() {
    *m_alive = nullptr;
    m_swarm.on_found({});
    m_timer.stop();
}

bool topic_set::join(info_hash const& topic) {
    if (!m_joined.insert(topic).second)
        return false;
    m_swarm.join(topic, m_options);
    m_logic.join(topic, m_clock.now());
    return true;
}

bool topic_set::leave(info_hash const& topic) {
    if (m_joined.erase(topic) == 0)
        return false;
    m_logic.leave(topic);
    m_swarm.leave(topic);
    return true;
}

void topic_set::send(wallet_address const& to, wire::link_kind kind, byte_view body) {
    (void)m_swarm.overlay().send(to, kind, body);
}

// Later: it tells the topic that the member is gone, and the topic is in the middle of it.
void topic_set::part(info_hash const& topic, wallet_address const& who) {
    boost::asio::post(m_context, [alive = m_alive, topic, who] {
        if (auto* const self = *alive)
            self->m_swarm.overlay().part(who, topic, self->m_clock.now());
    });
}

void topic_set::connect(info_hash const& topic, endpoint const& where) {
    m_swarm.connect(topic, where);
}

void topic_set::find_members(info_hash const& topic) {
    if (m_port != 0 && !m_options.in_dht)
        m_swarm.announce(topic, m_port);
}

std::optional<endpoint> topic_set::endpoint_of(wallet_address const& who) const {
    auto const told = m_reach.of(who);
    return told && told->where.port() != 0 ? std::optional(told->where) : std::nullopt;
}

} // namespace tau
