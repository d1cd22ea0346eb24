#include "tau_node/node_stack.hpp"

#include "identity/binding.hpp"
#include "net/tracker_group.hpp"
#include "net/udp_tracker_client.hpp"

namespace tau::node {
namespace {

// How often the external endpoint is looked at (a change is published in `cidr`), and
// whether a watch has become due: its gets end without telling us.
constexpr std::chrono::seconds tick{1};

messenger::engine_ports ports_of(plugin_set& tau, store::port& store,
                                 stack_options const& options) {
    return {tau.dht(),
            store,
            tau.keys(),
            tau.clock(),
            tau.random(),
            options.device,
            options.log.named("messenger")};
}

std::unique_ptr<overlay::tracker_port>
trackers_of(plugins::owned_session& session, random_source& random, stack_options const& options) {
    std::vector<std::unique_ptr<overlay::tracker_port>> all;
    if (!options.udp_trackers.empty())
        all.push_back(std::make_unique<net::udp_tracker_client>(session.context(), random,
                                                                options.udp_trackers));
    if (!options.http_trackers.empty())
        all.push_back(
            std::make_unique<net::http_tracker_client>(session.context(), options.http_trackers));
    if (all.empty())
        return nullptr;
    return std::make_unique<net::tracker_group>(std::move(all));
}

plugin_set_options plugins_of(stack_options const& options, overlay::tracker_port* trackers) {
    auto out = options.plugins;
    out.overlay.trackers = trackers;
    out.files_folder = options.files_folder;
    return out;
}

} // namespace

result<std::unique_ptr<node_stack>> node_stack::open(plugins::owned_session& session,
                                                     std::shared_ptr<identity::keyring const> keys,
                                                     stack_options options) {
    TAU_TRY(db, store::database::open(options.database.string()));
    return std::unique_ptr<node_stack>(
        new node_stack(session, std::move(keys), std::move(db), std::move(options)));
}

node_stack::node_stack(plugins::owned_session& session,
                       std::shared_ptr<identity::keyring const> keys, store::database db,
                       stack_options options)
    : m_trackers(trackers_of(session, m_random, options)),
      m_tau(session, std::move(keys), plugins_of(options, m_trackers.get())),
      m_runner(m_tau.workers()), m_store(std::move(db), m_runner),
      m_messenger(ports_of(m_tau, m_store, options), options.messenger),
      m_messenger_timer(
          m_tau.context(), m_tau.clock(), [this] { return m_messenger.wake_at(); },
          [this](moment now) { m_messenger.on_time(now.mono); }),
      m_bridge(m_tau.overlay(), m_messenger, options.topics_file, options.log.named("overlay")),
      m_watches(m_tau.dht(), m_tau.random()),
      m_watch_timer(
          m_tau.context(), m_tau.clock(), [this] { return m_watches.wake_at(); },
          [this](moment now) { m_watches.on_time(now); }),
      m_tick(m_tau.context()) {
    if (auto* const files = m_tau.files())
        m_messenger.use_files(*files);
    m_messenger.on_wake([this] { m_messenger_timer.update(); });
}

node_stack::~node_stack() {
    m_messenger_timer.stop();
    m_watch_timer.stop();
}

void node_stack::start(messenger::done_handler ready) {
    m_messenger.start([this, ready = std::move(ready)](error_code ec) {
        if (!ec) {
            // Each start repeats it: the DHT forgets items, and it costs two signatures.
            m_messenger.publish_binding(identity::make_binding(m_tau.keys(), now().wall),
                                        [](error_code) {});
            on_tick();
        }
        m_messenger_timer.update();
        ready(ec);
    });
    m_messenger_timer.update();
}

void node_stack::stop(std::function<void()> stopped) {
    m_stopping = true;
    m_bridge.stop();
    m_tick.cancel();
    m_watch_timer.stop();
    m_messenger.stop([stopped = std::move(stopped)](error_code) { stopped(); });
}

void node_stack::on_tick() {
    if (m_stopping)
        return;
    m_watch_timer.update();
    std::vector<endpoint> own;
    if (auto const where = m_tau.dht_engine().external_endpoint()) {
        own.push_back(*where);
        auto const nat = static_cast<wire::stated_nat>(m_tau.dht_engine().nat());
        m_tau.overlay().set_reach({nat, *where});
    }
    if (!own.empty() && own != m_told_endpoints) {
        m_told_endpoints = own;
        m_messenger.on_own_endpoints(std::move(own));
        m_messenger_timer.update();
    }
    m_tick.expires_after(tick);
    m_tick.async_wait([this, alive = std::weak_ptr(m_alive)](error_code ec) {
        if (!ec && !alive.expired())
            on_tick();
    });
}

channel::watch_id node_stack::watch(wire::item_address where, channel::watch_set::handler told) {
    auto const id = m_watches.watch(channel::fixed_address(std::move(where)), std::move(told));
    m_watch_timer.update();
    return id;
}

void node_stack::unwatch(channel::watch_id id) {
    m_watches.cancel(id);
    m_watch_timer.update();
}

} // namespace tau::node
