#include "plugins/tau/overlay_set.hpp"

#include <algorithm>
#include <utility>

namespace tau {
namespace {

// Trackers are not asked sooner again for somebody whom we would rather be linked with.
constexpr std::chrono::seconds approach_pause{60};
constexpr std::size_t max_approached = 1024;
// Keys of hops that trackers told.
constexpr std::size_t max_hop_keys = 4096;

} // namespace

overlay_set::overlay_set(plugins::host& home, std::shared_ptr<clock_source const> clock,
                         random_source& random, identity::keyring const& keys,
                         overlay_options options, logger log)
    : m_context(home.context()), m_keys(keys), m_clock(std::move(clock)),
      m_options(std::move(options)), m_swarm(home, m_clock, random, keys, log),
      m_reach(m_swarm.overlay()), m_topics(home.context(), *m_clock, random, keys, m_swarm, m_reach,
                                           options_of_topics(), !home.is_owner()),
      m_approach(m_swarm, *m_clock, random, keys.wallet(), options_of_swarm(), m_options.dial),
      m_approached(1.0 / static_cast<double>(approach_pause.count()), 1, max_approached),
      m_presence(home.context(), *m_clock, random, keys, m_options.trackers),
      m_forward(home.context(), *m_clock, random, keys, m_options.forward) {
    m_approach.introductions().set_serving(m_options.forward.tell_links);
    tie_links();
    tie_forwarding();
    tie_presence();
}

overlay_set::~overlay_set() {
    stop();
}

void overlay_set::post(std::function<void()> work) {
    boost::asio::post(m_context, std::move(work));
}

void overlay_set::tie_links() {
    overlay::link_observer told;
    told.on_up = [this](overlay::link_identity const& who, moment now) {
        m_reach.on_link(who.wallet, true);
        m_forward.engine().on_link_up(who.wallet, now);
        m_forward.update();
        m_presence.logic().on_link(who.wallet, true, now);
        if (m_observer.on_link)
            m_observer.on_link(who, true);
    };
    told.on_down = [this](overlay::link_identity const& who, moment now) {
        m_reach.on_link(who.wallet, false);
        m_forward.engine().on_link_down(who.wallet, now);
        m_forward.update();
        m_presence.logic().on_link(who.wallet, false, now);
        if (m_observer.on_link)
            m_observer.on_link(who, false);
    };
    told.on_message = [this](overlay::link_identity const& from, wire::link_message const& what,
                             moment now) {
        auto const kind = static_cast<wire::link_kind>(what.kind);
        if (kind == wire::link_kind::reach)
            m_reach.on_message(from.wallet, what.body);
        else if (kind == wire::link_kind::rendezvous)
            m_approach.introductions().on_message(from.wallet, what.body, now.mono);
        else if (!m_topics.logic().on_message(from, what, now))
            m_forward.engine().on_message(from.wallet, what, now);
    };
    told.on_member = [this](overlay::link_identity const& who, info_hash const& swarm, bool is_up,
                            moment now) {
        m_topics.logic().on_member(swarm, who.wallet, is_up, now);
    };
    m_swarm.overlay().observe(std::move(told));
    m_swarm.before_flush([this](moment now) { m_forward.flush(now); });
    m_topics.logic().on_post([this](wire::topic_post const& post) {
        if (m_observer.on_post)
            m_observer.on_post(post);
    });
}

void overlay_set::tie_forwarding() {
    plugins::forward_links links;
    links.send = [this](wallet_address const& to, wire::link_kind kind, byte_view body) {
        m_swarm.overlay().send(to, kind, body);
    };
    links.ask_route = [this](wallet_address const& whom) {
        // Later: the answer may be known at once, and comes back into the engine.
        post([alive = m_alive, whom] {
            if (auto* const self = *alive)
                self->m_presence.logic().ask_route(whom, self->now());
        });
    };
    links.want_flush = [this] { m_swarm.want_flush(); };
    links.on_arrival = [this](forward::arrival const& what) {
        if (m_observer.on_arrival)
            m_observer.on_arrival(what);
    };
    links.on_acknowledged = [this](forward::acknowledged const& what) {
        if (m_observer.on_acknowledged)
            m_observer.on_acknowledged(what);
    };
    links.on_expired = [this](hash256 const& id) {
        if (m_observer.on_expired)
            m_observer.on_expired(id);
    };
    links.key_of = [this](wallet_address const& who) { return key_of(who); };
    m_forward.connect(std::move(links));
}

void overlay_set::tie_presence() {
    overlay::presence_observer told;
    told.on_peers = [this](auto const& swarm, auto const& peers) { on_peers(swarm, peers); };
    told.on_route = [this](auto const& whom, auto const& paths) { on_route(whom, paths); };
    m_presence.logic().observe(std::move(told));
}

plugins::swarm_options overlay_set::options_of_swarm() const {
    plugins::swarm_options out;
    out.max_connections = m_options.max_connections;
    out.trackers = m_options.tracker_urls;
    return out;
}

// Presence asks the same trackers, and with it topics choose whom to connect to.
plugins::swarm_options overlay_set::options_of_topics() const {
    auto out = options_of_swarm();
    if (m_options.trackers != nullptr)
        out.trackers.clear();
    return out;
}

void overlay_set::start(std::uint16_t port) {
    if (std::exchange(m_started, true))
        return;
    m_topics.set_port(port);
    if (!m_reach.own())
        set_reach({wire::stated_nat::unknown, endpoint(boost::asio::ip::udp::v4(), port)});
    auto own = options_of_swarm();
    own.in_dht = m_options.wallet_in_dht;
    m_swarm.join(plugins::swarm_of(m_keys.wallet()), std::move(own));
    m_presence.logic().set_port(port, true, now());
}

void overlay_set::stop() {
    if (std::exchange(m_stopped, true))
        return;
    *m_alive = nullptr;
    m_presence.stop();
    m_forward.stop();
    m_topics.stop();
    m_swarm.stop();
    m_route_questions.clear();
}

void overlay_set::join_topic(info_hash const& topic) {
    if (m_topics.join(topic))
        m_presence.logic().join(topic, now());
}

void overlay_set::leave_topic(info_hash const& topic) {
    if (m_topics.leave(topic))
        m_presence.logic().leave(topic, now());
}

result<wire::topic_post> overlay_set::say(info_hash const& topic, std::string name,
                                          std::string text) {
    return m_topics.logic().say(topic, std::move(name), std::move(text), now());
}

error_code overlay_set::send(forward::engine::outgoing what) {
    auto const ec = m_forward.engine().send(std::move(what), now());
    m_forward.update();
    return ec;
}

void overlay_set::accept(hash256 const& id) {
    m_forward.engine().accept(id, now());
    m_forward.update();
}

void overlay_set::decline(hash256 const& id) {
    m_forward.engine().decline(id);
}

void overlay_set::on_far_links(wallet_address const& of, std::vector<wallet_address> links,
                               duration good_for) {
    m_forward.engine().on_far_links(of, std::move(links), good_for, now());
    m_forward.update();
}

void overlay_set::on_peers(info_hash const& swarm, std::vector<endpoint> const& peers) {
    if (m_topics.joined().contains(swarm))
        return m_topics.logic().on_candidates(swarm, peers, now());
    auto const has = m_swarm.overlay().members_of(swarm).size();
    auto room = static_cast<std::size_t>(m_options.max_connections);
    room -= std::min(room, has);
    for (auto const& where : peers) {
        if (room-- == 0)
            return;
        m_swarm.connect(swarm, where);
    }
}

void overlay_set::route(wallet_address const& whom, route_handler done) {
    m_route_questions.emplace(whom, std::move(done));
    m_presence.logic().ask_route(whom, now());
}

void overlay_set::on_route(wallet_address const& whom, std::vector<wire::hop_path> const& paths) {
    std::vector<forward::wallet_path> ways;
    for (auto const& path : paths) {
        auto& way = ways.emplace_back();
        for (auto const& hop : path) {
            way.push_back(hop.wallet);
            if (hop.key && (m_hop_keys.size() < max_hop_keys || m_hop_keys.contains(hop.wallet)))
                m_hop_keys[hop.wallet] = *hop.key;
        }
    }
    m_forward.engine().on_route(whom, std::move(ways), now());
    m_forward.update();
    auto const [first, last] = m_route_questions.equal_range(whom);
    std::vector<route_handler> asked;
    for (auto at = first; at != last; ++at)
        asked.push_back(std::move(at->second));
    m_route_questions.erase(first, last);
    for (auto const& done : asked)
        done(paths);
    m_approach.follow(paths);
    if (m_approaching.erase(whom) > 0)
        ask_introduction(whom);
}

// A link's key was proved to us; a tracker checked the binding record of what it tells.
std::optional<public_key> overlay_set::key_of(wallet_address const& who) {
    if (auto const linked = m_swarm.overlay().link_of(who))
        return linked->key;
    auto const told = m_hop_keys.find(who);
    return told == m_hop_keys.end() ? std::nullopt : std::optional(told->second);
}

void overlay_set::time_hops(forward::wallet_path const& path, times_handler done) {
    struct gathering {
        std::vector<std::optional<duration>> times;
        std::size_t left = 0;
        times_handler done;
    };
    auto const all = std::make_shared<gathering>();
    all->times.resize(path.size());
    all->left = path.size();
    all->done = std::move(done);
    if (path.empty())
        return all->done({});
    for (std::size_t i = 0; i < path.size(); ++i)
        m_forward.engine().probe(
            {path.begin(), path.begin() + static_cast<std::ptrdiff_t>(i) + 1},
            [this, all, i](std::optional<duration> took) {
                all->times[i] = took;
                if (--all->left == 0) // later: the engine is in the middle of something
                    boost::asio::post(m_context, [all] { all->done(std::move(all->times)); });
            },
            now());
    m_forward.update();
}

void overlay_set::set_reach(wire::reach const& own) {
    m_reach.set_own(own);
    m_approach.introductions().set_own(own);
}

void overlay_set::come_near(wallet_address const& who) {
    if (m_options.dial == dial_rule::never || !m_approached.allow(who, now().mono))
        return;
    ask_introduction(who);
    m_approaching.insert(who);
    m_presence.logic().ask_route(who, now()); // on_route() goes on
}

// It names the receiver to neighbours, from whom layers hide it.
void overlay_set::ask_introduction(wallet_address const& who) {
    if (m_options.forward.layers != forward::layering::off)
        return;
    std::vector<wallet_address> common;
    for (auto const& path : m_forward.engine().paths_to(who, now().mono))
        if (path.size() == 2)
            common.push_back(path.front());
    m_approach.be_introduced(who, std::move(common));
}

} // namespace tau
