#pragma once

#include "forward/engine.hpp"
#include "plugins/session/wake_timer.hpp"

#include <functional>
#include <memory>

namespace tau::plugins {

/// What forwarding needs of the layers beside it, and whom it tells.
struct forward_links {
    std::function<void(wallet_address const&, wire::link_kind, byte_view)> send{};
    std::function<void(wallet_address const&)> ask_route{};
    std::function<void()> want_flush{};
    /// A message for us: answer with engine().accept() or decline(), at once or later.
    std::function<void(forward::arrival const&)> on_arrival{};
    std::function<void(forward::acknowledged const&)> on_acknowledged{};
    std::function<void(hash256 const&)> on_expired{};
    std::function<std::optional<public_key>(wallet_address const&)> key_of{};
};

/// forward::engine on the tau thread: its timer, and its ways to links and trackers.
/// Threading: tau thread.
class forward_plugin final : public forward::engine_port {
public:
    /// All outlive the plugin.
    forward_plugin(boost::asio::io_context& context, clock_source const& clock,
                   random_source& random, identity::keyring const& keys,
                   forward::engine_settings settings);
    ~forward_plugin() override;

    [[nodiscard]] forward::engine& engine() { return m_engine; }
    void connect(forward_links links) { m_links = std::move(links); }
    /// Call after using engine().
    void update() { m_timer.update(); }
    void flush(moment now);
    void stop();

    void send(wallet_address const& neighbour, wire::link_kind kind, byte_view body) override;
    void ask_route(wallet_address const& target) override;
    void deliver(forward::arrival const& what) override;
    void on_acknowledged(forward::acknowledged const& what) override;
    void on_expired(hash256 const& id) override;
    void want_flush() override;
    [[nodiscard]] std::optional<public_key> key_of(wallet_address const& who) override;

private:
    forward_links m_links{};
    forward::engine m_engine;
    wake_timer m_timer;
};

} // namespace tau::plugins
