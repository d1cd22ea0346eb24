#include "plugins/forward/forward_plugin.hpp"

namespace tau::plugins {
namespace {

template <class Function, class... Arguments>
void tell(Function const& whom, Arguments const&... what) {
    if (whom)
        whom(what...);
}

} // namespace

forward_plugin::forward_plugin(boost::asio::io_context& context, clock_source const& clock,
                               random_source& random, identity::keyring const& keys,
                               forward::engine_settings settings)
    : m_engine(keys, random, *this, settings),
      m_timer(
          context, clock, [this] { return m_engine.wake_at(); },
          [this](moment now) { m_engine.on_time(now); }) {}

forward_plugin::~forward_plugin() {
    stop();
}

void forward_plugin::stop() {
    m_timer.stop();
    m_links = {};
}

void forward_plugin::flush(moment now) {
    m_engine.flush(now);
    m_timer.update();
}

void forward_plugin::send(wallet_address const& neighbour, wire::link_kind kind, byte_view body) {
    tell(m_links.send, neighbour, kind, body);
}

void forward_plugin::ask_route(wallet_address const& target) {
    tell(m_links.ask_route, target);
}

void forward_plugin::deliver(forward::arrival const& what) {
    tell(m_links.on_arrival, what);
}

void forward_plugin::on_acknowledged(forward::acknowledged const& what) {
    tell(m_links.on_acknowledged, what);
}

void forward_plugin::on_expired(hash256 const& id) {
    tell(m_links.on_expired, id);
}

void forward_plugin::want_flush() {
    tell(m_links.want_flush);
}

std::optional<public_key> forward_plugin::key_of(wallet_address const& who) {
    return m_links.key_of ? m_links.key_of(who) : std::nullopt;
}

} // namespace tau::plugins
