#include "plugins/presence/presence_plugin.hpp"

namespace tau::plugins {

class presence_plugin::no_trackers final : public overlay::tracker_port {
public:
    [[nodiscard]] std::size_t count() const override { return 0; }
    [[nodiscard]] std::string name_of(std::size_t) const override { return {}; }
    void ask(std::size_t, wire::announce_request const&, overlay::tracker_handler) override {}
};

presence_plugin::presence_plugin(boost::asio::io_context& context, clock_source const& clock,
                                 random_source& random, identity::keyring const& keys,
                                 overlay::tracker_port* trackers)
    : m_none(std::make_unique<no_trackers>()), m_clock(clock),
      m_logic(keys, random, trackers != nullptr ? *trackers : *m_none),
      m_timer(
          context, clock, [this] { return m_logic.wake_at(); },
          [this](moment now) { m_logic.on_time(now); }) {
    m_logic.on_wake([this] { m_timer.update(); });
    m_logic.on_clock([&clock] { return clock.now(); });
}

presence_plugin::~presence_plugin() {
    stop();
}

void presence_plugin::stop() {
    m_logic.stop(m_clock.now());
    m_timer.stop();
}

} // namespace tau::plugins
