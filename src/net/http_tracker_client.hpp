#pragma once

#include "identity/host_port.hpp"
#include "overlay/tracker_port.hpp"

#include <boost/asio/io_context.hpp>
#include <utility> // Boost 1.74's asio.hpp needs it first in C++20

#include <memory>
#include <vector>

namespace tau::net {

/// Where an HTTP tracker is asked.
struct http_tracker_address {
    identity::host_port where;
    bool is_tls = false;
    std::string target = "/announce"; ///< path, and a query if it has one of its own
};

/// Asks trackers over HTTP, or over TLS with the machine's authorities (SSL_CERT_FILE and
/// SSL_CERT_DIR name others). Each question has a connection of its own.
///
/// Links and routes are told to a tracker only after it answered a signed announce with its
/// time, hence knows our parameters: another one would take them for announces and put us
/// into swarms that we are not in. Before that such a question fails with errc::refused.
///
/// Source:    BEP 3, 7, 23; docs/wire/tracker.md, sections 2 to 4.
/// Threading: the thread of `io`. Handlers are not called once it is destroyed.
/// Errors:    as tracker_port; errc::refused as above, errc::invalid_signature if its
///            certificate does not hold.
class http_tracker_client final : public overlay::tracker_port {
public:
    static constexpr std::chrono::seconds answer_time{10}; ///< of a question, from connecting on
    static constexpr std::size_t max_open = 4;             ///< connections to one tracker
    static constexpr std::size_t max_waiting = 256;        ///< questions to one tracker

    http_tracker_client(boost::asio::io_context& io, std::vector<http_tracker_address> trackers);
    ~http_tracker_client() override;

    [[nodiscard]] std::size_t count() const override;
    [[nodiscard]] std::string name_of(std::size_t tracker) const override;
    void ask(std::size_t tracker, wire::announce_request const& what,
             overlay::tracker_handler done) override;

private:
    class channel;
    std::vector<std::shared_ptr<channel>> m_channels;
};

} // namespace tau::net
