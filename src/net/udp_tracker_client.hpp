#pragma once

#include "core/random.hpp"
#include "identity/host_port.hpp"
#include "overlay/tracker_port.hpp"

#include <boost/asio/io_context.hpp>
#include <utility> // Boost 1.74's asio.hpp needs it first in C++20

#include <memory>
#include <vector>

namespace tau::net {

/// Asks trackers over UDP, with the actions of ours where the tracker is asked for
/// links and routes. Names are resolved when first needed, and again after silence.
///
/// Source:    BEP 15, BEP 41; docs/wire/tracker.md, sections 2 and 5.
/// Threading: the thread of `io`. Handlers are not called once it is destroyed.
/// Errors:    as tracker_port.
class udp_tracker_client final : public overlay::tracker_port {
public:
    /// From each datagram on; a second one is sent, then the tracker counts as silent.
    static constexpr std::chrono::milliseconds answer_time{1500};
    static constexpr unsigned sendings = 3;
    static constexpr std::chrono::seconds connection_life{60}; ///< BEP 15
    static constexpr std::size_t max_waiting = 256;            ///< questions to one tracker

    udp_tracker_client(boost::asio::io_context& io, random_source& random,
                       std::vector<identity::host_port> trackers);
    ~udp_tracker_client() override;

    [[nodiscard]] std::size_t count() const override;
    [[nodiscard]] std::string name_of(std::size_t tracker) const override;
    void ask(std::size_t tracker, wire::announce_request const& what,
             overlay::tracker_handler done) override;

private:
    class channel;
    std::vector<std::shared_ptr<channel>> m_channels;
};

} // namespace tau::net
