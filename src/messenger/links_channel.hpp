#pragma once

#include "dht/access.hpp"
#include "messenger/contact.hpp"

#include <map>
#include <vector>

namespace tau::messenger {

struct engine_core;

/// The `links` channel: friends tell each other whom they are linked with, so that a path
/// can be found where no tracker knows one.
///
/// Source: docs/wire/channels.md, "Links". Threading: tau thread only.
class links_channel {
public:
    /// From a change of our links on; more that change meanwhile are told with it.
    static constexpr std::chrono::seconds gather_pause{5};
    /// From one put to the next at least.
    static constexpr std::chrono::seconds put_pause{60};
    /// What did not change is told anew after this, while there are links.
    static constexpr std::chrono::minutes refresh_pause{5};
    /// What is older than this is not believed.
    static constexpr std::chrono::minutes believed{12};
    /// From one read of a friend's channel to the next at least.
    static constexpr std::chrono::seconds read_pause{30};

    explicit links_channel(engine_core& core) : m_core(core) {}

    /// Our links changed.
    void on_own_links(std::vector<wallet_address> links);
    /// Something waits for a friend: the carrier is told of their links, if they tell.
    void look(contact_ptr const& who);
    /// An item of a friend's channel.
    void on_item(contact_ptr const& who, wire::mutable_item const& item);

private:
    void publish_after(std::chrono::milliseconds pause);
    void publish();

    engine_core& m_core;
    std::vector<wallet_address> m_links;
    std::optional<time_point> m_put;
    alarm_queue::id m_alarm = 0;
    std::optional<time_point> m_alarm_at;
    struct reading {
        time_point read{};
        std::int64_t seq = -1;
    };
    std::map<public_key, reading> m_readings; // friends only, so as many at most
};

} // namespace tau::messenger
