#include "plugins/tau/plugin_set.hpp"

#include "plugins/dht/dht_plugin.hpp"
#include "plugins/files/file_plugin.hpp"
#include "plugins/session/host.hpp"
#include "plugins/session/settings.hpp"

#include <boost/asio/executor_work_guard.hpp>

#include <optional>
#include <thread>

namespace tau {
namespace {

dht::node_identity identity_of(std::shared_ptr<identity::keyring const> const& keys) {
    return {keys->key(), [keys](byte_view message) { return keys->sign(message); }};
}

/// The io_context and thread of guest mode.
class private_loop {
public:
    [[nodiscard]] std::shared_ptr<boost::asio::io_context> const& context() { return m_context; }

    void start() {
        m_thread = std::thread([context = m_context] { context->run(); });
    }
    /// Drops what is queued and waits for what runs.
    void stop() {
        m_context->stop();
        if (m_thread.joinable())
            m_thread.join();
    }

private:
    std::shared_ptr<boost::asio::io_context> m_context =
        std::make_shared<boost::asio::io_context>(1);
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> m_work{
        m_context->get_executor()};
    std::thread m_thread;
};

} // namespace

struct plugin_set::parts {
    parts(plugins::owned_session& session, std::shared_ptr<identity::keyring const> identity,
          plugin_set_options options)
        : keys(std::move(identity)), host(session), workers(host.context(), options.worker_threads),
          dht(host, workers, clock, random, std::move(options.dht), identity_of(keys)),
          overlay(host, clock, random, *keys, std::move(options.overlay)) {
        if (!options.files_folder.empty())
            files.emplace(host, workers, *clock, std::move(options.files_folder));
    }

    parts(lt::session_handle session, std::shared_ptr<identity::keyring const> identity,
          plugin_set_options options)
        : keys(std::move(identity)), loop(std::in_place), host(std::move(session), loop->context()),
          workers(host.context(), options.worker_threads),
          dht(host, workers, clock, random, std::move(options.dht), identity_of(keys)),
          overlay(host, clock, random, *keys, std::move(options.overlay)) {}

    // Each part uses only those above it, so that destruction is the reverse.
    std::shared_ptr<clock_source const> clock = std::make_shared<system_clock_source>();
    system_random random;
    std::shared_ptr<identity::keyring const> keys;
    std::optional<private_loop> loop; // guest mode only
    plugins::host host;
    worker_pool workers;
    plugins::dht_plugin dht;
    overlay_set overlay;
    std::optional<plugins::file_plugin> files; // owner mode only
};

plugin_set::plugin_set(plugins::owned_session& session,
                       std::shared_ptr<identity::keyring const> keys, plugin_set_options options)
    : m_parts(std::make_unique<parts>(session, std::move(keys), std::move(options))) {
    m_parts->host.attach();
    m_parts->dht.start();
}

plugin_set::plugin_set(lt::session_handle session, std::shared_ptr<identity::keyring const> keys,
                       plugin_set_options options)
    : m_parts(std::make_unique<parts>(std::move(session), std::move(keys), std::move(options))) {
    m_parts->host.attach();
    post([dht = &m_parts->dht] { dht->start(); });
    m_parts->loop->start();
}

plugin_set::~plugin_set() {
    if (!m_parts->loop)
        m_parts->overlay.stop();
    if (m_parts->files)
        m_parts->files->stop();
    m_parts->host.detach();
    if (m_parts->loop)
        m_parts->loop->stop();
    m_parts->overlay.stop();
    m_parts->dht.stop();
}

void plugin_set::recommend(lt::settings_pack& settings) {
    plugins::recommend(settings);
}

void plugin_set::post(std::function<void()> work) {
    boost::asio::post(context(), std::move(work));
}

boost::asio::io_context& plugin_set::context() {
    return m_parts->host.context();
}

worker_pool& plugin_set::workers() {
    return m_parts->workers;
}

clock_source const& plugin_set::clock() const {
    return *m_parts->clock;
}

random_source& plugin_set::random() {
    return m_parts->random;
}

identity::keyring const& plugin_set::keys() const {
    return *m_parts->keys;
}

dht::access& plugin_set::dht() {
    return m_parts->dht.access();
}

dht::engine& plugin_set::dht_engine() {
    return m_parts->dht.engine();
}

overlay_set& plugin_set::overlay() {
    return m_parts->overlay;
}

messenger::file_port* plugin_set::files() {
    return m_parts->files ? &*m_parts->files : nullptr;
}

} // namespace tau
