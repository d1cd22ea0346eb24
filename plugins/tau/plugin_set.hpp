#pragma once

#include "core/clock.hpp"
#include "core/random.hpp"
#include "core/worker_pool.hpp"
#include "dht/access.hpp"
#include "dht/config.hpp"
#include "dht/engine.hpp"
#include "identity/keyring.hpp"
#include "plugins/session/owned_session.hpp"
#include "plugins/tau/overlay_set.hpp"

#include <libtorrent/session_handle.hpp>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>

namespace tau::messenger {
class file_port;
}

namespace tau {

/// What an embedder may set; the defaults suit a client on the internet.
struct plugin_set_options {
    dht::config dht{};
    std::size_t worker_threads = 2; ///< for disk and long computations
    overlay_options overlay{};
    /// Where sealed files are kept; empty: none. Only on a session of our own: a guest adds
    /// no torrents of files to the session of a client.
    std::filesystem::path files_folder{};
};

/// Tau on a libtorrent session, with one call. This is the one header to include.
///
/// Guest: `plugin_set tau(session, keys);` on the session of a client that exists
/// already. It runs a thread of its own; the client goes on popping its alerts and
/// need not know more. Owner: the session runs on our io_context, as owned_session.
///
/// Source:    docs/embedding.md, docs/threading.md.
/// Threading: construct, post() and destroy on any one thread but the tau thread
///            (owner: the thread that runs the context). Everything else on the tau
///            thread only: guests reach it by post().
/// Errors:    by value to observers. A session that ended makes requests time out.
class plugin_set {
public:
    /// Owner mode. `session` must outlive the set; destroy the set before the context
    /// is run out (see owned_session).
    plugin_set(plugins::owned_session& session, std::shared_ptr<identity::keyring const> keys,
               plugin_set_options options = {});
    /// Guest mode.
    plugin_set(lt::session_handle session, std::shared_ptr<identity::keyring const> keys,
               plugin_set_options options = {});
    /// Observers are not called any more once this begins (owner) or returns (guest).
    ~plugin_set();
    plugin_set(plugin_set const&) = delete;
    plugin_set& operator=(plugin_set const&) = delete;

    /// The settings that a session should have for Tau; higher values are left alone.
    static void recommend(lt::settings_pack& settings);

    /// Runs `work` on the tau thread, soon; from any thread. Dropped by the destructor.
    void post(std::function<void()> work);

    [[nodiscard]] boost::asio::io_context& context();
    [[nodiscard]] worker_pool& workers();
    [[nodiscard]] clock_source const& clock() const;
    [[nodiscard]] random_source& random();
    [[nodiscard]] identity::keyring const& keys() const;

    /// Reading, writing and exchanging: what the layers above stand on.
    [[nodiscard]] dht::access& dht();
    /// The machine behind dht(): counters, external endpoint, endpoint book.
    [[nodiscard]] dht::engine& dht_engine();

    /// Swarms, presence and forwarding; idle until its start().
    [[nodiscard]] overlay_set& overlay();

    /// Large files; null in guest mode and without a folder for them.
    [[nodiscard]] messenger::file_port* files();

private:
    struct parts;
    std::unique_ptr<parts> m_parts;
};

} // namespace tau
